"""The rules: a rule is in the file, or the folder, that a word of its id names."""
