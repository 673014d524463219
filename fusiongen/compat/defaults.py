"""What a default means where it stands: `1` is `1.0` to a parameter of type `float`."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from ..contract import Annotated, Dots, Named, Type, members, parsed_type
from .containers import TABLES, filled
from .opened import Types, opened

__all__ = ["meant"]

_NUMBERS = {"float": float, "int": int}


def meant(default: str, type_: str, types: Types) -> str:
    """The default as the value that its type makes of it, if it is a literal."""
    try:
        value = ast.literal_eval(default)
        return repr(_meant(value, parsed_type(type_), types))
    except (ValueError, SyntaxError, TypeError, OverflowError, MemoryError, RecursionError):
        return default


def _meant(value: object, type_: Type, types: Types) -> object:
    type_ = filled(opened(type_, types))
    if isinstance(type_, Annotated):
        return _meant(value, type_.base, types)
    if value is None or isinstance(value, set):
        return value
    some = [each for each in members(type_) if str(each) != "None"]
    if len(some) != 1 or not isinstance(some[0], Named):
        return value
    found = some[0]
    if isinstance(value, int | float) and str(found.ref) in _NUMBERS:
        return _NUMBERS[str(found.ref)](value)
    if isinstance(value, dict) and str(found.ref) in TABLES:
        key, item = found.items
        return {_meant(one, key, types): _meant(other, item, types) for one, other in value.items()}
    if isinstance(value, list | tuple) and found.items:
        return _items(value, found, types)
    return value


def _items(
    values: Sequence[object], type_: Named, types: Types
) -> list[object] | tuple[object, ...]:
    each = type_.items
    if len(each) == 1 or Dots() in (type_.arguments or ()):
        each = each[:1] * len(values)
    made = [_meant(one, other, types) for one, other in zip(values, each, strict=True)]
    return tuple(made) if isinstance(values, tuple) else made
