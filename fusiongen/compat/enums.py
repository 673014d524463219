"""What the members of enums travel as, as a lock has them."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from ..output.lock import LockedType

__all__ = ["enum_marks", "enum_values", "is_flag"]


def is_flag(type_: LockedType) -> bool:
    """Whether members of an enum travel as sets of bits."""
    return "boundary" in type_.options


def enum_values(type_: LockedType) -> Mapping[str, str]:
    """What each member of an enum travels as: its value, or its name (then also its value says so)
    where some value is neither a string nor an integer, or cannot be known."""
    texts = {field.name: field.given or "" for field in type_.fields}
    literals = {name: _literal(text) for name, text in texts.items()}
    if all(_travels(value, is_flag(type_)) for value in literals.values()):
        return {name: repr(value) for name, value in literals.items()}
    return {name: name for name in texts}


def enum_marks(type_: LockedType) -> Mapping[str, str]:
    """What tells that a member travels as before: as `enum_values`; where some value cannot be
    known, name and text of each, for it may travel by either."""
    texts = {field.name: field.given or "" for field in type_.fields}
    if any(_literal(text) is _UNKNOWN for text in texts.values()):
        return {name: f"{name} = {text}" for name, text in texts.items()}
    return enum_values(type_)


_UNKNOWN = object()


def _literal(text: str) -> object:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return _UNKNOWN


def _travels(value: object, flag: bool) -> bool:
    """Whether it does as itself: msgspec's integers have 64 bits."""
    return type(value) is str or (type(value) is int and (flag or value.bit_length() < 64))
