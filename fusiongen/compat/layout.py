"""The layout on the wire of types with fields, as a lock has them."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from functools import cache

import msgspec
from pydantic import alias_generators

from ..contract import Annotated, Kind, parsed_call, parsed_type
from ..output.lock import LockedField, LockedType
from .opened import field_forms

__all__ = [
    "comparing",
    "constraints",
    "given_as",
    "given_default",
    "is_closed",
    "is_read_only",
    "names_by_code",
    "optional",
    "own_name",
    "positional",
    "record_style",
    "travels_as_array",
    "wire_name",
]

_POSITIONAL = frozenset((Kind.ATTRS, Kind.DATACLASS, Kind.STRUCT, Kind.NAMED_TUPLE))
_ATTRS = frozenset(("attr.attr", "attr.attrib", "attr.field", "attr.ib", "attrs.field"))
"""Of these, an `alias` is the name of a parameter, not of a field."""
_FIELD_CALLS = {
    *("dataclasses.field", "msgspec.field", "msgspec.structs.field"),
    *("pydantic.Field", "pydantic.fields.Field"),
    *_ATTRS,
}
_DEFAULTS = ("default", "default_factory", "factory")
_BY_NAME = ("populate_by_name", "validate_by_name")
_NAMES = ("serialization_alias", "alias", "name")
_COMPARING = {Kind.ATTRS: ("eq", "order"), Kind.DATACLASS: ("compare",)}
_CONSTRAINTS = frozenset(
    (
        *("allow_inf_nan", "coerce_numbers_to_str", "decimal_places", "ge", "gt", "le", "lt"),
        *("max_digits", "max_length", "min_length", "multiple_of", "pattern", "strict"),
        *("union_mode", "validator"),
    )
)


def _call(text: str) -> ast.Call | None:
    """The `field(…)` that a default, or an item of metadata, is, if it is one."""
    node = parsed_call(text)
    return node if node is not None and ast.unparse(node.func) in _FIELD_CALLS else None


def _keywords(field: LockedField) -> Mapping[str, ast.expr]:
    """What `field(…)` says, as the default or beside the type."""
    call = _call(field.given) if field.given is not None else None
    calls = [*_field_marks(field.type), *([call] if call is not None else ())]
    return {each.arg: each.value for call in calls for each in call.keywords if each.arg}


@cache
def _field_marks(text: str) -> tuple[ast.Call, ...]:
    """The `Field(…)` that stand in `Annotated`, for the field as a whole."""
    type_ = parsed_type(text)
    calls = (_call(str(each)) for each in type_.metadata) if isinstance(type_, Annotated) else ()
    return tuple(each for each in calls if each is not None)


def given_default(field: LockedField) -> str | None:
    """What an absent field is filled in with: the text of a value, or of what makes one."""
    keywords = _keywords(field)
    if "default" in keywords:
        return ast.unparse(keywords["default"])
    if "default_factory" in keywords:
        made = ast.unparse(keywords["default_factory"])
        return {"dict": "{}", "list": "[]", "tuple": "()"}.get(made, f"{made}()")
    call = _call(field.given) if field.given is not None else None
    if call is None:
        return field.given
    return ast.unparse(call.args[0]) if call.args else None


def optional(type_: LockedType, field: LockedField) -> bool:
    """Whether a record may come without this field."""
    if field.attribute:
        return True
    if type_.kind is Kind.TYPED_DICT:
        forms = field_forms(field.type)
        partial = type_.options.get("total") == "False"
        return "NotRequired" in forms or (partial and "Required" not in forms)
    given = any(name in _DEFAULTS for name in _keywords(field))
    if field.given is None:
        return given
    call = _call(field.given)
    if call is None:
        return True
    return given or bool(call.args and ast.unparse(call.args[0]) != "...")


def is_read_only(field: LockedField) -> bool:
    """Whether callers cannot set the field, though they can set others."""
    keywords = _keywords(field)
    return (
        not field_forms(field.type).isdisjoint(("Final", "ReadOnly"))
        or _text(keywords.get("frozen")) == "True"
        or _text(keywords.get("on_setattr")).endswith("setters.frozen")
    )


def positional(type_: LockedType) -> tuple[str, ...]:
    """The fields that instances may be made with by position, in their order."""
    if type_.kind not in _POSITIONAL or type_.options.get("kw_only") == "True":
        return ()
    return tuple(field.name for field in type_.fields if not _is_apart(field))


def _is_apart(field: LockedField) -> bool:
    keywords = _keywords(field)
    apart = ast.unparse(keywords.get("kw_only", ast.Constant(field.keyword))) == "True"
    return apart or ast.unparse(keywords.get("init", ast.Constant(True))) == "False"


def given_as(type_: LockedType, field: LockedField) -> frozenset[str]:
    """What the class takes the field as, by keyword; the text of what cannot be known."""
    keywords = _keywords(field)
    if _text(keywords.get("init")) == "False":
        return frozenset()
    alias = keywords.get("validation_alias", keywords.get("alias"))
    generated = _generated(type_, field.name, "validation_alias")
    if _text(alias) != "None":
        names = _choices(alias)
    elif generated != field.name:
        names = frozenset((generated,))
    else:
        return frozenset((field.name,))
    by_name = any(type_.options.get(each) == "True" for each in _BY_NAME)
    by_alias = type_.options.get("validate_by_alias") != "False"
    return frozenset((*((field.name,) if by_name else ()), *(names if by_alias else ())))


def _choices(alias: ast.expr | None) -> frozenset[str]:
    """The names of an alias, all of those that `AliasChoices` lists."""
    match alias:
        case ast.Call(func=function, args=args) if ast.unparse(function).endswith("AliasChoices"):
            return frozenset(name for each in args for name in _choices(each))
        case ast.Constant(value=value):
            return frozenset((str(value),))
    return frozenset((_text(alias),))


def _text(node: ast.expr | None) -> str:
    return "None" if node is None else ast.unparse(node)


def wire_name(type_: LockedType, field: LockedField) -> str:
    """What the field is called on the wire."""
    own = own_name(field)
    return own if own != field.name else _by_option(type_, field.name)


def own_name(field: LockedField) -> str:
    """What the field itself says that it is called on the wire; else its name. The text of what
    cannot be known."""
    call = _call(field.given or "")
    keywords = {} if call is not None and ast.unparse(call.func) in _ATTRS else _keywords(field)
    for name in _NAMES:
        value = keywords.get(name)
        if value is not None and ast.unparse(value) != "None":
            return str(value.value) if isinstance(value, ast.Constant) else ast.unparse(value)
    return field.name


def names_by_code(type_: LockedType) -> tuple[str, ...]:
    """What names the fields on the wire that is neither a name nor one of pydantic's functions."""
    rename, generator = (type_.options.get(each, "None") for each in ("rename", "alias_generator"))
    function = _function(generator, "serialization_alias")
    known = function.rpartition(".")[2] in (*_GENERATORS, "None")
    return (
        *(() if _is_literal(rename) else (rename,)),
        *(() if known else (function,)),
    )


def _is_literal(text: str) -> bool:
    try:
        ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return False
    return True


def _by_option(type_: LockedType, name: str) -> str:
    """The name under the class's `rename` or `alias_generator`; those that are made of the user's
    code are taken for ones that leave it alone."""
    if "alias_generator" in type_.options:
        return _generated(type_, name, "serialization_alias")
    try:
        rename = ast.literal_eval(type_.options.get("rename", "None"))
        made = msgspec.defstruct("Renamed", [name], rename=rename)
    except (TypeError, ValueError, SyntaxError):
        return name
    return msgspec.structs.fields(made)[0].encode_name


def _generated(type_: LockedType, name: str, purpose: str) -> str:
    """The name under the class's `alias_generator`."""
    function = _function(type_.options.get("alias_generator", "None"), purpose)
    return _GENERATORS.get(function.rpartition(".")[2], str)(name)


@cache
def _function(generator: str, purpose: str) -> str:
    """The function that makes names: of an `AliasGenerator`, the one for this purpose."""
    node = parsed_call(generator)
    if node is None or not ast.unparse(node.func).endswith("AliasGenerator"):
        return generator
    given = {each.arg: ast.unparse(each.value) for each in node.keywords}
    places = ("alias", "validation_alias", "serialization_alias")
    given |= {place: ast.unparse(each) for place, each in zip(places, node.args, strict=False)}
    return given.get(purpose) or given.get("alias") or "None"


_GENERATORS: Mapping[str, Callable[[str], str]] = {
    each.__name__: each
    for each in (alias_generators.to_camel, alias_generators.to_pascal, alias_generators.to_snake)
}


def constraints(field: LockedField) -> Mapping[str, str]:
    """What else than its type a value has to fulfil, by keyword."""
    return {
        name: ast.unparse(value) for name, value in _keywords(field).items() if name in _CONSTRAINTS
    }


def comparing(type_: LockedType, field: LockedField) -> Mapping[str, str | None]:
    """What the field says of instances that are compared, where the class compares by fields; what
    is as it is without saying so is `None`."""
    keywords = _keywords(field)
    said: dict[str, str | None] = {}
    for option in _COMPARING.get(type_.kind, ()) if not type_.by_identity else ():
        text = _text(keywords.get(option, keywords.get("cmp")))
        said[option] = None if text in ("None", "True") else text
    if not type_.ordered:
        said.pop("order", None)
    return said


_STYLES = {
    Kind.ATTRS: "record",
    Kind.DATACLASS: "record",
    Kind.STRUCT: "record",
    Kind.TYPED_DICT: "record",
    Kind.MODEL: "record",
    Kind.NAMED_TUPLE: "tuple",
    Kind.EXCEPTION: "error",
    Kind.UNKNOWN: "unknown",
}


def record_style(type_: LockedType) -> str | None:
    """How a type with fields travels; `None` for other types."""
    return _STYLES.get(type_.kind)


def travels_as_array(type_: LockedType) -> bool:
    """Whether fields travel by position, not by name."""
    return type_.kind is Kind.NAMED_TUPLE or type_.options.get("array_like") == "True"


def is_closed(type_: LockedType) -> bool:
    """Whether a reader refuses a record that has more fields than it knows."""
    options = type_.options
    return (
        type_.kind is Kind.NAMED_TUPLE
        or options.get("forbid_unknown_fields") == "True"
        or options.get("extra") in ("'forbid'", '"forbid"')
    )
