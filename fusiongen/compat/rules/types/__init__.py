"""Rules about types as a whole, by what of them changed."""
