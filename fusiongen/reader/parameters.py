"""The type parameters of classes and aliases, in the old spelling and in that of PEP 695."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import libcst as cst

from ..contract import Named, Ref, Type
from .modules import Module
from .nodes import dotted

__all__ = ["GENERIC", "PROTOCOL", "TypeParameter", "declared_variables", "type_parameters"]

PROTOCOL = Ref(module="typing", name="Protocol")
GENERIC = (PROTOCOL, Ref(module="typing", name="Generic"))
_MAKERS = {"typing.TypeVar": False, "typing.ParamSpec": True, "typing.TypeVarTuple": True}


@dataclass(frozen=True, slots=True)
class TypeParameter:
    """One type parameter.

    special: it stands for something else than one type.
    optional: it has a default.
    """

    name: str
    special: bool = False
    optional: bool = False


def type_parameters(
    module: Module, node: cst.ClassDef | cst.TypeAlias | cst.BaseExpression
) -> tuple[TypeParameter, ...]:
    """The type parameters of a class or an alias, in order."""
    match node:
        case cst.ClassDef(type_parameters=declared) | cst.TypeAlias(type_parameters=declared) if (
            declared is not None
        ):
            return tuple(
                TypeParameter(
                    each.param.name.value,
                    not isinstance(each.param, cst.TypeVar),
                    each.default is not None,
                )
                for each in declared.params
            )
        case cst.ClassDef(bases=bases):
            found: dict[str, TypeParameter] = {}
            for argument in bases:
                if isinstance(argument.value, cst.Subscript):
                    own = {each.name: each for each in _variables(module, argument.value)}
                    if module.meaning(argument.value.value) in GENERIC:
                        return tuple(own.values())
                    found.update((name, each) for name, each in own.items() if name not in found)
            return tuple(found.values())
        case cst.BaseExpression():
            return tuple({each.name: each for each in _variables(module, node)}.values())
    return ()


def declared_variables(module: Module, ref: Ref, node: cst.ClassDef) -> dict[str, Type]:
    """What the type parameters of a class mean within it, in the spelling of PEP 695."""
    names = type_parameters(module, node) if node.type_parameters is not None else ()
    return {
        each.name: Named(ref=Ref(module=ref.module, name=f"{ref.name}.{each.name}"))
        for each in names
    }


def _variables(module: Module, node: cst.CSTNode) -> Iterator[TypeParameter]:
    """The type variables in an expression, as they are written."""
    name = dotted(node)
    if name is None:
        for child in node.children:
            yield from _variables(module, child)
        return
    found = module.definition(node)
    if found is not None and isinstance(value := found.node, cst.Call):
        special = _MAKERS.get(str(found.module.meaning(value.func)))
        if special is not None:
            keywords = {each.keyword.value for each in value.args if each.keyword}
            yield TypeParameter(name, special, "default" in keywords)
