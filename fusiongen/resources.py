"""Templates and schemas: in the wheel they lie inside the package, in a checkout beside it."""

from __future__ import annotations

from pathlib import Path

__all__ = ["folder"]

_HERE = Path(__file__).parent


def folder(name: str) -> Path:
    """The folder `templates` or `schemas`."""
    inside = _HERE / name
    return inside if inside.is_dir() else _HERE.parent / name
