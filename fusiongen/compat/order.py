"""The order of fields and of parameters."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["first_moved"]


def first_moved(before: Sequence[str], after: Sequence[str]) -> tuple[str, str] | None:
    """What stands where another one would, other than by the loss of one before it: the first name
    that does, moved or new, and the one that comes after it now."""
    kept = [name for name in before if name in after]
    pairs = zip(after, kept, strict=False)
    return next(((name, other) for name, other in pairs if name != other), None)
