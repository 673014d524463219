"""Literals: as syntax, as values, and what operators and methods of strings make of them."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Any

__all__ = [
    "binary",
    "dotted",
    "literal",
    "made",
    "method",
    "normal",
    "parsed",
    "spelled",
    "tree_of",
    "unary",
]

_OPERATORS: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
    ast.LShift: operator.lshift,
    ast.RShift: operator.rshift,
    ast.BitOr: operator.or_,
    ast.BitAnd: operator.and_,
    ast.BitXor: operator.xor,
}
_SIGNS: Mapping[type[ast.unaryop], Callable[[Any], Any]] = {
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
    ast.Invert: operator.invert,
    ast.Not: operator.not_,
}
_METHODS = frozenset(
    (
        *("capitalize", "casefold", "join", "lower", "lstrip", "removeprefix", "removesuffix"),
        *("replace", "rstrip", "strip", "swapcase", "title", "upper"),
    )
)
"""Methods of strings that only make another string."""
_MOST = 4096
"""Bits of a number, or characters: more is not worked out."""
_NOT_LITERAL = (ValueError, SyntaxError, TypeError, MemoryError, RecursionError)


def literal(node: ast.expr) -> Any:
    """The value of a literal.

    Raises:
        ValueError: it is none.
    """
    try:
        return ast.literal_eval(node)
    except _NOT_LITERAL:
        raise ValueError(ast.dump(node)) from None


def tree_of(value: object) -> ast.expr:
    """A literal that has this value.

    Raises:
        ValueError: there is none.
    """
    try:
        node = ast.parse(repr(value), mode="eval").body
    except _NOT_LITERAL:
        raise ValueError(repr(value)) from None
    if literal(node) != value:
        raise ValueError(repr(value))
    return node


def spelled(node: ast.AST) -> str:
    """The one spelling of a piece of source."""
    return ast.unparse(node)


def normal(text: str) -> str:
    """The one spelling of an expression that is given as text."""
    node = parsed(text)
    return text if node is None else spelled(node)


def parsed(text: str | None) -> ast.expr | None:
    """The syntax of an expression; None if it is none."""
    if text is None:
        return None
    try:
        return ast.parse(f"({text.strip()}\n)", mode="eval").body
    except _NOT_LITERAL:
        return None


def binary(node: ast.BinOp) -> ast.expr | None:
    """What an operator makes of two literals; None if they are none, or it would be huge."""
    function = _OPERATORS.get(type(node.op))
    return made(_small(function), node.left, node.right) if function is not None else None


def unary(node: ast.UnaryOp) -> ast.expr | None:
    """What a sign makes of a literal; None if it is none."""
    return made(_SIGNS[type(node.op)], node.operand)


def method(owner: ast.expr, name: str, arguments: list[ast.expr]) -> ast.expr | None:
    """What a method makes of a literal string; None if it is none, or no such method."""

    def called(text: Any, *given: Any) -> Any:
        known = type(text) is str and name in _METHODS
        short = known and len(text) * max(1, *map(_size, given)) < _MOST if given else known
        return getattr(text, name)(*given) if short else NotImplemented

    return made(called, owner, *arguments)


def made(function: Callable[..., Any], *nodes: ast.expr) -> ast.expr | None:
    """What a function makes of literals; None if one is no literal, or it makes none."""
    try:
        found = function(*map(literal, nodes))
        return None if found is NotImplemented else tree_of(found)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        return None


def _small(function: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """The operator, for operands whose result is not huge."""

    def bounded(left: Any, right: Any) -> Any:
        if function in (operator.pow, operator.lshift):
            huge = _size(left) * abs(right) > _MOST
        elif function is operator.mul and not _are_numbers(left, right):
            times = [each for each in (left, right) if isinstance(each, int)]
            huge = not times or max(map(_size, (left, right))) * abs(times[0]) > _MOST
        else:
            huge = _size(left) + _size(right) > _MOST
        return NotImplemented if huge else function(left, right)

    return bounded


def _are_numbers(*values: object) -> bool:
    return all(isinstance(value, int | float) for value in values)


def _size(value: Any) -> int:
    """The bits of a number, the length of anything else."""
    if isinstance(value, int):
        return value.bit_length()
    return len(value) if hasattr(value, "__len__") else 64


def dotted(node: ast.AST) -> str | None:
    """`a.b.c` as it is spelled; `None` for anything else."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=name):
            inner = dotted(value)
            return None if inner is None else f"{inner}.{name}"
    return None
