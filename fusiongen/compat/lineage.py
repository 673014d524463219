"""What classes derive from."""

from __future__ import annotations

import builtins
import enum
from collections.abc import Iterator, Mapping

from ..output.lock import LockedType

__all__ = ["ancestors"]


def ancestors(name: str, types: Mapping[str, LockedType]) -> Iterator[str]:
    """Every class that one derives from, as far as the source roots and Python itself show them."""
    for base in types[name].bases if name in types else _of_python(name):
        yield base
        yield from ancestors(base, types)


def _of_python(name: str) -> Iterator[str]:
    module, _, own = name.rpartition(".")
    known = getattr({"": builtins, "enum": enum}.get(module), own, None)
    for cls in known.__mro__[1:] if isinstance(known, type) else ():
        yield cls.__name__ if cls.__module__ == "builtins" else f"{cls.__module__}.{cls.__name__}"
