"""Aliases with a part in quotes, which type checkers take for types, and at run time are none; and
aliases that name themselves."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from ..contract import Ref
from .compiling import parsed_text
from .modules import Definition, Module
from .nodes import dotted

__all__ = ["alias_value", "has_quotes", "is_recursive"]


def alias_value(module: Module, node: cst.CSTNode | None) -> cst.CSTNode | None:
    """What an alias stands for: that of `TypeAliasType("Json", …)` is its second argument."""
    if not isinstance(node, cst.Call) or len(node.args) != 2:
        return node
    return node.args[1].value if str(module.origin(node.func)) == "typing.TypeAliasType" else node


def has_quotes(module: Module, node: cst.BaseExpression, seen: frozenset[Ref]) -> bool:
    """Whether an alias, or one in it, holds a type in quotes; strings in `Literal` and metadata are
    none."""
    match node:
        case cst.SimpleString() | cst.ConcatenatedString():
            return True
        case cst.BinaryOperation() | cst.Subscript():
            return any(has_quotes(module, each, seen) for each in _operands(node))
    for found in _named_in(module, node):
        if found.ref not in seen and isinstance(found.node, cst.BaseExpression):
            return has_quotes(found.module, found.node, seen | {found.ref})
    return False


def is_recursive(alias: Definition) -> bool:
    """Whether an alias of the source roots names itself, in quotes or not, or through another."""
    seen: set[Ref] = set()
    queue = [alias]
    while queue:
        each = queue.pop()
        value = alias_value(each.module, each.node)
        if not isinstance(value, cst.BaseExpression):
            continue
        for found in _named_in(each.module, value):
            if found.ref == alias.ref:
                return True
            if found.ref not in seen:
                seen.add(found.ref)
                queue.append(found)
    return False


def _operands(node: cst.BinaryOperation | cst.Subscript) -> Iterator[cst.BaseExpression]:
    """The types that a type is written of."""
    if isinstance(node, cst.BinaryOperation):
        yield from (node.left, node.right)
        return
    name = (dotted(node.value) or "").rpartition(".")[2]
    counted = {"Literal": 0, "Annotated": 1}.get(name, len(node.slice))
    indexes = [each.slice for each in node.slice[:counted]]
    for index in indexes:
        if isinstance(index, cst.Index):
            yield from _listed(index.value)


def _listed(node: cst.BaseExpression) -> Iterator[cst.BaseExpression]:
    if isinstance(node, cst.Tuple):
        yield from (each.value for each in node.elements)
    else:
        yield node


def _named_in(module: Module, node: cst.BaseExpression) -> Iterator[Definition]:
    """Where every name of the source roots in a type is defined."""
    match node:
        case cst.SimpleString() | cst.ConcatenatedString():
            text = node.evaluated_value
            parsed = parsed_text(text) if isinstance(text, str) else None
            if parsed is not None:
                yield from _named_in(module, parsed)
            return
        case cst.BinaryOperation() | cst.Subscript():
            for each in _operands(node):
                yield from _named_in(module, each)
            return
    found = module.definition(node)
    if found is not None:
        yield found
