"""What the fields of a locked type look like on the wire."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from functools import cache

import msgspec
from pydantic import alias_generators

from ..lock import LockedField, LockedType

__all__ = [
    "constraints",
    "enum_values",
    "is_closed",
    "optional",
    "own_name",
    "positional",
    "wire_name",
]

_POSITIONAL = frozenset(("attrs", "dataclass", "struct", "named-tuple"))
_ATTRS = frozenset(("attr.attr", "attr.attrib", "attr.field", "attr.ib", "attrs.field"))
"""Of these, an `alias` is the name of a parameter, not of a field."""
_FIELD_CALLS = {
    *("dataclasses.field", "msgspec.field", "msgspec.structs.field"),
    *("pydantic.Field", "pydantic.fields.Field"),
    *_ATTRS,
}
_DEFAULTS = ("default", "default_factory", "factory")
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


def positional(type_: LockedType) -> tuple[str, ...]:
    """The fields that instances may be made with by position, in their order."""
    if type_.kind not in _POSITIONAL or type_.options.get("kw_only") == "True":
        return ()
    return tuple(field.name for field in type_.fields if not _is_apart(field))


def _is_apart(field: LockedField) -> bool:
    keywords = _keywords(field)
    apart = ast.unparse(keywords.get("kw_only", ast.Constant(False))) == "True"
    return apart or ast.unparse(keywords.get("init", ast.Constant(True))) == "False"


def wire_name(type_: LockedType, field: LockedField) -> str:
    """What the field is called on the wire."""
    own = own_name(field)
    return own if own != field.name else _by_option(type_, field.name)


def own_name(field: LockedField) -> str:
    """What the field itself says that it is called on the wire; else its name."""
    call = _call(field.default or "")
    keywords = {} if call is None or ast.unparse(call.func) in _ATTRS else _keywords(field)
    for name in _NAMES:
        value = keywords.get(name)
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            return value.value
    return field.name


def _by_option(type_: LockedType, name: str) -> str:
    """The name under the class's `rename` or `alias_generator`; those that are made of the user's
    code are taken for ones that leave it alone."""
    rename, generator = (type_.options.get(each) for each in ("rename", "alias_generator"))
    known = _GENERATORS.get((generator or "").rpartition(".")[2])
    if known is not None:
        return known(name)
    try:
        made = msgspec.defstruct("Renamed", [name], rename=ast.literal_eval(rename or "None"))
    except (TypeError, ValueError, SyntaxError):
        return name
    return msgspec.structs.fields(made)[0].encode_name


_GENERATORS: Mapping[str, Callable[[str], str]] = {
    each.__name__: each
    for each in (alias_generators.to_camel, alias_generators.to_pascal, alias_generators.to_snake)
}


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
