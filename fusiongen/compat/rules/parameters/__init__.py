"""Rules about parameters. On the wire they travel by position, all of them, defaults filled in."""
