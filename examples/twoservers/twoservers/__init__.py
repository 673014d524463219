"""What the examples are shown with: an application on two ports."""
