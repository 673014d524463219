"""Templates and schemas: in the wheel they lie inside the package, in a checkout beside it."""

from __future__ import annotations

from pathlib import Path

__all__ = ["PACKAGE", "folder"]

PACKAGE = Path(__file__).parent
"""The folder of the generator's own text."""


def folder(name: str) -> Path:
    """The folder `templates` or `schemas`."""
    inside = PACKAGE / name
    return inside if inside.is_dir() else PACKAGE.parent / name
