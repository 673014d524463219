"""What the project publishes from its own code: the pages of rules, and the schemas."""
