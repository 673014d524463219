"""Types and expressions in the text that locks hold: `str()` of a type, and back."""

from __future__ import annotations

import ast
from functools import cache

from .types import Annotated, Dots, Expression, Literals, Named, Nothing, Ref, Type, united

__all__ = ["parsed_call", "parsed_expression", "parsed_type"]


@cache
def parsed_type(text: str) -> Type:
    """The type that is spelled so: `str()` of it is the text again, in canonical spelling.

    What is no type, an annotation that the reader could not make out, becomes a name of this text.
    """
    node = parsed_expression(text)
    return _name(text) if node is None else _type(node)


@cache
def parsed_expression(text: str) -> ast.expr | None:
    """The syntax of an expression, not to be changed; `None` if the text is none."""
    try:
        return ast.parse(text, mode="eval").body
    except SyntaxError:
        return None


def parsed_call(text: str) -> ast.Call | None:
    """The syntax of a call, not to be changed; `None` if the text is none."""
    node = parsed_expression(text)
    return node if isinstance(node, ast.Call) else None


def _type(node: ast.expr) -> Type:
    match node:
        case ast.Constant(value=None):
            return Nothing()
        case ast.Constant(value=value) if value is ...:
            return Dots()
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return united((_type(left), _type(right)))
        case ast.Subscript(value=ast.Name() | ast.Attribute() as outer, slice=inner):
            arguments = inner.elts if isinstance(inner, ast.Tuple) else [inner]
            return _generic(ast.unparse(outer), arguments)
    return _name(ast.unparse(node))


def _generic(name: str, arguments: list[ast.expr]) -> Type:
    match name, arguments:
        case "typing.Literal", _:
            return Literals(values=tuple(map(_expression, arguments)))
        case "typing.Annotated", [base, *metadata]:
            return Annotated(base=_type(base), metadata=tuple(map(_expression, metadata)))
    return Named(ref=Ref.of(name), arguments=tuple(map(_type, arguments)))


def _expression(node: ast.expr) -> Expression:
    return Expression(parts=(ast.unparse(node),))


def _name(text: str) -> Named:
    return Named(ref=Ref.of(text))
