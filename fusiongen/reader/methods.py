"""One method of a contract: from its node to the model, except for `invalidates`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import libcst as cst

from ..contract import Method, MethodKind, Named, Nothing, Options, Ref, Type
from ..errors import Diagnostic
from ..rules.base import Rule
from ..rules.methods import AsyncStream, DecoratedStream, SyncMethod
from ..rules.protocols import NotAMethod
from .decorators import Decoration, decorations
from .diagnostics import Diagnostics
from .modes import MODES, modes_of
from .modules import Module
from .options import Entry, deprecation_of, entries_of, options_of, skip_of, transient_of
from .signature import Signature
from .standard import standard

__all__ = ["MethodSyntax", "read_method"]

_ITERATOR = Ref(module="collections.abc", name="AsyncIterator")
_GENERATOR = Ref(module="collections.abc", name="AsyncGenerator")
_TUPLE = Ref(module="builtins", name="tuple")


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
    head: Type | None = None


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
        self._diagnostics = Diagnostics(module)
        self._signature = Signature(module, node, variables, above, self._diagnostics)
        self._decorations = tuple(decorations(module, node.decorators, above))

    def read(self) -> MethodSyntax:
        decoration = self._decoration()
        special = bool(self._diagnostics.found)
        parameters = tuple(self._signature.parameters())
        kind, result, generator, head = self._kind(decoration, special)
        options = Options()
        entries: tuple[Entry, ...] = ()
        transient = False
        if decoration is not None and kind is MethodKind.COMPUTE:
            options = options_of(self._name, decoration, self._diagnostics)
        if decoration is not None and kind is MethodKind.COMMAND:
            entries = tuple(entries_of(self._name, decoration, self._diagnostics))
            transient = transient_of(self._name, decoration, self._diagnostics)
        method = Method(
            name=self._name,
            kind=kind,
            parameters=parameters,
            result=result,
            generator=generator,
            head=head,
            skip=skip_of(self._name, kind, self._decorations, self._diagnostics),
            transient=transient,
            doc=self._node.get_docstring(),
            deprecated=deprecation_of(self._name, self._decorations, self._diagnostics),
            options=options,
            span=self._module.span(self._node.name),
        )
        modes = modes_of(method, self._decorations, self._diagnostics)
        method = method.model_copy(update=modes._asdict())
        return MethodSyntax(method, self._module, entries, tuple(self._diagnostics.found))

    def _decoration(self) -> Decoration | None:
        """The one that says what the method is."""
        found = [each for each in self._decorations if _decides(each)]
        ours = [each for each in found if each.name in ("compute", "command")]
        for each in found:
            if each.unknown is not None:
                self._diagnostics.found.append(each.unknown)
            elif each not in ours:
                problem = f"`{self._name}` is decorated with `{each.code}`"
                self._diagnostics.add(NotAMethod, each.node, problem)
        if len(ours) > 1:
            self._diagnostics.add(NotAMethod, ours[1].node, f"`{self._name}` is decorated twice")
        if self._node.type_parameters is not None:
            self._diagnostics.add(NotAMethod, self._node.name, f"`{self._name}` is generic")
        return ours[0] if ours else None

    def _kind(self, decoration: Decoration | None, special: bool) -> _Kind:
        """What it is, unless it is something special that contracts do not have."""
        kind = MethodKind(decoration.name) if decoration else MethodKind.PLAIN
        result = self._signature.result()
        if result is None or special:
            return _Kind(kind, Nothing() if result is None else result)
        opened = self._signature.opened(result)
        if opened is None:
            return _Kind(kind, Nothing())
        streams = isinstance(opened, Named) and self._origin(opened) in (_ITERATOR, _GENERATOR)
        if self._node.asynchronous is not None:
            if not streams:
                return self._headed(opened, decoration) or _Kind(kind, result)
            self._note_result(AsyncStream, "is an `async def` that streams")
            return _Kind(MethodKind.STREAM, Nothing())
        if not isinstance(opened, Named) or not streams or not opened.arguments:
            self._note_result(SyncMethod, "is a plain `def` but no stream of a type")
            return _Kind(kind, Nothing())
        return self._stream(opened, opened.arguments, decoration)

    def _headed(self, opened: Type, decoration: Decoration | None) -> _Kind | None:
        """A tuple whose last part is a stream."""
        if not isinstance(opened, Named) or self._origin(opened) != _TUPLE:
            return None
        *before, last = opened.arguments or (Nothing(),)
        found = self._signature.item(last, (_ITERATOR,))
        if found is None or not before:
            return None
        self._note_decorated(decoration)
        head = Named(ref=opened.ref, arguments=tuple(before))
        return _Kind(MethodKind.STREAM, found[1], head=head)

    def _note_decorated(self, decoration: Decoration | None) -> None:
        if decoration is not None:
            problem = f"the stream `{self._name}` is decorated with `@{decoration.name}`"
            self._diagnostics.add(DecoratedStream, decoration.node, problem)

    def _stream(
        self, opened: Named, arguments: Sequence[Type], decoration: Decoration | None
    ) -> _Kind:
        self._note_decorated(decoration)
        item, *sent = arguments
        if sent not in ([], [Nothing()]):
            self._note_result(SyncMethod, f"is sent values of `{sent[0]}`")
        return _Kind(MethodKind.STREAM, item, generator=self._origin(opened) == _GENERATOR)

    def _note_result(self, rule: type[Rule], problem: str) -> None:
        assert self._node.returns is not None
        self._diagnostics.add(rule, self._node.returns.annotation, f"`{self._name}` {problem}")

    def _origin(self, type_: Named) -> Ref:
        return standard(self._module.modules.origin(type_.ref))


def _decides(each: Decoration) -> bool:
    """Whether a decorator says what the method is, or something that no contract says."""
    beside = each.name in ("deprecated", "stream", *MODES)
    harmless = each.name == "harmless" and each.arguments is None
    return each.readable and not (beside or harmless)
