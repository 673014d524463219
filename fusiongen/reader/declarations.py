"""Where `@service` stands: the contracts that a module declares."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import libcst as cst

from ..contract import Ref
from ..errors import Diagnostic, Span
from ..rules.files import NotPython
from ..rules.services import DuplicateService, MisplacedService
from .decorators import decorations, is_service
from .modules import Module
from .nodes import dotted

__all__ = ["Declaration", "declarations", "is_contract"]


@dataclass(frozen=True, slots=True, eq=False)
class Declaration:
    """A class that is decorated with `@service`, and the module that it stands in.

    span: where its name is.
    arguments: what `@service` is given.
    """

    ref: Ref
    module: Module
    node: cst.ClassDef
    span: Span
    arguments: Sequence[cst.Arg]


def declarations(module: Module, diagnostics: list[Diagnostic]) -> Iterator[Declaration]:
    """The contracts of one module, in the order of the text.

    diagnostics: takes what is wrong with how they are declared.
    """
    if module.nests_too_deeply:
        diagnostics.append(NotPython.at(Span(module.file, 1, 1), "something here nests too deeply"))
        return
    diagnostics.extend(_misplaced(module))
    rebound = _rebound(module)
    for node in rebound.values():
        problem = f"`{node.name.value}` is bound to something else in this module, too"
        span = module.span(node.name)
        diagnostics.append(DuplicateService.at(span, problem, "Name one differently."))
    for name, found in module.scan.definitions.items():
        if isinstance(found, cst.ClassDef) and name not in rebound:
            yield from _declared(module, found, diagnostics)


def is_contract(module: Module, node: cst.ClassDef) -> bool:
    """Whether a class is decorated with `@service`, for all that can be seen."""
    return any(each.name == "service" for each in decorations(module, node.decorators))


def _misplaced(module: Module) -> Iterator[Diagnostic]:
    """`@service` where no contract can be."""
    for node in module.scan.inner:
        if is_contract(module, node) or _is_inner_service(module, node):
            problem = f"`{node.name.value}` is inside of a class or a function"
            yield MisplacedService.at(module.span(node.name), problem)
    for call in module.scan.calls:
        if _calls_service(module, call):
            yield MisplacedService.at(module.span(call), "`service` is called as a function")


def _rebound(module: Module) -> dict[str, cst.ClassDef]:
    """Contracts whose name means something else, too."""
    found = (each for each in module.scan.rebound if is_contract(module, each))
    return {each.name.value: each for each in found}


def _declared(
    module: Module, node: cst.ClassDef, diagnostics: list[Diagnostic]
) -> Iterator[Declaration]:
    """The contract that a class is, if it is one."""
    for decoration in decorations(module, node.decorators):
        if decoration.unknown is not None:  # it may be `service`
            diagnostics.append(decoration.unknown)
        if decoration.name != "service":
            continue
        name, span = node.name.value, module.span(node.name)
        if name in module.scan.typing_only:
            problem = f"`{name}` is only defined for type checkers"
            diagnostics.append(MisplacedService.at(span, problem))
        else:
            ref = Ref(module=module.name, name=name)
            yield Declaration(ref, module, node, span, decoration.arguments or ())
        return


def _is_inner_service(module: Module, node: cst.ClassDef) -> bool:
    """Whether it is, by what functions and classes import."""
    for decorator in node.decorators:
        called = decorator.decorator
        head, *rest = (dotted(getattr(called, "func", called)) or "").split(".")
        bound = module.scan.inner_bindings.get(head)
        if bound is not None:
            name = ".".join((bound.name, *rest) if bound.name else rest)
            if is_service(module.modules.meaning(Ref(module=bound.module, name=name))):
                return True
    return False


def _calls_service(module: Module, call: cst.Call) -> bool:
    """Whether a call is one of `service`, or there is one in it."""
    if is_service(module.meaning(call.func)):
        return True
    parts = (call.func, *(argument.value for argument in call.args))
    return any(_calls_service(module, each) for each in parts if isinstance(each, cst.Call))
