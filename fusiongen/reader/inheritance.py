"""All Protocols that a contract inherits from, in the order of Python."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ..contract import Nothing, Ref
from ..errors import Diagnostic, Violation
from ..rules.protocols import DecoratedContract, ForeignBase, GenericContract
from .bases import DirectBases, ProtocolSyntax
from .decorators import decorations

__all__ = ["Inheritance"]


class Inheritance:
    """The Protocols that a contract is made of.

    order: it and those that it inherits from, in Python's method resolution order.
    diagnostics: a base is no Protocol of the source roots (FG010, FG012), or one is generic and
        nothing says what its type parameters stand for (FG011).
    complete: whether the order holds every method.
    """

    def __init__(self, syntax: ProtocolSyntax) -> None:
        self.diagnostics: list[Diagnostic] = []
        self.complete = True
        self.order = self._linearised(syntax, frozenset())

    def _linearised(self, syntax: ProtocolSyntax, above: frozenset[Ref]) -> list[ProtocolSyntax]:
        syntax = self._filled(syntax)
        self._look_at_decorators(syntax)
        bases = self._bases(syntax, above | {syntax.ref})
        below = [self._linearised(base, above | {syntax.ref}) for base in bases]
        merged = [syntax, *_merged([*below, bases])]
        if len({each.ref for each in bases}) < len(bases) or None in merged:
            problem = f"Python finds no order for the bases of `{syntax.ref.name}`"
            fix = "Name each base once, and those that others inherit from last."
            self.diagnostics.append(ForeignBase.at(syntax.span, problem, fix))
        return [each for each in merged if each is not None]

    def _filled(self, syntax: ProtocolSyntax) -> ProtocolSyntax:
        """The same, with something for each type parameter."""
        try:
            parameters = syntax.parameters()
        except Violation as violation:
            self._note(violation.diagnostic)
            parameters = ()
        if set(parameters) == syntax.variables.keys():
            return syntax
        problem = f"`{syntax.ref.name}` is generic"
        self.diagnostics.append(GenericContract.at(syntax.span, problem))
        return replace(syntax, variables=dict.fromkeys(parameters, Nothing()))

    def _note(self, diagnostic: Diagnostic) -> None:
        self.diagnostics.append(diagnostic)
        self.complete = False

    def _look_at_decorators(self, syntax: ProtocolSyntax) -> None:
        services = 0
        for each in decorations(syntax.module, syntax.node.decorators):
            services += each.name == "service"
            known = each.name == "checkable" or (each.name == "service" and services == 1)
            if each.readable and each.bound and not known:
                problem = f"`{syntax.ref.name}` is decorated with `{each.code}`"
                self.diagnostics.append(DecoratedContract.at(each.span, problem))

    def _bases(self, syntax: ProtocolSyntax, above: frozenset[Ref]) -> list[ProtocolSyntax]:
        bases = DirectBases(syntax)
        self.diagnostics.extend(bases.diagnostics)
        self.complete = self.complete and bases.complete
        for base in bases.found:
            if base.ref in above:
                problem = f"`{base.ref.name}` inherits from itself"
                self._note(ForeignBase.at(base.span, problem))
        return [base for base in bases.found if base.ref not in above]


def _merged(orders: list[list[ProtocolSyntax]]) -> Iterator[ProtocolSyntax | None]:
    """The C3 merge; `None` stands before what Python would refuse."""
    orders = [[*order] for order in orders if order]
    while orders:
        tails = {each.ref for order in orders for each in order[1:]}
        head = next((order[0] for order in orders if order[0].ref not in tails), None)
        if head is None:
            yield None
            head = orders[0][0]
        yield head
        orders = [rest for order in orders if (rest := [e for e in order if e.ref != head.ref])]
