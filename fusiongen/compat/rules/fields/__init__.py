"""Rules about the fields of types, by what happened to a field."""
