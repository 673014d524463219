"""Decorators, and which of them a contract may have."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import libcst as cst

from ..contract import Ref
from ..errors import Diagnostic, Span
from .expressions import Names
from .modules import Module

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
    unknown: why it is none, if nothing binds its name (FG002, FG003).
    arguments: what it is given; `None` if it is not called.
    """

    name: str | None
    readable: bool
    unknown: Diagnostic | None
    node: cst.BaseExpression
    arguments: Sequence[cst.Arg] | None
    _module: Module

    @property
    def span(self) -> Span:
        """Where it is."""
        return self._module.span(self.node)

    @property
    def code(self) -> str:
        """How it reads."""
        return self._module.code(self.node)


def decorations(
    module: Module, nodes: Sequence[cst.Decorator], hidden: Collection[str] = ()
) -> Iterator[Decoration]:
    """The decorators of a class or method, through every alias and re-export.

    hidden: as in `Names`.
    """
    names = Names(module, hidden)
    for each in nodes:
        node = each.decorator
        call = node if isinstance(node, cst.Call) else None
        spelled = call.func if call else node
        ref = module.named(spelled)
        origin = module.modules.meaning(ref) if ref else None
        readable = origin is None or not module.modules.is_broken(origin.module)
        unknown = names.unknown(spelled, node) if ref is None else None
        name = _KNOWN.get(str(origin))
        yield Decoration(name, readable, unknown, node, call.args if call else None, module)


def is_service(meaning: Ref | None) -> bool:
    """Whether what a name means is `service`."""
    return _KNOWN.get(str(meaning)) == "service"
