"""From a contract's text to the contract model. Nothing of the user's is imported or run (C2)."""
