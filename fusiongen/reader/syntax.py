"""Classes and methods as nodes, with their decorators resolved."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import libcst as cst

from ..contract import Ref
from ..errors import Span
from ..rules.protocols import ForeignBase, GenericContract, NotAProtocol
from .annotations import standard
from .modules import Module, Modules
from .scan import dotted

__all__ = ["Decoration", "ProtocolSyntax", "decorations", "linearised"]

_HOMES = ("fusionrt", "fusionrt.contract")


@dataclass(frozen=True, slots=True)
class Decoration:
    """One decorator. `name` is `service`, `compute` or `command` if it is one of ours."""

    name: str | None
    node: cst.BaseExpression
    call: cst.Call | None


def decorations(
    modules: Modules, module: Module, nodes: Sequence[cst.Decorator]
) -> Iterator[Decoration]:
    """The decorators of a class or method, through every alias and re-export."""
    for node in nodes:
        call = node.decorator if isinstance(node.decorator, cst.Call) else None
        name = dotted(call.func if call else node.decorator)
        ref = modules.resolve(module, name) if name else None
        origin = modules.origin(ref) if ref else None
        ours = origin.name if origin and origin.module in _HOMES else None
        yield Decoration(ours, node.decorator, call)


@dataclass(frozen=True, slots=True, eq=False)
class ProtocolSyntax:
    """A Protocol's class statement, and the module that it stands in."""

    ref: Ref
    module: Module
    node: cst.ClassDef

    @property
    def span(self) -> Span:
        """Where its name is."""
        return self.module.span(self.node.name)


def linearised(modules: Modules, syntax: ProtocolSyntax) -> list[ProtocolSyntax]:
    """The Protocol and those that it inherits from, in Python's method resolution order.

    Raises:
        Violation: it or a base is no plain Protocol of the source roots (FG010 to FG012).
    """
    bases = list(_bases(modules, syntax))
    return [syntax, *_merged([*(linearised(modules, base) for base in bases), bases])]


def _bases(modules: Modules, syntax: ProtocolSyntax) -> Iterator[ProtocolSyntax]:
    protocol = False
    for argument in syntax.node.bases:
        span = syntax.module.span(argument)
        generic = isinstance(argument.value, cst.Subscript)
        name = dotted(argument.value)
        ref = modules.resolve(syntax.module, name) if name else None
        origin = standard(modules.origin(ref)) if ref else None
        if generic:
            raise GenericContract.violation(span, f"`{syntax.ref.name}` is generic")
        if origin == Ref(module="typing", name="Protocol"):
            protocol = True
            continue
        if origin is not None and str(origin) in ("abc.ABC", "object"):
            continue
        home = modules.find(origin.module) if origin else None
        node = home.scan.definitions.get(origin.name) if home and origin else None
        if origin is None or home is None or not isinstance(node, cst.ClassDef):
            raise ForeignBase.violation(span, f"the base `{name}` is not in the source roots")
        yield ProtocolSyntax(origin, home, node)
    if syntax.node.type_parameters is not None:
        raise GenericContract.violation(syntax.span, f"`{syntax.ref.name}` is generic")
    if not protocol:
        raise NotAProtocol.violation(syntax.span, f"`{syntax.ref.name}` is not a Protocol")


def _merged(orders: list[list[ProtocolSyntax]]) -> Iterator[ProtocolSyntax]:
    """The C3 merge; an order that Python would refuse is taken from left to right."""
    orders = [[*order] for order in orders if order]
    while orders:
        tails = {each.ref for order in orders for each in order[1:]}
        head = next((order[0] for order in orders if order[0].ref not in tails), orders[0][0])
        yield head
        orders = [rest for order in orders if (rest := [e for e in order if e.ref != head.ref])]
