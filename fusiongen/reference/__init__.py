"""What `fusiongen docs` writes: a reference of the services for people, and one for programs."""
