"""One method of a contract: from its node to the model, except for `invalidates`."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NoReturn

import libcst as cst

from ..contract import (
    Expression,
    Method,
    MethodKind,
    Named,
    Options,
    Parameter,
    ParameterKind,
    Ref,
    Type,
)
from ..rules.methods import (
    AsyncStream,
    BadDefault,
    BadDeprecation,
    DecoratedStream,
    MissingAnnotation,
    StarArguments,
    SyncMethod,
)
from ..rules.options import BadCommandOption, BadOption
from ..rules.protocols import NotAMethod
from .annotations import Annotations
from .expressions import Names, Unreadable, constant
from .modules import Module, Modules
from .syntax import Decoration, decorations

__all__ = ["Entry", "MethodSyntax", "read_method"]

_STREAM = Ref(module="collections.abc", name="AsyncIterator")


@dataclass(frozen=True, slots=True)
class Entry:
    """One string of `invalidates`, and the node that spells it."""

    text: str
    node: cst.BaseExpression


@dataclass(frozen=True, slots=True)
class MethodSyntax:
    """A method that is read but for its `invalidates`, with the module that it stands in."""

    method: Method
    module: Module
    entries: tuple[Entry, ...]


def read_method(
    modules: Modules, module: Module, node: cst.FunctionDef, variables: Mapping[str, Type]
) -> MethodSyntax:
    """Read one method.

    variables: what the type parameters of its class stand for.

    Raises:
        Violation: it breaks a rule that stands in the way of reading it.
    """
    return _Reader(modules, module, node, variables).read()


class _Reader:
    def __init__(
        self,
        modules: Modules,
        module: Module,
        node: cst.FunctionDef,
        variables: Mapping[str, Type],
    ) -> None:
        self._modules = modules
        self._module = module
        self._node = node
        self._name = node.name.value
        self._annotations = Annotations(modules, module, variables)
        self._names = Names(modules, module)
        self._decorations = tuple(decorations(modules, module, node.decorators))

    def read(self) -> MethodSyntax:
        decoration = self._decoration()
        parameters = tuple(self._parameters())
        kind, result = self._kind(decoration)
        method = Method(
            name=self._name,
            kind=kind,
            parameters=parameters,
            result=result,
            doc=self._node.get_docstring(),
            deprecated=self._deprecation(),
            options=self._options(decoration) if kind is MethodKind.COMPUTE else Options(),
            span=self._module.span(self._node.name),
        )
        entries = tuple(self._entries(decoration)) if kind is MethodKind.COMMAND else ()
        return MethodSyntax(method, self._module, entries)

    def _decoration(self) -> Decoration | None:
        found = [each for each in self._decorations if each.name != "deprecated"]
        for each in found:
            if each.name not in ("compute", "command"):
                code = self._module.tree.code_for_node(each.node)
                self._not_a_method(each.node, f"`{self._name}` is decorated with `{code}`")
        if len(found) > 1:
            self._not_a_method(found[1].node, f"`{self._name}` is decorated twice")
        if self._node.type_parameters is not None:
            self._not_a_method(self._node.name, f"`{self._name}` is generic")
        return found[0] if found else None

    def _deprecation(self) -> str | None:
        """What `@deprecated` says, if it is there."""
        found = [each for each in self._decorations if each.name == "deprecated"]
        if not found:
            return None
        arguments = found[0].call.args if found[0].call else ()
        given = arguments[0] if len(arguments) == len(found) == 1 else None
        text = getattr(given.value, "evaluated_value", None) if given and not given.keyword else 0
        if not isinstance(text, str) or (given and given.star):
            code = self._module.tree.code_for_node(found[-1].node)
            span = self._module.span(found[-1].node)
            raise BadDeprecation.violation(span, f"`@{code}` of `{self._name}` is no message alone")
        return text

    def _not_a_method(self, node: cst.CSTNode, problem: str) -> NoReturn:
        raise NotAMethod.violation(self._module.span(node), problem)

    def _parameters(self) -> Iterator[Parameter]:
        declared = self._node.params
        star = (
            declared.star_arg if isinstance(declared.star_arg, cst.Param) else declared.star_kwarg
        )
        if star is not None:
            problem = f"`{self._name}` takes `{star.star}{star.name.value}`"
            raise StarArguments.violation(self._module.span(star), problem)
        positional = [(node, ParameterKind.POSITIONAL) for node in declared.posonly_params]
        ordinary = [(node, ParameterKind.ORDINARY) for node in declared.params]
        keyword = [(node, ParameterKind.KEYWORD) for node in declared.kwonly_params]
        if not positional and not ordinary:
            self._not_a_method(self._node.name, f"`{self._name}` takes no `self`")
        for node, kind in (*(positional + ordinary)[1:], *keyword):
            yield self._parameter(node, kind)

    def _parameter(self, node: cst.Param, kind: ParameterKind) -> Parameter:
        name = node.name.value
        span = self._module.span(node)
        if node.annotation is None:
            problem = f"the parameter `{name}` of `{self._name}` has no type"
            raise MissingAnnotation.violation(span, problem)
        return Parameter(
            name=name,
            type=self._annotations.type(node.annotation.annotation),
            default=self._default(node) if node.default is not None else None,
            kind=kind,
            span=span,
        )

    def _default(self, node: cst.Param) -> Expression | None:
        assert node.default is not None
        try:
            expression = self._names.expression(node.default, node.default, calls=False)
        except Unreadable:
            code = self._module.tree.code_for_node(node.default)
            span = self._module.span(node.default)
            raise BadDefault.violation(span, f"the default `{code}` cannot be repeated") from None
        return expression

    def _kind(self, decoration: Decoration | None) -> tuple[MethodKind, Type]:
        name, node = self._name, self._node
        if node.returns is None:
            problem = f"the result of `{name}` has no type"
            raise MissingAnnotation.violation(self._module.span(node.name), problem)
        span = self._module.span(node.returns.annotation)
        result = self._annotations.type(node.returns.annotation)
        stream = isinstance(result, Named) and self._modules.origin(result.ref) == _STREAM
        if node.asynchronous is not None:
            if stream:
                raise AsyncStream.violation(span, f"`{name}` is an `async def` that streams")
            kind = MethodKind(decoration.name) if decoration else MethodKind.PLAIN
            return kind, result
        if not isinstance(result, Named) or not stream or not result.arguments:
            raise SyncMethod.violation(span, f"`{name}` is a plain `def` but no stream of a type")
        if decoration is not None:
            problem = f"the stream `{name}` is decorated with `@{decoration.name}`"
            raise DecoratedStream.violation(self._module.span(decoration.node), problem)
        return MethodKind.STREAM, result.arguments[0]

    def _options(self, decoration: Decoration | None) -> Options:
        given: dict[str, str] = {}
        for argument in decoration.call.args if decoration and decoration.call else ():
            span = self._module.span(argument)
            name = argument.keyword.value if argument.keyword else ""
            if name not in Options.model_fields:
                raise BadOption.violation(span, f"`@compute` of `{self._name}` has no such option")
            text = constant(argument.value)
            if text is None or not (text == "None" or _is_seconds(text)):
                code = self._module.tree.code_for_node(argument.value)
                raise BadOption.violation(span, f"`{name}={code}` is no number of seconds")
            if text != "None":
                given[name] = text
        return Options(**given)

    def _entries(self, decoration: Decoration | None) -> Iterator[Entry]:
        arguments = decoration.call.args if decoration and decoration.call else ()
        span = self._module.span(decoration.node if decoration else self._node)
        names = [argument.keyword.value if argument.keyword else None for argument in arguments]
        if names != ["invalidates"]:
            problem = f"`@command` of `{self._name}` takes `invalidates=`, and nothing else"
            raise BadCommandOption.violation(span, problem)
        value = arguments[0].value
        if not isinstance(value, cst.List | cst.Tuple):
            raise BadCommandOption.violation(span, f"`invalidates` of `{self._name}` is no list")
        for element in value.elements:
            text = getattr(element.value, "evaluated_value", None)
            if not isinstance(text, str):
                problem = f"`invalidates` of `{self._name}` holds more than string literals"
                raise BadCommandOption.violation(self._module.span(element), problem)
            yield Entry(text, element.value)


def _is_seconds(text: str) -> bool:
    """Whether a literal is a finite decimal number of at least 0."""
    try:
        return text[0].isdigit() and math.isfinite(float(text))
    except ValueError:
        return False
