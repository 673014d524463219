"""What a type is made of, as a text: the same as long as its values travel the same (W7)."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from .reading import shape_of
from .shapes import Field, Shape, spell

__all__ = ["outline"]


def outline(tp: object) -> str:
    """Of types that are alike in each part, fields and their order included."""
    return "".join(_parts(shape_of(tp), {}))


def _parts(value: object, seen: dict[int, int]) -> Iterator[str]:
    if isinstance(value, Shape | Field):
        if id(value) in seen:  # types can recur
            yield f"^{seen[id(value)]}"
            return
        seen[id(value)] = len(seen)
        yield f"{type(value).__name__}("
        for field in dataclasses.fields(value):
            if field.name != "default":
                yield from _parts(getattr(value, field.name), seen)
        yield ")"
    elif isinstance(value, tuple | list):
        for each in value:
            yield from _parts(each, seen)
    else:
        yield f"{spell(value) if isinstance(value, type) else _plain(value)};"


def _plain(value: object) -> str:
    return repr(value) if isinstance(value, str | int | float | bool | None) else ""
