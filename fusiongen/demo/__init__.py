"""What `fusiongen demo` shows."""
