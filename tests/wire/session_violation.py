"""What the parts of the simulated world share."""

from __future__ import annotations

__all__ = ["KEYS", "LEASE", "Violation"]

KEYS = 4
LEASE = 6.0


class Violation(AssertionError):
    """A law was broken."""
