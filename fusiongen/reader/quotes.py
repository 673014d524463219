"""Aliases with a part in quotes, which type checkers take for types, and at run time are none; and
aliases that name themselves."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from ..contract import Ref
from .compiling import parsed_text
from .modules import Module, Modules
from .scan import dotted
from .standard import standard

__all__ = ["alias_value", "has_quotes", "is_recursive"]


def alias_value(modules: Modules, module: Module, node: cst.CSTNode | None) -> cst.CSTNode | None:
    """What an alias stands for: that of `TypeAliasType("Json", …)` is its second argument."""
    if isinstance(node, cst.Call) and len(node.args) == 2:
        name = dotted(node.func)
        ref = modules.resolve(module, name) if name else None
        if ref is not None and str(standard(modules.origin(ref))) == "typing.TypeAliasType":
            return node.args[1].value
    return node


def has_quotes(
    modules: Modules, module: Module, node: cst.BaseExpression, seen: frozenset[Ref]
) -> bool:
    """Whether an alias, or one in it, holds a type in quotes; strings in `Literal` and metadata are
    none."""
    match node:
        case cst.SimpleString() | cst.ConcatenatedString():
            return True
        case cst.BinaryOperation() | cst.Subscript():
            return any(has_quotes(modules, module, each, seen) for each in _operands(node))
    for origin, home, value in _aliases(modules, module, node):
        if origin not in seen and isinstance(value, cst.BaseExpression):
            return has_quotes(modules, home, value, seen | {origin})
    return False


def is_recursive(modules: Modules, alias: Ref) -> bool:
    """Whether an alias of the source roots names itself, in quotes or not, or through another."""
    home = modules.find(alias.module)
    node = home.scan.definitions.get(alias.name) if home is not None else None
    seen: set[Ref] = set()
    queue = [(home, node)]
    while queue:
        module, value = queue.pop()
        value = alias_value(modules, module, value) if module is not None else None
        if module is None or not isinstance(value, cst.BaseExpression):
            continue
        for origin, found, inner in _aliases(modules, module, value):
            if origin == alias:
                return True
            if origin not in seen:
                seen.add(origin)
                queue.append((found, inner))
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


def _aliases(
    modules: Modules, module: Module, node: cst.BaseExpression
) -> Iterator[tuple[Ref, Module, cst.CSTNode | None]]:
    """Every name of the source roots in a type, where it is defined, and how."""
    match node:
        case cst.SimpleString() | cst.ConcatenatedString():
            text = node.evaluated_value
            parsed = parsed_text(text) if isinstance(text, str) else None
            if parsed is not None:
                yield from _aliases(modules, module, parsed)
            return
        case cst.BinaryOperation() | cst.Subscript():
            for each in _operands(node):
                yield from _aliases(modules, module, each)
            return
    name = dotted(node)
    ref = modules.resolve(module, name) if name else None
    origin = modules.origin(ref) if ref else None
    home = modules.find(origin.module) if origin else None
    if origin is not None and home is not None:
        yield origin, home, home.scan.definitions.get(origin.name)
