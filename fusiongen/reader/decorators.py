"""Decorators, and which of them a contract may have."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

import libcst as cst

from ..contract import Ref
from ..errors import Diagnostic, Span
from .expressions import Names
from .modules import Module
from .nodes import dotted

__all__ = ["Decoration", "decorations", "has_service", "is_service"]

_KNOWN = {
    **{
        f"{home}.{name}": name
        for home in ("fusionrt", "fusionrt.contract")
        for name in ("service", "compute", "command", "idempotent", "oneway", "stream")
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
    bound: something in the module binds its name.
    readable: it does not come from a module that does not parse, which is reported as such.
    arguments: what it is given; `None` if it is not called.
    """

    name: str | None
    bound: bool
    readable: bool
    node: cst.BaseExpression
    arguments: Sequence[cst.Arg] | None
    _module: Module
    _hidden: Collection[str]

    @property
    def unknown(self) -> Diagnostic | None:
        """Why it is none, if nothing binds its name (FG002, FG003)."""
        if self.bound:
            return None
        return Names(self._module, self._hidden).unknown(_called(self.node), self.node)

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
    for each in nodes:
        node = each.decorator
        head = (dotted(_called(node)) or "").partition(".")[0]
        ref = module.named(_called(node)) if head not in hidden else None
        meaning = module.modules.meaning(ref) if ref else None
        yield Decoration(
            _KNOWN.get(str(meaning)),
            bound=ref is not None,
            readable=meaning is None or not module.modules.is_broken(meaning.module),
            node=node,
            arguments=node.args if isinstance(node, cst.Call) else None,
            _module=module,
            _hidden=hidden,
        )


def _called(node: cst.BaseExpression) -> cst.BaseExpression:
    return node.func if isinstance(node, cst.Call) else node


def has_service(found: Iterable[Decoration]) -> bool:
    """Whether one of these decorators is `service`."""
    return any(each.name == "service" for each in found)


def is_service(meaning: Ref | None) -> bool:
    """Whether what a name means is `service`."""
    return _KNOWN.get(str(meaning)) == "service"
