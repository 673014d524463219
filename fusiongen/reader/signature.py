"""What a method takes and gives: its parameters, their types and defaults, and its result."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

import libcst as cst

from ..contract import (
    Expression,
    Named,
    Nothing,
    Parameter,
    ParameterKind,
    Ref,
    Streamed,
    Type,
    identity,
)
from ..errors import Violation
from ..rules.files import NotUnderstood
from ..rules.methods import BadDefault, MissingAnnotation, StarArguments
from ..rules.protocols import NotAMethod
from .annotations import Annotations
from .diagnostics import Diagnostics
from .expressions import Names, Unreadable
from .modules import Module
from .standard import standard

__all__ = ["Signature"]

STREAMED: Mapping[Ref, Streamed] = {
    Ref(module="collections.abc", name=each.value): each for each in Streamed
}

_NO_CONSTANTS = (
    *(cst.FunctionDef, cst.ClassDef, cst.Lambda),
    *(cst.BaseDict, cst.BaseList, cst.BaseSet, cst.GeneratorExp),
)


class Signature:
    """Reads that of one method, as far as it can be read.

    variables: what the type parameters of its class stand for.
    hidden: names that mean something else in its class.
    diagnostics: takes what is wrong. What could not be read is replaced by what breaks no rule.
    """

    def __init__(
        self,
        module: Module,
        node: cst.FunctionDef,
        variables: Mapping[str, Type],
        hidden: Collection[str],
        diagnostics: Diagnostics,
    ) -> None:
        self._modules = module.modules
        self._span = module.span
        self._node = node
        self._name = node.name.value
        declared = node.type_parameters.params if node.type_parameters is not None else ()
        own = dict.fromkeys((each.param.name.value for each in declared), Nothing())
        self._annotations = Annotations(module, {**variables, **own}, hidden=hidden)
        self._names = Names(module, hidden)
        self._diagnostics = diagnostics

    def parameters(self) -> Iterator[Parameter]:
        """Its parameters, without `self`."""
        declared = self._node.params
        for star in (declared.star_arg, declared.star_kwarg):
            if isinstance(star, cst.Param):
                problem = f"`{self._name}` takes `{star.star}{star.name.value}`"
                self._diagnostics.add(StarArguments, star, problem)
        positional = [(node, ParameterKind.POSITIONAL) for node in declared.posonly_params]
        ordinary = [(node, ParameterKind.ORDINARY) for node in declared.params]
        keyword = [(node, ParameterKind.KEYWORD) for node in declared.kwonly_params]
        if not positional and not ordinary:
            self._diagnostics.add(NotAMethod, self._node.name, f"`{self._name}` takes no `self`")
        for node, kind in (*(positional + ordinary)[1:], *keyword):
            yield self._parameter(node, kind)

    def result(self) -> Type | None:
        """The type that is written for its result; `None` if that is not there, or is no type."""
        if self._node.returns is None:
            problem = f"the result of `{self._name}` has no type"
            self._diagnostics.add(MissingAnnotation, self._node.name, problem)
            return None
        before = len(self._diagnostics.found)
        result = self._type(self._node.returns)
        return result if len(self._diagnostics.found) == before else None

    def opened(self, type_: Type) -> Type | None:
        """What a result stands for if it is an alias; `None` if that cannot be read."""
        try:
            return self._annotations.without_alias(type_)
        except Violation as violation:
            self._diagnostics.found.append(violation.diagnostic)
            return None

    def _parameter(self, node: cst.Param, kind: ParameterKind) -> Parameter:
        name = node.name.value
        if node.annotation is None:
            problem = f"the parameter `{name}` of `{self._name}` has no type"
            self._diagnostics.add(MissingAnnotation, node, problem)
        type_, streamed = self._streamed(self._type(node.annotation))
        return Parameter(
            name=name,
            type=type_ if streamed is not None else self._who_asks(type_) or type_,
            streamed=streamed,
            default=self._default(node.default) if node.default is not None else None,
            kind=kind,
            span=self._span(node),
        )

    def _who_asks(self, type_: Type) -> Type | None:
        """The type in its one spelling, if it is one of who asks."""
        return identity(self._modules.meaning(type_.ref)) if isinstance(type_, Named) else None

    def _streamed(self, type_: Type) -> tuple[Type, Streamed | None]:
        """The items of a stream, and as what it is declared; any other type as it is."""
        item = self.item(type_, STREAMED)
        return (type_, None) if item is None else (item[1], STREAMED[item[0]])

    def item(self, type_: Type, streams: Collection[Ref]) -> tuple[Ref, Type] | None:
        """Which of these kinds of streams a type is, and of what, through an alias."""
        opened = self.opened(type_)
        if not isinstance(opened, Named) or not opened.arguments:
            return None
        origin = standard(self._modules.origin(opened.ref))
        return (origin, opened.arguments[0]) if origin in streams else None

    def _type(self, node: cst.Annotation | None) -> Type:
        """The type that is written there; `None`, of which nobody complains, if it is none."""
        try:
            return self._annotations.type(node.annotation) if node is not None else Nothing()
        except Violation as violation:
            self._diagnostics.found.append(violation.diagnostic)
        except RecursionError:
            assert node is not None
            self._diagnostics.add(NotUnderstood, node.annotation, "this type nests too deeply")
        return Nothing()

    def _default(self, node: cst.BaseExpression) -> Expression:
        code = self._diagnostics.code(node)
        try:
            found = self._names.expression(node, node, calls=False)
            names = [part for part in found.parts if isinstance(part, Ref)]
            if all(map(self._is_constant, names)):
                return found
            self._diagnostics.add(BadDefault, node, f"the default `{code}` is no constant")
        except Violation as violation:
            self._diagnostics.found.append(violation.diagnostic)
        except (Unreadable, RecursionError):
            self._diagnostics.add(BadDefault, node, f"the default `{code}` cannot be repeated")
        return Expression(parts=("None",))

    def _is_constant(self, ref: Ref) -> bool:
        """Whether a name may be that of a constant: no function, no class, nothing that changes."""
        found = self._modules.definition(ref)
        if found is None:
            return self._modules.origin(ref).module != "builtins"
        return not isinstance(found.node, _NO_CONSTANTS)
