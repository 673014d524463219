"""Small questions about syntax nodes; the same of every module."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import libcst as cst

__all__ = ["blocks", "calls_in", "dotted", "inner_class", "is_true", "keywords_of", "statements"]


def dotted(node: cst.CSTNode | None) -> str | None:
    """`a.b.C` for the nodes that spell it, `None` for every other node."""
    names: list[str] = []
    while isinstance(node, cst.Attribute):
        names.append(node.attr.value)
        node = node.value
    if not isinstance(node, cst.Name):
        return None
    return ".".join((node.value, *reversed(names)))


def statements(body: cst.BaseSuite) -> Iterator[cst.CSTNode]:
    """The statements of a block, those that share a line apart."""
    for statement in body.body:
        if isinstance(statement, cst.SimpleStatementLine):
            yield from statement.body
        else:
            yield statement


def blocks(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """What statements a statement holds, of those that hold some."""
    match node:
        case cst.BaseSuite() | cst.SimpleStatementLine():
            yield from node.body
        case cst.Match(cases=cases):
            for case in cases:
                yield case.body
        case cst.BaseCompoundStatement() | cst.Else() | cst.Finally():
            for name in ("body", "handlers", "orelse", "finalbody"):
                inner = getattr(node, name, None)
                if isinstance(inner, Sequence):
                    yield from inner
                elif inner is not None:
                    yield inner
        case cst.ExceptHandler(body=body) | cst.ExceptStarHandler(body=body):
            yield body


def calls_in(node: cst.Call) -> Iterator[cst.Call]:
    """A call, and those that it calls or is given."""
    yield node
    for part in (node.func, *(argument.value for argument in node.args)):
        if isinstance(part, cst.Call):
            yield from calls_in(part)


def inner_class(node: cst.ClassDef, name: str) -> cst.ClassDef | None:
    """The class of this name that a class body declares."""
    found = (
        inner
        for inner in statements(node.body)
        if isinstance(inner, cst.ClassDef) and inner.name.value == name
    )
    return next(found, None)


def keywords_of(call: cst.Call | None) -> dict[str, cst.BaseExpression]:
    """The keyword arguments of a call."""
    return {each.keyword.value: each.value for each in call.args if each.keyword} if call else {}


def is_true(node: cst.BaseExpression | None) -> bool:
    """Whether this is the literal `True`."""
    return isinstance(node, cst.Name) and node.value == "True"
