"""Types that are made by a call: `NamedTuple("Point", [("x", int)])`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import libcst as cst

from ..contract import Kind, Ref
from .members import type_or_none
from .modules import Module
from .nodes import keywords_of
from .shapes import Field, Structure

__all__ = ["made_type"]

_READ = {"typing.NamedTuple": Kind.NAMED_TUPLE, "typing.TypedDict": Kind.TYPED_DICT}
_UNREAD: Mapping[str, str] = {
    "collections.namedtuple": "gives its fields no types: declare a class of `typing.NamedTuple`",
    **dict.fromkeys(
        (
            *("dataclasses.make_dataclass", "attr.make_class", "attrs.make_class"),
            *("msgspec.defstruct", "pydantic.create_model", "pydantic.main.create_model"),
            *("type", "types.new_class"),
        ),
        "makes no type that a type checker knows: declare a class",
    ),
}


def made_type(module: Module, ref: Ref, call: cst.Call) -> Structure | None:
    """What a call makes that is known to make a class of that name; `None` of any other."""
    function = str(module.origin(call.func))
    if function in _UNREAD:
        flaw = f"is made by `{function}`, which {_UNREAD[function]}"
        return Structure(ref, Kind.UNKNOWN, complete=False, flaw=flaw)
    kind = _READ.get(function)
    if kind is None:
        return None
    shown = None if len(call.args) < 2 or call.args[1].keyword else call.args[1].value
    pairs = list(_pairs(shown))
    if None in pairs or shown is None:
        flaw = f"is made by `{function}` in a way that shows no fields: declare a class"
        return Structure(ref, Kind.UNKNOWN, complete=False, flaw=flaw)
    return Structure(
        ref,
        kind,
        tuple(_field(module, *pair) for pair in pairs if pair is not None),
        frozen=kind is Kind.NAMED_TUPLE,
        hashed_by="fields" if kind is Kind.NAMED_TUPLE else "nothing",
        options=tuple(
            (name, module.code(value))
            for name, value in keywords_of(call).items()
            if name == "total"
        ),
    )


def _pairs(
    node: cst.BaseExpression | None,
) -> Iterator[tuple[str, cst.BaseExpression] | None]:
    """Names and types; `None` in the place of what cannot be read."""
    match node:
        case cst.Dict(elements=entries):
            for entry in entries:
                yield _pair(entry.key, entry.value) if isinstance(entry, cst.DictElement) else None
        case cst.List(elements=items) | cst.Tuple(elements=items):
            for item in items:
                match item.value:
                    case cst.Tuple(elements=[cst.Element(key), cst.Element(value)]):
                        yield _pair(key, value)
                    case _:
                        yield None
        case _:
            yield None


def _pair(
    key: cst.BaseExpression, value: cst.BaseExpression
) -> tuple[str, cst.BaseExpression] | None:
    name = key.evaluated_value if isinstance(key, cst.SimpleString) else None
    return (name, value) if isinstance(name, str) else None


def _field(module: Module, name: str, node: cst.BaseExpression) -> Field:
    type_ = type_or_none(module, node)
    return Field(name, type_, str(type_) if type_ is not None else module.code(node))
