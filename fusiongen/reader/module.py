"""One module of the source roots: its text, the places in it, and what its names mean there."""

from __future__ import annotations

import builtins
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, cast

import libcst as cst
from libcst.metadata import CodeRange, PositionProvider

from ..contract import Ref
from ..errors import Span
from .scan import Scan, dotted, statements
from .standard import standard

if TYPE_CHECKING:
    from .modules import Modules

__all__ = ["Definition", "Module"]

_SHOWN = 80
"""Characters of the user's text in a message."""
_BUILTINS = frozenset(name for name in dir(builtins) if not name.startswith("_"))


class _Positions(PositionProvider):
    """Without the `MetadataWrapper`, which copies the tree (the parser makes every node anew: none
    is shared) and walks it once more for providers that we do not have: twice as fast."""

    def of(self, tree: cst.Module) -> Mapping[cst.CSTNode, CodeRange]:
        self._gen_impl(tree)
        return cast(Mapping[cst.CSTNode, CodeRange], self._computed)


class Module:
    """One parsed file, and what its names mean.

    modules: those that it stands among: what its names mean depends on them.
    name: its import name.
    file: its path relative to the project, with `/`.
    source: its content.
    """

    def __init__(
        self,
        modules: Modules,
        name: str,
        file: str,
        source: bytes,
        tree: cst.Module,
        is_package: bool,
    ) -> None:
        self.modules = modules
        self.name = name
        self.source = source
        self.file = file
        self.tree = tree
        self.scan = Scan(name, tree, is_package)

    def span(self, node: cst.CSTNode) -> Span:
        """Where a node of this file is; its first line, if it nests too deeply to tell."""
        place = self._positions.get(node)
        if place is None:
            return Span(self.file, 1, 1)
        return Span(self.file, place.start.line, place.start.column + 1)

    @property
    def nests_too_deeply(self) -> bool:
        """Whether the places of its nodes cannot be found."""
        return not self._positions

    def code(self, node: cst.CSTNode) -> str:
        """How a node reads, on one short line."""
        text = " ".join(self.tree.code_for_node(node).split())
        return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"

    def resolve(self, name: str) -> Ref | None:
        """What a dotted name means here; `None` if nothing here binds it."""
        head, *rest = name.split(".")
        bound = self.scan.bindings.get(head)
        if bound is None:
            return Ref(module="builtins", name=name) if head in _BUILTINS else None
        if bound.name and rest and self.modules.has(f"{bound.module}.{bound.name}"):
            bound = Ref(module=f"{bound.module}.{bound.name}", name="")
        if bound.name:
            return Ref(module=bound.module, name=".".join((bound.name, *rest)))
        return self._below(bound.module, rest)

    def named(self, node: cst.CSTNode | None) -> Ref | None:
        """What the dotted name that a node spells means here; `None` if it spells none."""
        name = dotted(node)
        return self.resolve(name) if name else None

    def meaning(self, node: cst.CSTNode) -> Ref | None:
        """The same, through every alias and re-export, in its modern spelling."""
        ref = self.named(node)
        return standard(self.modules.meaning(ref)) if ref else None

    def origin(self, node: cst.CSTNode) -> Ref | None:
        """Where what a node names is really defined, in its modern spelling."""
        ref = self.named(node)
        return standard(self.modules.origin(ref)) if ref else None

    def definition(self, node: cst.CSTNode) -> Definition | None:
        """Where the source roots define what a node names, if they do."""
        ref = self.named(node)
        return self.modules.definition(ref) if ref else None

    def node_of(self, name: str) -> cst.CSTNode | None:
        """The node that defines a name here, in nested classes, too."""
        head, *rest = name.split(".")
        node = self.scan.definitions.get(head)
        for part in rest:
            node = _inner_class(node, part) if isinstance(node, cst.ClassDef) else None
        return node

    def _below(self, package: str, names: Sequence[str]) -> Ref:
        """`a.b.C` where `a` is a module: modules first, by what is known, else by lower case."""
        rest = list(names)
        while len(rest) > 1:
            inner = f"{package}.{rest[0]}"
            known = inner in self.scan.submodules or self.modules.has(inner)
            if not known and (self.modules.has(package) or not rest[0].islower()):
                break
            package = inner
            del rest[0]
        return Ref(module=package, name=".".join(rest))

    @cached_property
    def lines(self) -> Sequence[str]:
        """The text of the file, line by line."""
        return re.split(r"\r\n|\r|\n", self.source.decode(self.tree.encoding))

    @cached_property
    def _positions(self) -> Mapping[cst.CSTNode, CodeRange]:
        try:
            return _Positions().of(self.tree)
        except (RecursionError, KeyError):  # libcst looks for places that it did not come to
            return {}


@dataclass(frozen=True, slots=True)
class Definition:
    """Where a name of the source roots comes from.

    ref: the name there.
    node: the class, function or assigned value; `None` if the module does not show it.
    """

    ref: Ref
    module: Module
    node: cst.CSTNode | None

    @property
    def alias(self) -> cst.TypeAlias | None:
        """The `type` statement that makes it, if one does."""
        return self.module.scan.aliases.get(self.ref.name)


def _inner_class(node: cst.ClassDef, name: str) -> cst.ClassDef | None:
    found = (
        inner
        for inner in statements(node.body)
        if isinstance(inner, cst.ClassDef) and inner.name.value == name
    )
    return next(found, None)
