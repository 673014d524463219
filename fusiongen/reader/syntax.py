"""Classes and methods as nodes, with their decorators resolved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import libcst as cst

from ..contract import Ref, Type
from ..errors import Span
from ..rules.protocols import ForeignBase, GenericContract, NotAProtocol
from .annotations import Annotations
from .modules import Module, Modules
from .scan import dotted
from .standard import standard

__all__ = ["Decoration", "ProtocolSyntax", "decorations", "linearised"]

_KNOWN = {
    **{
        f"{home}.{name}": name
        for home in ("fusionrt", "fusionrt.contract")
        for name in ("service", "compute", "command")
    },
    "typing_extensions.deprecated": "deprecated",
    "warnings.deprecated": "deprecated",
}


@dataclass(frozen=True, slots=True)
class Decoration:
    """One decorator. `name` is `service`, `compute`, `command` or `deprecated` if it is that."""

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
        origin = modules.meaning(ref) if ref else None
        yield Decoration(_KNOWN.get(str(origin)), node.decorator, call)


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


def linearised(
    modules: Modules, syntax: ProtocolSyntax, above: frozenset[Ref] = frozenset()
) -> list[ProtocolSyntax]:
    """The Protocol and those that it inherits from, in Python's method resolution order.

    above: those that inherit from it.

    Raises:
        Violation: it or a base is no Protocol of the source roots (FG010, FG012), or it is generic
            and nothing says what its type parameters stand for (FG011).
    """
    parameters = type_parameters(modules, syntax)
    if set(parameters) != syntax.variables.keys():
        raise GenericContract.violation(syntax.span, f"`{syntax.ref.name}` is generic")
    if syntax.ref in above:
        raise ForeignBase.violation(syntax.span, f"`{syntax.ref.name}` inherits from itself")
    above |= {syntax.ref}
    bases = list(_bases(modules, syntax))
    return [syntax, *_merged([*(linearised(modules, base, above) for base in bases), bases])]


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


def _bases(modules: Modules, syntax: ProtocolSyntax) -> Iterator[ProtocolSyntax]:
    protocol = False
    for argument in syntax.node.bases:
        span = syntax.module.span(argument)
        value = argument.value
        subscript = value if isinstance(value, cst.Subscript) else None
        named = subscript.value if subscript else value
        origin = _origin(modules, syntax.module, named)
        protocol = protocol or origin == _PROTOCOL
        if origin in _GENERIC or (origin is not None and str(origin) in ("abc.ABC", "object")):
            continue
        home = modules.find(origin.module) if origin else None
        node = home.scan.definitions.get(origin.name) if home and origin else None
        if origin is None or home is None or not isinstance(node, cst.ClassDef):
            code = syntax.module.tree.code_for_node(named)
            raise ForeignBase.violation(span, f"the base `{code}` is not in the source roots")
        base = ProtocolSyntax(origin, home, node)
        yield replace(base, variables=_bound(modules, syntax, base, subscript))
    if not protocol:
        raise NotAProtocol.violation(syntax.span, f"`{syntax.ref.name}` is not a Protocol")


def _bound(
    modules: Modules, syntax: ProtocolSyntax, base: ProtocolSyntax, subscript: cst.Subscript | None
) -> Mapping[str, Type]:
    """What the type parameters of a base stand for, as `syntax` inherits from it."""
    parameters = type_parameters(modules, base)
    elements = subscript.slice if subscript is not None else ()
    annotations = Annotations(modules, syntax.module, syntax.variables)
    given = [
        annotations.type(element.slice.value)
        for element in elements
        if isinstance(element.slice, cst.Index)
    ]
    if len(given) != len(parameters):
        problem = f"`{base.ref.name}` takes {len(parameters)} type arguments, not {len(given)}"
        raise GenericContract.violation(syntax.span, problem)
    return dict(zip(parameters, given, strict=True))


def _merged(orders: list[list[ProtocolSyntax]]) -> Iterator[ProtocolSyntax]:
    """The C3 merge; an order that Python would refuse is taken from left to right."""
    orders = [[*order] for order in orders if order]
    while orders:
        tails = {each.ref for order in orders for each in order[1:]}
        head = next((order[0] for order in orders if order[0].ref not in tails), orders[0][0])
        yield head
        orders = [rest for order in orders if (rest := [e for e in order if e.ref != head.ref])]
