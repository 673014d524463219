"""The two beside each other: the same tests, the same measurements, their lines."""
