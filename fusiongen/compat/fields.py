"""What the fields of a locked type look like on the wire."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from functools import cache

from ..lock import LockedField, LockedType

__all__ = ["POSITIONAL", "constraints", "enum_values", "is_closed", "optional", "wire_name"]

POSITIONAL = frozenset(("dataclass", "struct", "named-tuple"))
"""Kinds whose instances may be made with positional arguments."""
_FIELD_CALLS = {
    *("dataclasses.field", "msgspec.field", "msgspec.structs.field"),
    *("pydantic.Field", "pydantic.fields.Field"),
}
_DEFAULTS = ("default", "default_factory")
_NAMES = ("serialization_alias", "alias", "name")
_CONSTRAINTS = frozenset(
    (
        *("allow_inf_nan", "coerce_numbers_to_str", "decimal_places", "ge", "gt", "le", "lt"),
        *("max_digits", "max_length", "min_length", "multiple_of", "pattern", "strict"),
    )
)


@cache
def _call(text: str) -> ast.Call | None:
    """The `field(…)` that a default is, if it is one."""
    try:
        node = ast.parse(text, mode="eval").body
    except SyntaxError:
        return None
    if isinstance(node, ast.Call) and ast.unparse(node.func) in _FIELD_CALLS:
        return node
    return None


def _keywords(field: LockedField) -> Mapping[str, ast.expr]:
    call = _call(field.default) if field.default is not None else None
    return {each.arg: each.value for each in call.keywords if each.arg} if call else {}


def optional(type_: LockedType, field: LockedField) -> bool:
    """Whether a record may come without this field."""
    if type_.kind == "typed-dict":
        if field.type.startswith("typing.Required["):
            return False
        return type_.options.get("total") == "False" or "NotRequired[" in field.type
    if field.default is None:
        return False
    call = _call(field.default)
    if call is None:
        return True
    given = any(name in _DEFAULTS for name in _keywords(field))
    return given or bool(call.args and ast.unparse(call.args[0]) != "...")


def wire_name(field: LockedField) -> str:
    """What the field is called on the wire."""
    keywords = _keywords(field)
    for name in _NAMES:
        value = keywords.get(name)
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            return value.value
    return field.name


def constraints(field: LockedField) -> frozenset[tuple[str, str]]:
    """What else than its type a value has to fulfil."""
    return frozenset(
        (name, ast.unparse(value))
        for name, value in _keywords(field).items()
        if name in _CONSTRAINTS
    )


def is_closed(type_: LockedType) -> bool:
    """Whether a reader refuses a record that has more fields than it knows."""
    options = type_.options
    return (
        type_.kind == "named-tuple"
        or options.get("forbid_unknown_fields") == "True"
        or options.get("extra") in ("'forbid'", '"forbid"')
    )


def enum_values(type_: LockedType) -> Mapping[str, str]:
    """What each member of an enum travels as: its value, or its name (then also its value says so)
    where some value is neither a string nor an integer."""
    texts = _without_auto(type_)
    literals = {name: _literal(text) for name, text in texts.items()}
    if all(type(value) in (int, str) for value in literals.values()):
        return {name: repr(value) for name, value in literals.items()}
    return {name: name for name in texts}


def _without_auto(type_: LockedType) -> Mapping[str, str]:
    """The text of each member's value, that of `auto()` worked out."""
    strings = any(base.endswith("StrEnum") for base in type_.bases)
    flags = any(base.endswith("Flag") for base in type_.bases)
    texts: dict[str, str] = {}
    last = 0
    for field in type_.fields:
        text = field.default or ""
        if text in ("enum.auto()", "auto()"):
            last = 1 << last.bit_length() if flags else last + 1
            text = repr(field.name.lower()) if strings else str(last)
        else:
            value = _literal(text)
            last = value if isinstance(value, int) else last
        texts[field.name] = text
    return texts


def _literal(text: str) -> object:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return None
