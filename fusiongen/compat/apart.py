"""Unions whose members look different on the wire, so that they travel without an index, and their
order does not matter."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence

from ..contract import Kind
from .layout import travels_as_array
from .spelled import Types, arguments, is_dots

__all__ = ["told_apart"]

_SCALARS: Mapping[str, str] = {
    "bool": "boolean",
    "int": "integer",
    "float": "number",
    **dict.fromkeys(("str", "bytes", "decimal.Decimal", "uuid.UUID"), "text"),
    **dict.fromkeys(
        (f"datetime.{name}" for name in ("date", "datetime", "time", "timedelta")), "text"
    ),
}
_ARRAYS = frozenset(
    (
        *("collections.abc.Collection", "collections.abc.MutableSequence", "frozenset", "list"),
        *("collections.abc.MutableSet", "collections.abc.Sequence", "collections.abc.Set", "set"),
        "tuple",
    )
)
_OBJECTS = frozenset(("collections.abc.Mapping", "collections.abc.MutableMapping", "dict"))


def told_apart(members: Sequence[ast.expr], types: Types) -> Mapping[str, ast.expr] | None:
    """The members of a union, without `None`, by what each is told by; None if that tells not all
    of them, or it is not known to."""
    found = {_told_by(each, types): each for each in members}
    known = {told: each for told, each in found.items() if told is not None}
    return known if len(known) == len(members) else None


def _told_by(node: ast.expr, types: Types) -> str | None:
    if isinstance(node, ast.Subscript):
        items = [ast.unparse(each) for each in arguments(node) if not is_dots(each)]
        name = ast.unparse(node.value)
        if not all(item in _SCALARS for item in items):
            return None
        if name in _OBJECTS:
            return "object" if _SCALARS[items[0]] in ("integer", "text") else None
        return "array" if name in _ARRAYS else None
    known = types.get(ast.unparse(node))
    if known is None:
        return _SCALARS.get(ast.unparse(node))
    tagged = known.options.get("tag", "None") != "None"
    if tagged or known.kind not in (Kind.DATACLASS, Kind.STRUCT):
        return None
    return "array" if travels_as_array(known) else "object"
