"""Aliases with a part in quotes: type checkers take them for types, at run time they are none."""

from __future__ import annotations

import libcst as cst

from ..contract import Ref
from .modules import Module, Modules
from .scan import dotted

__all__ = ["has_quotes"]


def has_quotes(
    modules: Modules, module: Module, node: cst.BaseExpression, seen: frozenset[Ref]
) -> bool:
    """Whether an alias, or one in it, holds a type in quotes; strings in `Literal` and metadata are
    none."""
    match node:
        case cst.SimpleString() | cst.ConcatenatedString():
            return True
        case cst.BinaryOperation(left=left, right=right):
            inner = [left, right]
        case cst.Subscript(value=value, slice=elements):
            name = (dotted(value) or "").rpartition(".")[2]
            counted = {"Literal": 0, "Annotated": 1}.get(name, len(elements))
            indexes = [each.slice for each in elements[:counted]]
            inner = [index.value for index in indexes if isinstance(index, cst.Index)]
        case _:
            return _names_quotes(modules, module, node, seen)
    return any(has_quotes(modules, module, each, seen) for each in inner)


def _names_quotes(
    modules: Modules, module: Module, node: cst.BaseExpression, seen: frozenset[Ref]
) -> bool:
    """Whether this is the name of an alias that holds a type in quotes."""
    name = dotted(node)
    ref = modules.resolve(module, name) if name else None
    origin = modules.origin(ref) if ref else None
    home = modules.find(origin.module) if origin else None
    if origin is None or home is None or origin in seen:
        return False
    value = home.scan.definitions.get(origin.name)
    return isinstance(value, cst.BaseExpression) and has_quotes(
        modules, home, value, seen | {origin}
    )
