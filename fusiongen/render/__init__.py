"""From the contract model to the text of the generated files."""
