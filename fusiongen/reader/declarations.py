"""Where `@service` stands: the contracts that a module declares."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import libcst as cst

from ..contract import Ref
from ..errors import Span
from ..rules.files import NotPython
from ..rules.services import DuplicateService, MisplacedService
from .decorators import Decoration, decorations, has_service, is_service
from .diagnostics import Diagnostics
from .modules import Module
from .nodes import calls_in

__all__ = ["Declaration", "declarations"]


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


def declarations(module: Module, diagnostics: Diagnostics) -> Iterator[Declaration]:
    """The contracts of one module, in the order of the text.

    diagnostics: takes what is wrong with how they are declared.
    """
    if module.nests_too_deeply:
        start = Span(module.file, 1, 1)
        diagnostics.found.append(NotPython.at(start, "something here nests too deeply"))
        return
    scan = module.scan
    defined = [each for each in scan.definitions.values() if isinstance(each, cst.ClassDef)]
    decorated = {
        node: tuple(decorations(module, node.decorators))
        for node in (*defined, *scan.rebound, *scan.inner)
    }
    _note_misplaced(module, decorated, diagnostics)
    twice = {each.name.value: each for each in scan.rebound if has_service(decorated[each])}
    for name, node in twice.items():
        problem = f"`{name}` is bound to something else in this module, too"
        diagnostics.add(DuplicateService, node.name, problem, "Name one differently.")
    for node in defined:
        name = node.name.value
        service = None if name in twice else _service(decorated[node], diagnostics)
        if service is not None and name in scan.typing_only:
            problem = f"`{name}` is only defined for type checkers"
            diagnostics.add(MisplacedService, node.name, problem)
        elif service is not None:
            ref = Ref(module=module.name, name=name)
            yield Declaration(ref, module, node, module.span(node.name), service.arguments or ())


def _note_misplaced(
    module: Module, decorated: Mapping[cst.ClassDef, Sequence[Decoration]], diagnostics: Diagnostics
) -> None:
    """`@service` where no contract can be."""
    for node in module.scan.inner:
        by_inner = any(is_service(module.inner_meaning(each)) for each in node.decorators)
        if by_inner or has_service(decorated[node]):
            problem = f"`{node.name.value}` is inside of a class or a function"
            diagnostics.add(MisplacedService, node.name, problem)
    for call in module.scan.calls:
        if any(is_service(module.meaning(each.func)) for each in calls_in(call)):
            diagnostics.add(MisplacedService, call, "`service` is called as a function")


def _service(found: Sequence[Decoration], diagnostics: Diagnostics) -> Decoration | None:
    """The decorator that makes a class a contract, if it has one."""
    for each in found:
        if each.unknown is not None:  # it may be `service`
            diagnostics.found.append(each.unknown)
        if each.name == "service":
            return each
    return None
