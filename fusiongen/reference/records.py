"""What types with fields, and enums, look like on the wire."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

import msgspec
from pydantic import alias_generators

from ..compat.fields import enum_values, wire_name
from ..description import TypeDescription

__all__ = ["enum_members", "tag_of", "travels_by_name", "wire_names"]

_RENAMES = ("lower", "upper", "camel", "pascal", "kebab")
_ALIASES = ("to_camel", "to_pascal", "to_snake")


def enum_members(type_: TypeDescription) -> Mapping[str, Any]:
    """What each member of an enum travels as."""
    return {
        name: name if text == name else ast.literal_eval(text)
        for name, text in enum_values(type_).items()
    }


def travels_by_name(type_: TypeDescription) -> bool:
    """Whether the members of an enum travel as their names."""
    return any(text == name for name, text in enum_values(type_).items())


def wire_names(type_: TypeDescription) -> list[str]:
    """What the fields are called on the wire, in their order."""
    names = [wire_name(field) for field in type_.fields]
    made: Any = _renamed(type_, names)
    fields = zip(names, made, type_.fields, strict=True)
    return [new if name == field.name else name for name, new, field in fields]


def _renamed(type_: TypeDescription, names: list[str]) -> list[str]:
    """The names as an option of the class has them. The library that does it is asked."""
    rename: Any = type_.options.get("rename", "").strip("'\"")
    if rename in _RENAMES:
        struct: Any = msgspec.defstruct("Renamed", names, rename=rename)
        return list(struct.__struct_encode_fields__)
    generator = type_.options.get("alias_generator", "").rpartition(".")[2]
    if generator in _ALIASES:
        return list(map(getattr(alias_generators, generator), names))
    return names


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
