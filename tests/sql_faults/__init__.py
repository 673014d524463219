"""Several processes on one database, while things go wrong at every point of a command (laws O)."""
