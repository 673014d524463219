"""Annotations: from their nodes, quoted or not, to types."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import libcst as cst

from ..contract import Annotated, Dots, Expression, Literals, Named, Nothing, Ref, Type, Union
from ..rules.files import NotUnderstood
from .expressions import Names, Unreadable
from .modules import Module, Modules
from .scan import dotted

__all__ = ["Annotations", "standard", "union"]

_TYPING = ("typing", "typing_extensions")
_BUILTIN_ALIASES = ("Dict", "FrozenSet", "List", "Set", "Tuple", "Type")
_ABC_ALIASES = {
    **{
        name: name
        for name in (
            *("AsyncGenerator", "AsyncIterable", "AsyncIterator", "Awaitable", "Callable"),
            *("Collection", "Coroutine", "Generator", "Iterable", "Iterator", "Mapping"),
            *("MutableMapping", "MutableSequence", "MutableSet", "Sequence"),
        )
    },
    "AbstractSet": "Set",
}


def standard(ref: Ref) -> Ref:
    """The modern spelling of what `typing` only renames: `typing.List` is `list`."""
    if ref.module not in _TYPING:
        return ref
    if ref.name in _BUILTIN_ALIASES:
        return Ref(module="builtins", name=ref.name.lower())
    if ref.name in _ABC_ALIASES:
        return Ref(module="collections.abc", name=_ABC_ALIASES[ref.name])
    return Ref(module="typing", name=ref.name)


def union(members: Sequence[Type]) -> Type:
    """The union of these types: flat, each once, `None` last."""
    flat: dict[Type, None] = {}
    for member in members:
        flat.update(dict.fromkeys(member.members if isinstance(member, Union) else (member,)))
    if Nothing() in flat:
        del flat[Nothing()]
        flat[Nothing()] = None
    return next(iter(flat)) if len(flat) == 1 else Union(members=tuple(flat))


class Annotations:
    """Reads the annotations of one module.

    Raises, in every method:
        Violation: a name is unknown (FG002 to FG004), or it is no type (FG005).
    """

    def __init__(self, modules: Modules, module: Module) -> None:
        self._names = Names(modules, module)
        self._modules = modules
        self._module = module

    def type(self, node: cst.BaseExpression) -> Type:
        """The type that an annotation names."""
        return self._type(node, node)

    def _type(self, node: cst.BaseExpression, at: cst.CSTNode) -> Type:
        name = dotted(node)
        match node:
            case cst.Name(value="None"):
                return Nothing()
            case cst.Ellipsis():
                return Dots()
            case cst.SimpleString() | cst.ConcatenatedString():
                return self._quoted(node, at)
            case cst.BinaryOperation(left=left, operator=cst.BitOr(), right=right):
                return union((self._type(left, at), self._type(right, at)))
            case cst.Subscript(value=value, slice=elements):
                return self._generic(value, list(_arguments(elements)), at)
            case _ if name is not None:
                return Named(ref=self._standard(self._names.ref(name, at)))
        raise NotUnderstood.violation(self._module.span(at), f"`{self._code(node)}` is not a type")

    def _quoted(self, node: cst.SimpleString | cst.ConcatenatedString, at: cst.CSTNode) -> Type:
        text = node.evaluated_value
        try:
            parsed = cst.parse_expression(f"({text})") if isinstance(text, str) else None
        except cst.ParserSyntaxError:
            parsed = None
        if parsed is None:
            raise NotUnderstood.violation(
                self._module.span(at), f"`{self._code(node)}` is not a type"
            )
        return self._type(parsed, at)

    def _generic(
        self, value: cst.BaseExpression, arguments: list[cst.BaseExpression], at: cst.CSTNode
    ) -> Type:
        base = self._type(value, at)
        if not isinstance(base, Named):
            raise NotUnderstood.violation(
                self._module.span(at), f"`{self._code(value)}` takes no type arguments"
            )
        origin = standard(self._modules.origin(base.ref))
        match origin.name if origin.module == "typing" else "":
            case "Optional":
                return union((*(self._type(node, at) for node in arguments), Nothing()))
            case "Union":
                return union([self._type(node, at) for node in arguments])
            case "Literal":
                return Literals(values=tuple(self._expression(node, at) for node in arguments))
            case "Annotated":
                metadata = tuple(self._expression(node, at) for node in arguments[1:])
                return Annotated(base=self._type(arguments[0], at), metadata=metadata)
        if origin == Ref(module="collections.abc", name="Callable"):
            return base
        if len(arguments) == 1 and isinstance(arguments[0], cst.Tuple):
            arguments = [element.value for element in arguments[0].elements]
        return Named(ref=base.ref, arguments=tuple(self._type(node, at) for node in arguments))

    def _expression(self, node: cst.BaseExpression, at: cst.CSTNode) -> Expression:
        try:
            return self._names.expression(node, at, calls=True)
        except Unreadable:
            problem = f"`{self._code(node)}` is more than names, literals and calls"
            raise NotUnderstood.violation(self._module.span(at), problem) from None

    def _standard(self, ref: Ref) -> Ref:
        origin = self._modules.origin(ref)
        return standard(origin) if origin.module in _TYPING else ref

    def _code(self, node: cst.CSTNode) -> str:
        return " ".join(self._module.tree.code_for_node(node).split())


def _arguments(
    elements: Sequence[cst.SubscriptElement],
) -> Iterator[cst.BaseExpression]:
    for element in elements:
        if isinstance(element.slice, cst.Index):
            yield element.slice.value
