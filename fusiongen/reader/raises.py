"""`raises=` of `@service`: which classes it lists."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from ..contract import Ref
from ..rules.services import BadServiceOption
from .expressions import Names
from .misuse import is_no_class
from .modules import Module
from .nodes import dotted

__all__ = ["raised_classes"]


def raised_classes(module: Module, node: cst.BaseExpression) -> tuple[Ref, ...] | None:
    """The names in a list or tuple, or in a constant that is one; `None` if it is neither.

    Raises:
        Violation: it holds something else than classes (FG014), or a name is unknown (FG002).
    """
    found = _listed(module, node, frozenset())
    return None if found is None else tuple(found)


def _listed(module: Module, node: cst.BaseExpression, seen: frozenset[Ref]) -> Iterator[Ref] | None:
    if isinstance(node, cst.List | cst.Tuple):
        return _elements(module, node, seen)
    ref = Names(module).named(node, node)
    if ref is None:
        return None
    modules = module.modules
    found = modules.definition(modules.meaning(ref))
    if found is None or found.ref in seen or not isinstance(found.node, cst.List | cst.Tuple):
        return None
    return _elements(found.module, found.node, seen | {found.ref})


def _elements(module: Module, node: cst.List | cst.Tuple, seen: frozenset[Ref]) -> Iterator[Ref]:
    for element in node.elements:
        if isinstance(element, cst.StarredElement):
            inner = _listed(module, element.value, seen)
            if inner is None:
                span = module.span(element)
                problem = f"`{module.code(element.value)}` in `raises` is no list of classes"
                raise BadServiceOption.violation(span, problem)
            yield from inner
        else:
            yield _class(module, element.value)


def _class(module: Module, node: cst.BaseExpression) -> Ref:
    name = dotted(node)
    if name is None:
        span = module.span(node)
        raise BadServiceOption.violation(span, "`raises` holds something else than classes")
    ref = Names(module).ref(name, node)
    if not ref.name:
        problem = f"`{name}` in `raises` is a module"
        raise BadServiceOption.violation(module.span(node), problem)
    modules = module.modules
    if is_no_class(modules.meaning(ref), modules) or is_no_class(ref, modules):
        problem = f"`{name}` in `raises` is no class"
        raise BadServiceOption.violation(module.span(node), problem)
    return ref
