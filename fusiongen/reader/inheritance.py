"""The Protocols that a contract inherits from, in the order of Python, each with what its type
parameters stand for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import libcst as cst

from ..contract import Nothing, Ref, Type
from ..errors import Diagnostic, Span, Violation
from ..rules.protocols import DecoratedContract, ForeignBase, GenericContract, NotAProtocol
from .annotations import Annotations
from .declarations import Declaration
from .decorators import decorations
from .expressions import Names
from .modules import Module
from .nodes import dotted
from .parameters import GENERIC, PROTOCOL, type_parameters

__all__ = ["Inheritance", "ProtocolSyntax"]


@dataclass(frozen=True, slots=True, eq=False)
class ProtocolSyntax:
    """A Protocol's class statement, and the module that it stands in.

    variables: what its type parameters stand for, by their names there.
    """

    ref: Ref
    module: Module
    node: cst.ClassDef
    variables: Mapping[str, Type] = field(default_factory=dict)

    @classmethod
    def of(cls, declaration: Declaration) -> ProtocolSyntax:
        """That of a contract."""
        return cls(declaration.ref, declaration.module, declaration.node)

    @property
    def span(self) -> Span:
        """Where its name is."""
        return self.module.span(self.node.name)


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
        try:
            parameters = _plain_parameters(syntax)
        except Violation as violation:
            self._note(violation)
            parameters = ()
        if set(parameters) != syntax.variables.keys():
            problem = f"`{syntax.ref.name}` is generic"
            self.diagnostics.append(GenericContract.at(syntax.span, problem))
            syntax = replace(syntax, variables=dict.fromkeys(parameters, Nothing()))
        self._look_at_decorators(syntax)
        above |= {syntax.ref}
        bases = []
        for base in self._bases(syntax):
            if base.ref in above:
                problem = f"`{base.ref.name}` inherits from itself"
                self._note(ForeignBase.violation(base.span, problem))
            else:
                bases.append(base)
        below = [self._linearised(base, above) for base in bases]
        merged = [syntax, *_merged([*below, bases])]
        if len({each.ref for each in bases}) < len(bases) or None in merged:
            problem = f"Python finds no order for the bases of `{syntax.ref.name}`"
            fix = "Name each base once, and those that others inherit from last."
            self.diagnostics.append(ForeignBase.at(syntax.span, problem, fix))
        return [each for each in merged if each is not None]

    def _note(self, violation: Violation) -> None:
        self.diagnostics.append(violation.diagnostic)
        self.complete = False

    def _look_at_decorators(self, syntax: ProtocolSyntax) -> None:
        services = 0
        for each in decorations(syntax.module, syntax.node.decorators):
            services += each.name == "service"
            known = each.name == "checkable" or (each.name == "service" and services == 1)
            if each.readable and each.unbound is None and not known:
                code = syntax.module.code(each.node)
                problem = f"`{syntax.ref.name}` is decorated with `{code}`"
                span = syntax.module.span(each.node)
                self.diagnostics.append(DecoratedContract.at(span, problem))

    def _bases(self, syntax: ProtocolSyntax) -> Iterator[ProtocolSyntax]:
        protocol = False
        for argument in syntax.node.bases:
            origin = syntax.module.meaning(_unsubscripted(argument.value))
            protocol = protocol or origin == PROTOCOL
            if origin in GENERIC or (origin is not None and str(origin) == "object"):
                continue
            span = syntax.module.span(argument)
            if protocol:
                problem = f"`{syntax.ref.name}` has a base behind `Protocol`"
                self.diagnostics.append(ForeignBase.at(span, problem, "Put `Protocol` last."))
            try:
                base, variables = self._base(syntax.module, argument.value, syntax.variables)
                if base is None:
                    code = syntax.module.code(_unsubscripted(argument.value))
                    problem = f"the base `{code}` is no class of the source roots"
                    raise ForeignBase.violation(span, problem)
                yield replace(base, variables=self._filled(syntax, base, variables))
            except Violation as violation:
                self._note(violation)
            except _Broken:
                self.complete = False
        if not protocol:
            problem = f"`{syntax.ref.name}` is not a Protocol"
            self.diagnostics.append(NotAProtocol.at(syntax.span, problem))

    def _base(
        self, module: Module, node: cst.BaseExpression, variables: Mapping[str, Type]
    ) -> tuple[ProtocolSyntax | None, Sequence[Type]]:
        """A base, through aliases such as `Carts = Repository[Cart]`, and its type arguments."""
        named = _unsubscripted(node)
        annotations = Annotations(module, variables)
        given = [
            annotations.type(element.slice.value)
            for element in (node.slice if isinstance(node, cst.Subscript) else ())
            if isinstance(element.slice, cst.Index)
        ]
        name = dotted(named)
        if name is not None:
            Names(module).ref(name, node)
        origin = module.meaning(named)
        if origin is not None and module.modules.is_broken(origin.module):
            raise _Broken
        found = module.modules.definition(origin) if origin is not None else None
        if found is not None and isinstance(found.node, cst.Subscript) and not given:
            return self._base(found.module, found.node, {})
        if found is None or not isinstance(found.node, cst.ClassDef):
            return None, ()
        return ProtocolSyntax(found.ref, found.module, found.node), given

    def _filled(
        self, syntax: ProtocolSyntax, base: ProtocolSyntax, given: Sequence[Type]
    ) -> Mapping[str, Type]:
        """What the type parameters of a base stand for, as `syntax` inherits from it."""
        parameters = _plain_parameters(base)
        if len(given) != len(parameters):
            problem = f"`{base.ref.name}` takes {len(parameters)} type arguments, not {len(given)}"
            self.diagnostics.append(GenericContract.at(syntax.span, problem))
            return dict.fromkeys(parameters, Nothing())
        return dict(zip(parameters, given, strict=True))


def _unsubscripted(node: cst.BaseExpression) -> cst.BaseExpression:
    return node.value if isinstance(node, cst.Subscript) else node


class _Broken(Exception):
    """Raised for a base in a module that does not parse, which is reported as such."""


def _plain_parameters(syntax: ProtocolSyntax) -> tuple[str, ...]:
    """The names of a Protocol's type parameters, in order.

    Raises:
        Violation: one stands for more than a type (FG011).
    """
    parameters = type_parameters(syntax.module, syntax.node)
    if any(each.special for each in parameters):
        problem = f"`{syntax.ref.name}` has a type parameter that is no type"
        raise GenericContract.violation(syntax.span, problem)
    return tuple(each.name for each in parameters)


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
