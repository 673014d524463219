"""What a result is found by."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Name"]


class Name(NamedTuple):
    """Which result. method: with its contract and its types. arguments: as they travel."""

    method: str
    arguments: bytes
