"""What pydantic's configuration of a class says, once its constants are opened."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .literals import spelled

__all__ = ["entries"]


def entries(node: ast.expr | None) -> Iterator[tuple[str, str]]:
    """Its entries, a later one of a name in the place of an earlier one: of `ConfigDict(…)`, of a
    dict, of several that are put together."""
    match node:
        case ast.Call(args=others, keywords=keywords):
            for other in others:
                yield from entries(other)
            yield from _given((each.arg, each.value) for each in keywords)
        case ast.Dict(keys=keys, values=values):
            names = (each.value if isinstance(each, ast.Constant) else each for each in keys)
            yield from _given(zip(names, values, strict=True))
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            yield from entries(left)
            yield from entries(right)


def _given(pairs: Iterator[tuple[object, ast.expr]]) -> Iterator[tuple[str, str]]:
    for name, value in pairs:
        if name is None:  # `**others`
            yield from entries(value)
        elif isinstance(name, str):
            yield name, spelled(value)
