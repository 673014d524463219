"""What the bodies of services do, as far as their text says; nothing of the user's is run."""
