"""One Protocol: its class statement, and the Protocols that it names as its bases."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import libcst as cst

from ..contract import Nothing, Ref, Type
from ..errors import Diagnostic, Span, Violation
from ..rules.protocols import ForeignBase, GenericContract, NotAProtocol
from .annotations import Annotations
from .declarations import Declaration
from .expressions import Names
from .modules import Module
from .parameters import GENERIC, PROTOCOL, type_parameters

__all__ = ["DirectBases", "ProtocolSyntax"]


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

    def parameters(self) -> tuple[str, ...]:
        """The names of its type parameters, in order.

        Raises:
            Violation: one stands for more than a type (FG011).
        """
        parameters = type_parameters(self.module, self.node)
        if any(each.special for each in parameters):
            problem = f"`{self.ref.name}` has a type parameter that is no type"
            raise GenericContract.violation(self.span, problem)
        return tuple(each.name for each in parameters)


class _Broken(Exception):
    """Raised for a base in a module that does not parse, which is reported as such."""


class DirectBases:
    """The bases of one Protocol.

    found: those that are Protocols of the source roots, in order.
    diagnostics: one is none of them (FG010, FG012), or not given what it takes (FG011).
    complete: whether all are found.
    """

    def __init__(self, syntax: ProtocolSyntax) -> None:
        self.diagnostics: list[Diagnostic] = []
        self.complete = True
        self._syntax = syntax
        self.found = list(self._found())

    def _found(self) -> Iterator[ProtocolSyntax]:
        syntax, module = self._syntax, self._syntax.module
        protocol = False
        for argument in syntax.node.bases:
            origin = module.meaning(_unsubscripted(argument.value))
            protocol = protocol or origin == PROTOCOL
            if origin in GENERIC or (origin is not None and str(origin) == "object"):
                continue
            if protocol:
                problem = f"`{syntax.ref.name}` has a base behind `Protocol`"
                span = module.span(argument)
                self.diagnostics.append(ForeignBase.at(span, problem, "Put `Protocol` last."))
            try:
                yield self._filled(argument)
            except Violation as violation:
                self.diagnostics.append(violation.diagnostic)
                self.complete = False
            except _Broken:
                self.complete = False
        if not protocol:
            problem = f"`{syntax.ref.name}` is not a Protocol"
            self.diagnostics.append(NotAProtocol.at(syntax.span, problem))

    def _filled(self, argument: cst.Arg) -> ProtocolSyntax:
        """A base with what its type parameters stand for, as it is inherited from."""
        syntax = self._syntax
        base, given = _base(syntax.module, argument.value, syntax.variables)
        if base is None:
            code = syntax.module.code(_unsubscripted(argument.value))
            problem = f"the base `{code}` is no class of the source roots"
            raise ForeignBase.violation(syntax.module.span(argument), problem)
        parameters = base.parameters()
        if len(given) == len(parameters):
            return replace(base, variables=dict(zip(parameters, given, strict=True)))
        problem = f"`{base.ref.name}` takes {len(parameters)} type arguments, not {len(given)}"
        self.diagnostics.append(GenericContract.at(syntax.span, problem))
        return replace(base, variables=dict.fromkeys(parameters, Nothing()))


def _base(
    module: Module, node: cst.BaseExpression, variables: Mapping[str, Type]
) -> tuple[ProtocolSyntax | None, Sequence[Type]]:
    """A base, through aliases such as `Carts = Repository[Cart]`, and its type arguments."""
    annotations = Annotations(module, variables)
    given = [
        annotations.type(element.slice.value)
        for element in (node.slice if isinstance(node, cst.Subscript) else ())
        if isinstance(element.slice, cst.Index)
    ]
    ref = Names(module).named(_unsubscripted(node), node)
    origin = module.modules.meaning(ref) if ref is not None else None
    if origin is not None and module.modules.is_broken(origin.module):
        raise _Broken
    found = module.modules.definition(origin) if origin is not None else None
    if found is not None and isinstance(found.node, cst.Subscript) and not given:
        return _base(found.module, found.node, {})
    if found is None or not isinstance(found.node, cst.ClassDef):
        return None, ()
    return ProtocolSyntax(found.ref, found.module, found.node), given


def _unsubscripted(node: cst.BaseExpression) -> cst.BaseExpression:
    return node.value if isinstance(node, cst.Subscript) else node
