"""What types with fields, and enums, look like on the wire."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

from ..compat.enums import enum_values
from ..show.description import TypeDescription

__all__ = ["enum_members", "tag_of", "travels_by_name"]


def enum_members(type_: TypeDescription) -> Mapping[str, Any]:
    """What each member of an enum travels as."""
    return {
        name: name if text == name else ast.literal_eval(text)
        for name, text in enum_values(type_).items()
    }


def travels_by_name(type_: TypeDescription) -> bool:
    """Whether the members of an enum travel as their names."""
    return any(text == name for name, text in enum_values(type_).items())


def tag_of(type_: TypeDescription) -> tuple[str, Any] | None:
    """The field by which a Struct names itself, and what that says."""
    text = type_.options.get("tag", "True" if "tag_field" in type_.options else "None")
    try:
        tag = ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return None
    if tag is None or tag is False:
        return None
    field = type_.options.get("tag_field", "type").strip("'\"")
    return field, type_.name.rpartition(".")[2] if tag is True else tag
