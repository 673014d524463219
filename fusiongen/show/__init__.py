"""What is known of a project, in the form in which it is printed."""
