"""What a call passes for an argument that is left out, as JavaScript; known from text alone."""

from __future__ import annotations

import ast
import json
import math
from collections.abc import Mapping

from ..contract import parsed_expression
from ..output.lock import LockedParameter
from ..reference.records import enum_members
from ..show.description import TypeDescription

__all__ = ["default_of", "literal"]

_EXACT = 2**53


def default_of(parameter: LockedParameter, types: Mapping[str, TypeDescription]) -> str | None:
    """The default; `None` if there is none, or it is not known: then it has to be passed."""
    node = None if parameter.given is None else parsed_expression(parameter.given)
    return None if node is None else _value(node, types)


def _value(node: ast.expr, types: Mapping[str, TypeDescription]) -> str | None:
    match node:
        case ast.Call(func=function, args=[argument], keywords=[]):
            return _made(ast.unparse(function), argument, types)
        case ast.Attribute(value=owner, attr=name):
            known = types.get(ast.unparse(owner))
            members = enum_members(known) if known is not None and known.fields else {}
            return literal(members[name]) if name in members else None
        case ast.Tuple(elts=items) | ast.List(elts=items):
            values = [_value(item, types) for item in items]
            return None if None in values else f"[{', '.join(map(str, values))}]"
    try:
        return literal(ast.literal_eval(node))
    except (ValueError, SyntaxError, TypeError):
        return None


def _made(cls: str, argument: ast.expr, types: Mapping[str, TypeDescription]) -> str | None:
    """Of a member of an enum, by its value, or a Decimal, by its text."""
    known = types.get(cls)
    if known is not None and known.fields and known.kind.value == "enum":
        return _value(argument, types)
    if cls == "decimal.Decimal" and isinstance(argument, ast.Constant):
        return json.dumps(str(argument.value))
    return None


def literal(value: object) -> str | None:
    """A plain value as JavaScript; `None` if it has no literal there."""
    match value:
        case None | bool() | str():
            return json.dumps(value, ensure_ascii=False)
        case int():
            return str(value) if abs(value) < _EXACT else f"{value}n"
        case float() if math.isfinite(value):
            return repr(value)
    return None
