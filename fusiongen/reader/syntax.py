"""Classes and methods as nodes, with their decorators resolved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import libcst as cst

from ..contract import Nothing, Ref, Type
from ..errors import Diagnostic, Span, Violation
from ..rules.protocols import DecoratedContract, ForeignBase, GenericContract, NotAProtocol
from .annotations import Annotations
from .modules import Module, Modules
from .scan import dotted
from .standard import standard

__all__ = ["Decoration", "Inheritance", "ProtocolSyntax", "decorations", "is_service"]

_KNOWN = {
    **{
        f"{home}.{name}": name
        for home in ("fusionrt", "fusionrt.contract")
        for name in ("service", "compute", "command")
    },
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
    """

    name: str | None
    readable: bool
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
        origin = modules.meaning(ref) if ref else None
        readable = origin is None or not modules.is_broken(origin.module)
        yield Decoration(_KNOWN.get(str(origin)), readable, node.decorator, call)


def is_service(modules: Modules, ref: Ref) -> bool:
    """Whether this is `service`, through every alias and re-export."""
    return _KNOWN.get(str(modules.meaning(ref))) == "service"


@dataclass(frozen=True, slots=True, eq=False)
class ProtocolSyntax:
    """A Protocol's class statement, and the module that it stands in.

    variables: what its type parameters stand for, by their names there.
    """

    ref: Ref
    module: Module
    node: cst.ClassDef
    variables: Mapping[str, Type] = field(default_factory=dict)

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

    def __init__(self, modules: Modules, syntax: ProtocolSyntax) -> None:
        self._modules = modules
        self.diagnostics: list[Diagnostic] = []
        self.complete = True
        self.order = self._linearised(syntax, frozenset())

    def _linearised(self, syntax: ProtocolSyntax, above: frozenset[Ref]) -> list[ProtocolSyntax]:
        try:
            parameters = type_parameters(self._modules, syntax)
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
        for each in decorations(self._modules, syntax.module, syntax.node.decorators):
            services += each.name == "service"
            known = each.name == "checkable" or (each.name == "service" and services == 1)
            if each.readable and not known:
                code = syntax.module.tree.code_for_node(each.node)
                problem = f"`{syntax.ref.name}` is decorated with `{code}`"
                span = syntax.module.span(each.node)
                self.diagnostics.append(DecoratedContract.at(span, problem))

    def _bases(self, syntax: ProtocolSyntax) -> Iterator[ProtocolSyntax]:
        protocol = False
        for argument in syntax.node.bases:
            value = argument.value
            subscript = value if isinstance(value, cst.Subscript) else None
            named = subscript.value if subscript else value
            origin = _origin(self._modules, syntax.module, named)
            protocol = protocol or origin == _PROTOCOL
            if origin in _GENERIC or (origin is not None and str(origin) == "object"):
                continue
            if protocol:
                problem = f"`{syntax.ref.name}` has a base behind `Protocol`"
                span = syntax.module.span(argument)
                self.diagnostics.append(ForeignBase.at(span, problem, "Put `Protocol` last."))
            try:
                yield self._base(syntax, argument, origin, subscript)
            except Violation as violation:
                self._note(violation)
            except _Broken:
                self.complete = False
        if not protocol:
            problem = f"`{syntax.ref.name}` is not a Protocol"
            self.diagnostics.append(NotAProtocol.at(syntax.span, problem))

    def _base(
        self,
        syntax: ProtocolSyntax,
        argument: cst.Arg,
        origin: Ref | None,
        subscript: cst.Subscript | None,
    ) -> ProtocolSyntax:
        if origin is not None and self._modules.is_broken(origin.module):
            raise _Broken
        home = self._modules.find(origin.module) if origin else None
        node = home.scan.definitions.get(origin.name) if home and origin else None
        if origin is None or home is None or not isinstance(node, cst.ClassDef):
            code = syntax.module.tree.code_for_node(
                subscript.value if subscript else argument.value
            )
            problem = f"the base `{code}` is no class of the source roots"
            raise ForeignBase.violation(syntax.module.span(argument), problem)
        base = ProtocolSyntax(origin, home, node)
        return replace(base, variables=self._bound(syntax, base, subscript))

    def _bound(
        self, syntax: ProtocolSyntax, base: ProtocolSyntax, subscript: cst.Subscript | None
    ) -> Mapping[str, Type]:
        """What the type parameters of a base stand for, as `syntax` inherits from it."""
        parameters = type_parameters(self._modules, base)
        elements = subscript.slice if subscript is not None else ()
        annotations = Annotations(self._modules, syntax.module, syntax.variables)
        given = [
            annotations.type(element.slice.value)
            for element in elements
            if isinstance(element.slice, cst.Index)
        ]
        if len(given) != len(parameters):
            problem = f"`{base.ref.name}` takes {len(parameters)} type arguments, not {len(given)}"
            self.diagnostics.append(GenericContract.at(syntax.span, problem))
            return dict.fromkeys(parameters, Nothing())
        return dict(zip(parameters, given, strict=True))


class _Broken(Exception):
    """Raised for a base in a module that does not parse, which is reported as such."""


def type_parameters(modules: Modules, syntax: ProtocolSyntax) -> tuple[str, ...]:
    """The names of a class's type parameters, in order.

    Raises:
        Violation: one stands for more than a type (FG011).
    """
    declared = syntax.node.type_parameters
    if declared is not None:
        if not all(isinstance(each.param, cst.TypeVar) for each in declared.params):
            problem = f"`{syntax.ref.name}` has a type parameter that is no type"
            raise GenericContract.violation(syntax.span, problem)
        return tuple(each.param.name.value for each in declared.params)
    found: list[str] = []
    for argument in syntax.node.bases:
        if not isinstance(argument.value, cst.Subscript):
            continue
        names = list(_type_variables(modules, syntax.module, argument.value))
        if _origin(modules, syntax.module, argument.value.value) in _GENERIC:
            return tuple(names)
        found.extend(name for name in names if name not in found)
    return tuple(found)


_PROTOCOL = Ref(module="typing", name="Protocol")
_GENERIC = (_PROTOCOL, Ref(module="typing", name="Generic"))


def _origin(modules: Modules, module: Module, node: cst.BaseExpression) -> Ref | None:
    name = dotted(node)
    ref = modules.resolve(module, name) if name else None
    return standard(modules.origin(ref)) if ref else None


def _type_variables(modules: Modules, module: Module, node: cst.CSTNode) -> Iterator[str]:
    """The type variables in the arguments of a base, as they are written."""
    name = dotted(node)
    if name is not None:
        ref = modules.resolve(module, name)
        origin = modules.origin(ref) if ref else None
        home = modules.find(origin.module) if origin else None
        value = home.scan.definitions.get(origin.name) if home and origin else None
        if home is not None and isinstance(value, cst.Call):
            function = _origin(modules, home, value.func)
            if function is not None and str(function) == "typing.TypeVar":
                yield name
        return
    for child in node.children:
        yield from _type_variables(modules, module, child)


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
