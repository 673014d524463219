"""Annotations: from their nodes, quoted or not, to types."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

import libcst as cst

from ..contract import (
    Annotated,
    Dots,
    Expression,
    Literals,
    Named,
    Nothing,
    Ref,
    Type,
    Union,
    parts,
)
from ..errors import Violation
from ..rules.files import NotUnderstood
from .compiling import parsed_text
from .expressions import Names, Unreadable, constant
from .misuse import misfit, misuse
from .modules import Definition, Module
from .nodes import dotted
from .parameters import type_parameters
from .quotes import has_quotes, is_recursive
from .standard import TYPING, standard

__all__ = ["Annotations", "union"]


def union(members: Sequence[Type]) -> Type:
    """The union of these types: flat, each once, `None` last."""
    flat: dict[Type, None] = {}
    for member in members:
        flat.update(dict.fromkeys(member.members if isinstance(member, Union) else (member,)))
    if Nothing() in flat:
        del flat[Nothing()]
        flat[Nothing()] = None
    return next(iter(flat)) if len(flat) == 1 else Union(members=tuple(flat))


_ANY = Named(ref=Ref(module="typing", name="Any"))
_BARE: Mapping[str, tuple[Type, ...]] = {
    "tuple": (_ANY, Dots()),
    **dict.fromkeys(("frozenset", "list", "set"), (_ANY,)),
    **dict.fromkeys(
        ("dict", "collections.abc.Mapping", "collections.abc.MutableMapping"), (_ANY, _ANY)
    ),
    **{
        f"collections.abc.{name}": (_ANY,)
        for name in (
            *("Collection", "Iterable", "MutableSequence", "MutableSet", "Sequence", "Set"),
        )
    },
}
"""What containers hold that do not say it."""
_NO_VARIABLES: Mapping[str, Type] = {}


class Annotations:
    """Reads the annotations of one module.

    variables: what type variables stand for, by the names that they have there.
    opened: the aliases that are being read.
    hidden: names that mean something else in the scope of the annotation.

    Raises, in every method:
        Violation: a name is unknown (FG002 to FG004), or it is no type (FG005).
    """

    def __init__(
        self,
        module: Module,
        variables: Mapping[str, Type] = _NO_VARIABLES,
        opened: frozenset[Ref] = frozenset(),
        hidden: Collection[str] = (),
    ) -> None:
        self._open = opened
        self._names = Names(module, hidden)
        self._variables = variables
        self._module = module
        self._modules = module.modules

    def type(self, node: cst.BaseExpression) -> Type:
        """The type that an annotation names."""
        found = self._type(node, node)
        self._check(found, node)
        return found

    def misused(self, node: cst.BaseExpression) -> str | None:
        """Why what an annotation names is no type, by the number of its arguments; `None` also if
        it cannot be read."""
        try:
            found = self._type(node, node)
        except Violation:
            return None
        problems = (misuse(part, self._modules) for part in parts(found))
        return next(filter(None, problems), None)

    def without_alias(self, type_: Type) -> Type:
        """What a type stands for if it is the name of `Events = AsyncIterator[Event]`."""
        if not isinstance(type_, Named) or type_.arguments is not None:
            return type_
        found = self._modules.definition(type_.ref)
        if found is None or not isinstance(found.node, cst.Subscript):
            return type_
        return Annotations(found.module, opened=frozenset((found.ref,))).type(found.node)

    def _check(self, type_: Type, at: cst.CSTNode) -> None:
        """What no type checker lets pass, and the runtime would only find at the first call."""
        for part in parts(type_):
            problem = misuse(part, self._modules)
            if problem is not None or (part is type_ and isinstance(part, Dots)):
                raise NotUnderstood.violation(
                    self._module.span(at), problem or "`...` is not a type"
                )

    def _type(self, node: cst.BaseExpression, at: cst.CSTNode) -> Type:
        name = dotted(node)
        match node:
            case cst.Name(value="None"):
                return Nothing()
            case _ if name is not None and name in self._variables:
                return self._variables[name]
            case cst.Ellipsis():
                return Dots()
            case cst.SimpleString() | cst.ConcatenatedString():
                return self._quoted(node, at)
            case cst.BinaryOperation(left=left, operator=cst.BitOr(), right=right):
                return union((self._type(left, at), self._type(right, at)))
            case cst.Subscript(value=value, slice=elements):
                return self._generic(value, list(self._arguments(elements, at)), at)
            case _ if name is not None:
                ref = self._standard(self._offered(name, self._names.ref(name, at)))
                return self._unquoted(ref) or self._filled(ref) or self._named(ref)
        raise NotUnderstood.violation(
            self._module.span(at), f"`{self._module.code(node)}` is not a type"
        )

    def _offered(self, name: str, ref: Ref) -> Ref:
        """A name as its module offers it, where it may mean something else than what it names."""
        return Ref(module=self._module.name, name=name) if self._module.stands_in(name) else ref

    def _filled(self, ref: Ref) -> Type | None:
        """`dict` says as much as `dict[Any, Any]`, which strict type checkers take, too."""
        meant = standard(self._modules.meaning(ref))
        arguments = _BARE.get(str(meant))
        return Named(ref=meant, arguments=arguments) if arguments is not None else None

    def _named(self, ref: Ref) -> Named:
        found = self._modules.definition(self._modules.meaning(ref))
        if found is None or not isinstance(found.node, cst.Subscript):
            return Named(ref=ref)
        meant = found.module.meaning(found.node.value)
        return Named(ref=ref, annotated=str(meant) == "typing.Annotated")

    def _unquoted(self, ref: Ref) -> Type | None:
        """What an alias with a quoted part stands for: at run time it is no type. One that names
        itself has no end: it stays."""
        found = self._modules.definition(ref)
        if found is None or found.ref in self._open:
            return None
        node = found.node
        if not isinstance(node, cst.BaseExpression):
            return None
        if is_recursive(found):
            is_type = found.alias is not None or isinstance(node, cst.Call)
            return Named(ref=found.ref, quoted=not is_type)
        opened = self._open | {found.ref}
        if not has_quotes(found.module, node, opened):
            return None
        return Annotations(found.module, opened=opened).type(node)

    def _opened(
        self, ref: Ref, arguments: list[cst.BaseExpression], at: cst.CSTNode
    ) -> Type | None:
        """What `Pair[int]` stands for, after `Pair = tuple[T, T]` or `type Pair[T] = …`."""
        found = self._modules.definition(ref)
        if found is None:
            return None
        node = found.alias or found.node
        if arguments and isinstance(node, cst.TypeAlias | cst.BaseExpression):
            self._refuse_recursive(found, at)
        if not isinstance(node, cst.TypeAlias | cst.Subscript | cst.BinaryOperation):
            return None
        names = [each.name for each in type_parameters(found.module, node)]
        if len(names) != len(arguments):
            problem = misfit(found.ref.name, len(names), len(arguments))
            raise NotUnderstood.violation(self._module.span(at), problem)
        given = dict(zip(names, (self._type(each, at) for each in arguments), strict=True))
        value = node.value if isinstance(node, cst.TypeAlias) else node
        return Annotations(found.module, given, self._open | {found.ref}).type(value)

    def _refuse_recursive(self, alias: Definition, at: cst.CSTNode) -> None:
        if is_recursive(alias):
            name = alias.ref.name
            problem = f"`{name}` refers to itself, and takes type arguments: only a class can"
            raise NotUnderstood.violation(self._module.span(at), problem)

    def _quoted(self, node: cst.SimpleString | cst.ConcatenatedString, at: cst.CSTNode) -> Type:
        text = node.evaluated_value
        parsed = parsed_text(text) if isinstance(text, str) else None
        if parsed is None:
            raise NotUnderstood.violation(
                self._module.span(at), f"`{self._module.code(node)}` is not a type"
            )
        return self._type(parsed, at)

    def _generic(
        self, value: cst.BaseExpression, arguments: list[cst.BaseExpression], at: cst.CSTNode
    ) -> Type:
        base = self._type(value, at)
        if not isinstance(base, Named):
            raise NotUnderstood.violation(
                self._module.span(at), f"`{self._module.code(value)}` takes no type arguments"
            )
        opened = self._opened(base.ref, arguments, at)
        if opened is not None:
            return opened
        origin = standard(self._modules.origin(base.ref))
        special = origin.name if origin.module == "typing" else ""
        count = len(arguments)
        if (special == "Optional" and count != 1) or (special == "Annotated" and count < 2):
            problem = f"`{special}` takes {'one type argument' if count > 1 else 'more arguments'}"
            raise NotUnderstood.violation(self._module.span(at), problem)
        match special:
            case "Optional":
                return union((*(self._type(node, at) for node in arguments), Nothing()))
            case "Union":
                return union([self._type(node, at) for node in arguments])
            case "Literal":
                return Literals(values=tuple(self._literal(node, at) for node in arguments))
            case "Annotated":
                metadata = tuple(self._expression(node, at) for node in arguments[1:])
                return Annotated(base=self._type(arguments[0], at), metadata=metadata)
        if origin == Ref(module="collections.abc", name="Callable"):
            return base
        if len(arguments) == 1 and isinstance(arguments[0], cst.Tuple):
            arguments = [element.value for element in arguments[0].elements]
        return Named(ref=base.ref, arguments=tuple(self._type(node, at) for node in arguments))

    def _arguments(
        self, elements: Sequence[cst.SubscriptElement], at: cst.CSTNode
    ) -> Iterator[cst.BaseExpression]:
        for element in elements:
            if not isinstance(element.slice, cst.Index) or element.slice.star is not None:
                problem = f"`{self._module.code(element)}` is not a type"
                raise NotUnderstood.violation(self._module.span(at), problem)
            yield element.slice.value

    def _literal(self, node: cst.BaseExpression, at: cst.CSTNode) -> Expression:
        """A string, bytes, an integer, True, False, None, or the name of an enum's member."""
        text = constant(node)
        inner = node.expression if isinstance(node, cst.UnaryOperation) else node
        if isinstance(inner, cst.Float) or (text is None and dotted(node) is None):
            problem = f"`{self._module.code(node)}` is no value for `Literal`"
            raise NotUnderstood.violation(self._module.span(at), problem)
        return self._expression(node, at)

    def _expression(self, node: cst.BaseExpression, at: cst.CSTNode) -> Expression:
        try:
            return self._names.expression(node, at, calls=True)
        except Unreadable:
            problem = f"`{self._module.code(node)}` is more than names, literals and calls"
            raise NotUnderstood.violation(self._module.span(at), problem) from None

    def _standard(self, ref: Ref) -> Ref:
        origin = self._modules.origin(ref)
        return standard(origin) if origin.module in TYPING else ref
