"""Whether a value is what it was: by an `__eq__` that users wrote (G37)."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["is_same"]


def is_same(value: object, other: object, report: Callable[[str, BaseException], None]) -> bool:
    """Whether they are equal; not, if they cannot be compared, which is reported."""
    try:
        return bool(value == other)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as problem:  # a CancelledError, too: nothing is awaited here
        report(f"values of {type(value).__qualname__} cannot be compared: taken to differ", problem)
        return False
