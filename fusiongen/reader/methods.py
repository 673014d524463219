"""One method of a contract: from its node to the model, except for `invalidates`."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import libcst as cst

from ..contract import (
    Expression,
    Method,
    MethodKind,
    Named,
    Nothing,
    Options,
    Parameter,
    ParameterKind,
    Ref,
    Type,
)
from ..errors import Diagnostic, Violation
from ..rules.base import Rule
from ..rules.files import NotUnderstood
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
from .decorators import Decoration, decorations
from .expressions import Names, Unreadable, constant
from .modules import Module
from .standard import standard

__all__ = ["Entry", "MethodSyntax", "read_method"]

_NO_CONSTANTS = (
    *(cst.FunctionDef, cst.ClassDef, cst.Lambda),
    *(cst.BaseDict, cst.BaseList, cst.BaseSet, cst.GeneratorExp),
)
_ITERATOR = Ref(module="collections.abc", name="AsyncIterator")
_GENERATOR = Ref(module="collections.abc", name="AsyncGenerator")


@dataclass(frozen=True, slots=True)
class Entry:
    """One string of `invalidates`, and the node that spells it."""

    text: str
    node: cst.BaseExpression


@dataclass(frozen=True, slots=True)
class MethodSyntax:
    """A method that is read but for its `invalidates`, with the module that it stands in.

    diagnostics: what breaks a rule. What could not be read is replaced by what breaks none.
    """

    method: Method
    module: Module
    entries: tuple[Entry, ...]
    diagnostics: tuple[Diagnostic, ...]


def read_method(
    module: Module,
    node: cst.FunctionDef,
    variables: Mapping[str, Type],
    above: Collection[str],
) -> MethodSyntax:
    """Read one method, as far as it can be read.

    variables: what the type parameters of its class stand for.
    above: the methods above it, whose names mean them from there on.
    """
    return _Reader(module, node, variables, above).read()


class _Kind(NamedTuple):
    """What a method is, and what it gives; see `Method`."""

    kind: MethodKind
    result: Type
    generator: bool = False


class _Reader:
    def __init__(
        self,
        module: Module,
        node: cst.FunctionDef,
        variables: Mapping[str, Type],
        above: Collection[str],
    ) -> None:
        self._module = module
        self._node = node
        self._name = node.name.value
        declared = node.type_parameters.params if node.type_parameters is not None else ()
        own = dict.fromkeys((each.param.name.value for each in declared), Nothing())
        self._annotations = Annotations(module, {**variables, **own}, hidden=above)
        self._names = Names(module, above)
        self._decorations = tuple(decorations(module, node.decorators))
        self._diagnostics: list[Diagnostic] = []

    def read(self) -> MethodSyntax:
        decoration = self._decoration()
        special = bool(self._diagnostics)
        parameters = tuple(self._parameters())
        kind, result, generator = self._kind(decoration, special)
        method = Method(
            name=self._name,
            kind=kind,
            parameters=parameters,
            result=result,
            generator=generator,
            doc=self._node.get_docstring(),
            deprecated=self._deprecation(),
            options=self._options(decoration) if kind is MethodKind.COMPUTE else Options(),
            span=self._module.span(self._node.name),
        )
        entries = tuple(self._entries(decoration)) if kind is MethodKind.COMMAND else ()
        return MethodSyntax(method, self._module, entries, tuple(self._diagnostics))

    def _note(self, rule: type[Rule], node: cst.CSTNode, problem: str) -> None:
        self._diagnostics.append(rule.at(self._module.span(node), problem))

    def _decoration(self) -> Decoration | None:
        found = [each for each in self._decorations if self._decides(each)]
        ours = [each for each in found if each.name in ("compute", "command")]
        for each in found:
            if each.unbound is not None:
                self._note_unbound(each.unbound, each.node)
            elif each not in ours:
                code = self._module.code(each.node)
                self._note(NotAMethod, each.node, f"`{self._name}` is decorated with `{code}`")
        if len(ours) > 1:
            self._note(NotAMethod, ours[1].node, f"`{self._name}` is decorated twice")
        if self._node.type_parameters is not None:
            self._note(NotAMethod, self._node.name, f"`{self._name}` is generic")
        return ours[0] if ours else None

    def _decides(self, each: Decoration) -> bool:
        """Whether a decorator says what the method is, or something that no contract says."""
        harmless = each.name == "deprecated" or (each.name == "harmless" and each.call is None)
        return each.readable and not harmless

    def _note_unbound(self, name: str, node: cst.CSTNode) -> None:
        try:
            self._names.ref(name, node)
        except Violation as violation:
            self._diagnostics.append(violation.diagnostic)

    def _deprecation(self) -> str | None:
        """What `@deprecated` says, if it is there."""
        found = [each for each in self._decorations if each.name == "deprecated"]
        message = None
        for index, each in enumerate(found):
            match each.call:
                case cst.Call(args=[cst.Arg(value=value, keyword=None, star="")]) if not index:
                    message = getattr(value, "evaluated_value", None)
            if not isinstance(message, str) or not _is_text(message) or index:
                code = self._module.code(each.node)
                problem = f"`@{code}` of `{self._name}` is no message alone"
                self._note(BadDeprecation, each.node, problem)
        return message if isinstance(message, str) else None

    def _parameters(self) -> Iterator[Parameter]:
        declared = self._node.params
        for star in (declared.star_arg, declared.star_kwarg):
            if isinstance(star, cst.Param):
                problem = f"`{self._name}` takes `{star.star}{star.name.value}`"
                self._note(StarArguments, star, problem)
        positional = [(node, ParameterKind.POSITIONAL) for node in declared.posonly_params]
        ordinary = [(node, ParameterKind.ORDINARY) for node in declared.params]
        keyword = [(node, ParameterKind.KEYWORD) for node in declared.kwonly_params]
        if not positional and not ordinary:
            self._note(NotAMethod, self._node.name, f"`{self._name}` takes no `self`")
        for node, kind in (*(positional + ordinary)[1:], *keyword):
            yield self._parameter(node, kind)

    def _parameter(self, node: cst.Param, kind: ParameterKind) -> Parameter:
        name = node.name.value
        if node.annotation is None:
            problem = f"the parameter `{name}` of `{self._name}` has no type"
            self._note(MissingAnnotation, node, problem)
        return Parameter(
            name=name,
            type=self._type(node.annotation),
            default=self._default(node.default) if node.default is not None else None,
            kind=kind,
            span=self._module.span(node),
        )

    def _type(self, node: cst.Annotation | None) -> Type:
        """The type that is written there; `None`, of which nobody complains, if it is none."""
        try:
            return self._annotations.type(node.annotation) if node is not None else Nothing()
        except Violation as violation:
            self._diagnostics.append(violation.diagnostic)
        except RecursionError:
            assert node is not None
            self._note(NotUnderstood, node.annotation, "this type nests too deeply")
        return Nothing()

    def _default(self, node: cst.BaseExpression) -> Expression:
        code = self._module.code(node)
        try:
            found = self._names.expression(node, node, calls=False)
            names = [part for part in found.parts if isinstance(part, Ref)]
            if all(map(self._is_constant, names)):
                return found
            self._note(BadDefault, node, f"the default `{code}` is no constant")
        except Violation as violation:
            self._diagnostics.append(violation.diagnostic)
        except (Unreadable, RecursionError):
            self._note(BadDefault, node, f"the default `{code}` cannot be repeated")
        return Expression(parts=("None",))

    def _is_constant(self, ref: Ref) -> bool:
        """Whether a name may be that of a constant: no function, no class, nothing that changes."""
        found = self._module.modules.definition(ref)
        if found is None:
            return self._module.modules.origin(ref).module != "builtins"
        return not isinstance(found.node, _NO_CONSTANTS)

    def _kind(self, decoration: Decoration | None, special: bool) -> _Kind:
        """What it is, unless it is something special that contracts do not have."""
        name, node = self._name, self._node
        kind = MethodKind(decoration.name) if decoration else MethodKind.PLAIN
        before = len(self._diagnostics)
        if node.returns is None:
            self._note(MissingAnnotation, node.name, f"the result of `{name}` has no type")
            return _Kind(kind, Nothing())
        annotation = node.returns.annotation
        result = self._type(node.returns)
        if len(self._diagnostics) > before or special:
            return _Kind(kind, result)
        try:
            opened = self._annotations.without_alias(result)
        except Violation as violation:
            self._diagnostics.append(violation.diagnostic)
            return _Kind(kind, Nothing())
        origin = self._origin(opened) if isinstance(opened, Named) else None
        stream = origin in (_ITERATOR, _GENERATOR)
        if node.asynchronous is not None:
            if stream:
                self._note(AsyncStream, annotation, f"`{name}` is an `async def` that streams")
                return _Kind(MethodKind.STREAM, Nothing())
            return _Kind(kind, result)
        if not isinstance(opened, Named) or not stream or not opened.arguments:
            self._note(SyncMethod, annotation, f"`{name}` is a plain `def` but no stream of a type")
            return _Kind(kind, Nothing())
        if decoration is not None:
            problem = f"the stream `{name}` is decorated with `@{decoration.name}`"
            self._note(DecoratedStream, decoration.node, problem)
        item, *sent = opened.arguments
        if sent not in ([], [Nothing()]):
            self._note(SyncMethod, annotation, f"`{name}` is sent values of `{sent[0]}`")
        return _Kind(MethodKind.STREAM, item, generator=origin == _GENERATOR)

    def _origin(self, type_: Named) -> Ref:
        return standard(self._module.modules.origin(type_.ref))

    def _options(self, decoration: Decoration | None) -> Options:
        given: dict[str, str] = {}
        for argument in decoration.call.args if decoration and decoration.call else ():
            name = argument.keyword.value if argument.keyword else ""
            if name not in Options.model_fields:
                self._note(BadOption, argument, f"`@compute` of `{self._name}` has no such option")
                continue
            text = constant(argument.value)
            if text is None or not (text == "None" or _is_seconds(text)):
                code = self._module.code(argument.value)
                self._note(BadOption, argument, f"`{name}={code}` is no number of seconds")
            elif text != "None":
                given[name] = text
        return Options(**given)

    def _entries(self, decoration: Decoration | None) -> Iterator[Entry]:
        assert decoration is not None
        arguments = decoration.call.args if decoration.call else ()
        names = [argument.keyword.value if argument.keyword else None for argument in arguments]
        if names != ["invalidates"]:
            problem = f"`@command` of `{self._name}` takes `invalidates=`, and nothing else"
            self._note(BadCommandOption, decoration.node, problem)
        for argument, name in zip(arguments, names, strict=True):
            if name != "invalidates":
                continue
            value = argument.value
            if not isinstance(value, cst.List | cst.Tuple):
                problem = f"`invalidates` of `{self._name}` is no list"
                self._note(BadCommandOption, value, problem)
                continue
            for element in value.elements:
                text = getattr(element.value, "evaluated_value", None)
                if isinstance(text, str):
                    yield Entry(text, element.value)
                else:
                    problem = f"`invalidates` of `{self._name}` holds more than string literals"
                    self._note(BadCommandOption, element, problem)


def _is_text(value: str) -> bool:
    """Whether a string can be written to a file: an escape may make half a character."""
    return not any("\ud800" <= each <= "\udfff" for each in value)


def _is_seconds(text: str) -> bool:
    """Whether a literal is a finite decimal number of at least 0."""
    try:
        return text[0].isdigit() and math.isfinite(float(text))
    except ValueError:
        return False
