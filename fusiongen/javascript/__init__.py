"""ES modules for browsers: what `[tool.fusiongen] javascript` makes `generate` write."""
