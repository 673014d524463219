"""What names mean: in one module, and through every re-export and alias among all of them."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from dataclasses import dataclass

import libcst as cst

from ..contract import Ref
from ..errors import Span
from .nodes import dotted, inner_class, statements
from .parsing import Source
from .sources import Sources
from .standard import standard

__all__ = ["Definition", "Module", "Modules"]

_SHOWN = 80
"""Characters of the user's text in a message."""
_BUILTINS = frozenset(name for name in dir(builtins) if not name.startswith("_"))


class Module:
    """One module, and what its names mean among all the others."""

    def __init__(self, modules: Modules, source: Source) -> None:
        self.modules = modules
        self.name = source.name
        self.file = source.file
        self.tree = source.tree
        self.scan = source.scan
        self._source = source

    def span(self, node: cst.CSTNode) -> Span:
        """Where a node of this file is; its first line, if it nests too deeply to tell."""
        place = self._source.places.get(node)
        if place is None:
            return Span(self.file, 1, 1)
        return Span(self.file, place.start.line, place.start.column + 1)

    @property
    def nests_too_deeply(self) -> bool:
        """Whether the places of its nodes cannot be found."""
        return not self._source.places

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

    def stands_in(self, name: str) -> bool:
        """Whether a class here stands in for what is imported by this name, where that is missing:
        `try: from library import Cart`, and `except ImportError: class Cart`."""
        own = name.partition(".")[0]
        imported = own not in self.scan.definitions
        return imported and any(each.name.value == own for each in self.scan.rebound)

    def inner_meaning(self, decorator: cst.Decorator) -> Ref | None:
        """What a decorator means by what functions and classes import here."""
        called = decorator.decorator
        head, *rest = (dotted(getattr(called, "func", called)) or "").split(".")
        bound = self.scan.inner_bindings.get(head)
        if bound is None:
            return None
        name = ".".join((bound.name, *rest) if bound.name else rest)
        return self.modules.meaning(Ref(module=bound.module, name=name))

    def origin(self, node: cst.CSTNode) -> Ref | None:
        """Where what a node names is really defined, in its modern spelling."""
        ref = self.named(node)
        return standard(self.modules.origin(ref)) if ref else None

    def definition(self, node: cst.CSTNode) -> Definition | None:
        """Where the source roots define what a node names, if they do."""
        ref = self.named(node)
        return self.modules.definition(ref) if ref else None

    def gives_to_stars(self, name: str) -> bool:
        """Whether `from … import *` takes a name that this module has, as far as its text shows."""
        listed = self.scan.assigned.get("__all__")
        if listed is None:
            return not name.startswith("_")
        return any(_may_list(each, name) for each in listed)

    @property
    def postpones(self) -> bool:
        """Whether its annotations are texts: `from __future__ import annotations`."""
        future = Ref(module="__future__", name="annotations")
        return self.scan.bindings.get("annotations") == future

    def node_of(self, name: str) -> cst.CSTNode | None:
        """The node that defines a name here, in nested classes, too."""
        head, *rest = name.split(".")
        node = self.scan.definitions.get(head)
        for part in rest:
            node = self._inner(node, part) if isinstance(node, cst.ClassDef) else None
        return node

    def _inner(self, node: cst.ClassDef, name: str) -> cst.CSTNode | None:
        """The class of this name in a class, or what an alias there stands for."""
        for each in statements(node.body):
            match each:
                case cst.AnnAssign(
                    target=cst.Name(value=own), annotation=cst.Annotation(annotation=marked)
                ) if own == name and str(self.meaning(marked)) == "typing.TypeAlias":
                    return each.value
        return inner_class(node, name)

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


def _may_list(node: cst.BaseExpression, name: str) -> bool:
    if not isinstance(node, cst.List | cst.Tuple):
        return True
    texts = (each.value for each in node.elements)
    return any(
        not isinstance(each, cst.SimpleString) or each.evaluated_value == name for each in texts
    )


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


class Modules:
    """All modules of the source roots, and where they define a name."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._modules: dict[str, Module | None] = {}
        self._origins: dict[Ref, Ref] = {}
        self._stood_in_for: set[Ref] = set()

    def has(self, name: str) -> bool:
        """Whether a source root holds the module of this import name."""
        return self._sources.has(name)

    def is_broken(self, name: str) -> bool:
        """Whether a source root holds the module, and it does not parse."""
        return self._sources.is_broken(name)

    def find(self, name: str) -> Module | None:
        """The module of this import name, if a source root holds it and it parses."""
        if name not in self._modules:
            source = self._sources.find(name)
            self._modules[name] = Module(self, source) if source is not None else None
        return self._modules[name]

    def origin(self, ref: Ref) -> Ref:
        """Where the source roots define a name, through re-exports; else the name itself."""
        if ref not in self._origins:
            self._origins[ref] = self._trace(ref)
        return self._origins[ref]

    def is_stood_in_for(self, ref: Ref) -> bool:
        """Whether a name may also be the class of a module that it comes through."""
        self.origin(ref)
        return ref in self._stood_in_for

    def definition(self, ref: Ref) -> Definition | None:
        """Where the source roots define a name, and how; `None` if it is none of theirs."""
        origin = self.origin(ref)
        module = self.find(origin.module)
        if module is None:
            return None
        return Definition(origin, module, module.scan.definitions.get(origin.name))

    def meaning(self, ref: Ref) -> Ref:
        """The origin of a name, also through assignments such as `cached = compute`."""
        seen: set[Ref] = set()
        while (ref := self.origin(ref)) not in seen:
            seen.add(ref)
            found = self.definition(ref)
            moved = found.module.named(found.node) if found is not None else None
            ref = moved or ref
        return ref

    def _trace(self, ref: Ref) -> Ref:
        start, seen = ref, {ref}
        while (module := self.find(ref.module)) is not None:
            if module.stands_in(ref.name):
                self._stood_in_for.add(start)
            bound = ref.head in module.scan.bindings
            moved = module.resolve(ref.name) if bound else self._starred(module, ref, set())
            if moved is None or moved in seen:
                break
            seen.add(moved)
            ref = moved
        return ref

    def _starred(self, module: Module, ref: Ref, seen: set[str]) -> Ref | None:
        """The name in the last of the modules whose star import brings it there."""
        seen.add(module.name)
        for star in reversed(module.scan.stars):
            home = None if star in seen or self.is_broken(star) else self.find(star)
            if home is None or not home.gives_to_stars(ref.head):
                continue
            if ref.head in home.scan.bindings or self._starred(home, ref, seen) is not None:
                return Ref(module=star, name=ref.name)
        return None
