"""The text of a type, as the lock spells it, in parts."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["UNION", "Filled", "is_dots", "operands", "order_of", "parsed", "split"]

UNION = "typing.Union"


def parsed(text: str) -> ast.expr:
    """The syntax of a type; of an annotation that the reader could not read, its text."""
    try:
        return ast.parse(text, mode="eval").body
    except SyntaxError:
        return ast.Constant(text)


def split(node: ast.expr) -> tuple[str, list[ast.expr]]:
    """A type's name and its arguments; `UNION` and none for any union."""
    match node:
        case ast.BinOp(op=ast.BitOr()):
            return UNION, []
        case ast.Subscript(value=value, slice=ast.Tuple(elts=elements)):
            return ast.unparse(value), elements
        case ast.Subscript(value=value, slice=element):
            return ast.unparse(value), [element]
    return ast.unparse(node), []


def operands(node: ast.expr) -> Iterator[ast.expr]:
    """The members of a union, from left to right."""
    match node:
        case ast.BinOp(left=left, right=right):
            yield from operands(left)
            yield from operands(right)
        case _:
            yield node


def is_dots(node: ast.expr) -> bool:
    """Whether this is the `...` of `tuple[str, ...]`."""
    return isinstance(node, ast.Constant) and node.value is ...


def order_of(text: str) -> tuple[str, str]:
    """What the runtime sorts the members of a union by: their spelling without modules."""
    return re.sub(r"\b\w+\.", "", text), text


class Filled(ast.NodeTransformer):
    """Puts the arguments of a generic class in the place of its type parameters."""

    def __init__(self, given: Mapping[str, ast.expr]) -> None:
        self._given = given

    def visit_Name(self, node: ast.Name) -> Any:
        return self._given.get(node.id, node)

    def visit_Attribute(self, node: ast.Attribute) -> Any:
        return self._given.get(node.attr, node)
