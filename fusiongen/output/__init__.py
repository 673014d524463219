"""The files that `generate` writes: planned, written, recognised, compared, remembered."""
