"""Decorators, and which of them a contract may have."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import libcst as cst

from ..contract import Ref
from .modules import Module
from .nodes import dotted

__all__ = ["Decoration", "decorations", "is_service"]

_KNOWN = {
    **{
        f"{home}.{name}": name
        for home in ("fusionrt", "fusionrt.contract")
        for name in ("service", "compute", "command")
    },
    "abc.abstractmethod": "harmless",
    "typing.override": "harmless",
    "typing_extensions.override": "harmless",
    "typing.runtime_checkable": "checkable",
    "typing_extensions.runtime_checkable": "checkable",
    "typing_extensions.deprecated": "deprecated",
    "warnings.deprecated": "deprecated",
}


@dataclass(frozen=True, slots=True)
class Decoration:
    """One decorator.

    name: what it is, if it is one that a contract may have.
    readable: it does not come from a module that does not parse, which is reported as such.
    unbound: its name, if the module does not bind it.
    """

    name: str | None
    readable: bool
    unbound: str | None
    node: cst.BaseExpression
    call: cst.Call | None


def decorations(module: Module, nodes: Sequence[cst.Decorator]) -> Iterator[Decoration]:
    """The decorators of a class or method, through every alias and re-export."""
    for node in nodes:
        call = node.decorator if isinstance(node.decorator, cst.Call) else None
        spelled = call.func if call else node.decorator
        ref = module.named(spelled)
        origin = module.modules.meaning(ref) if ref else None
        readable = origin is None or not module.modules.is_broken(origin.module)
        unbound = dotted(spelled) if ref is None else None
        yield Decoration(_KNOWN.get(str(origin)), readable, unbound, node.decorator, call)


def is_service(meaning: Ref | None) -> bool:
    """Whether what a name means is `service`."""
    return _KNOWN.get(str(meaning)) == "service"
