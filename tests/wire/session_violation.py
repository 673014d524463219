"""What the parts of the simulated world share."""

from __future__ import annotations

__all__ = ["KEYS", "LEASE", "UPLOAD", "Violation"]

KEYS = 4
LEASE = 6.0
UPLOAD = 1000
"""Stream calls with this number and above send as many items as it has more."""


class Violation(AssertionError):
    """A law was broken."""
