"""The modules of the project's source roots, read as text, and what their names mean."""

from __future__ import annotations

import builtins
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from keyword import iskeyword
from pathlib import Path
from typing import cast

import libcst as cst
from libcst.metadata import CodeRange, PositionProvider

from ..contract import Ref
from ..errors import Diagnostic, Span, Violation
from ..rules.files import NotPython
from .compiling import compiler_refuses
from .scan import Scan, dotted

__all__ = ["Consulted", "Module", "Modules"]

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
    """One parsed file.

    name: its import name.
    file: its path relative to the project, with `/`.
    source: its content.
    """

    def __init__(
        self, name: str, file: str, source: bytes, tree: cst.Module, is_package: bool
    ) -> None:
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
class Consulted:
    """Files: those that were read, with their content; those that are there; those that are not."""

    read: Mapping[Path, bytes]
    present: frozenset[Path]
    absent: frozenset[Path]


class Modules:
    """Finds and parses the modules of the source roots, each once.

    directory: the project; paths in spans are relative to it.
    roots: the source roots, absolute.
    """

    def __init__(self, directory: Path, roots: Sequence[Path]) -> None:
        self._directory = directory
        self._roots = tuple(roots)
        self._modules: dict[str, Module | None] = {}
        self._broken: dict[str, Diagnostic] = {}
        self._by_file: dict[str, Module] = {}
        self._paths: dict[str, Path | None] = {}
        self._absent: set[Path] = set()
        self._origins: dict[Ref, Ref] = {}

    def name_of(self, path: Path) -> str | None:
        """The import name of a file or folder: its path below the innermost root that holds it."""
        homes = [root for root in self._roots if path.is_relative_to(root)]
        if not homes:
            return None
        parts = path.relative_to(max(homes, key=lambda root: len(root.parts))).with_suffix("").parts
        if parts and parts[-1] == "__init__":
            parts = parts[:-1]
        named = all(part.isidentifier() and not iskeyword(part) for part in parts)
        return ".".join(parts) if parts and named else None

    def consulted(self) -> Consulted:
        """What the answers so far depend on."""
        read = {
            path: module.source
            for name, path in self._paths.items()
            if path is not None and (module := self._modules.get(name)) is not None
        }
        present = frozenset(path for path in self._paths.values() if path is not None)
        return Consulted(read, present, frozenset(self._absent))

    def has(self, name: str) -> bool:
        """Whether a source root holds the module of this import name."""
        return self._locate(name) is not None

    def find(self, name: str) -> Module | None:
        """The module of this import name, if a source root holds it and it parses."""
        if name not in self._modules:
            path = self._locate(name)
            try:
                self._modules[name] = self._parse(name, path) if path else None
            except Violation as violation:
                self._modules[name] = None
                self._broken[name] = violation.diagnostic
        return self._modules[name]

    def is_broken(self, name: str) -> bool:
        """Whether a source root holds the module, and it does not parse."""
        return self.find(name) is None and name in self._broken

    @property
    def broken(self) -> Iterable[Diagnostic]:
        """What does not parse (FG001), of the modules that were looked for."""
        return self._broken.values()

    def line(self, file: str, number: int) -> str:
        """One line of a file that was parsed, counted from 1; empty if there is none."""
        module = self._by_file.get(file)
        if module is None or not 0 < number <= len(module.lines):
            return ""
        return module.lines[number - 1]

    def resolve(self, module: Module, name: str) -> Ref | None:
        """What a dotted name means in a module; `None` if nothing there binds it."""
        head, *rest = name.split(".")
        bound = module.scan.bindings.get(head)
        if bound is None:
            return Ref(module="builtins", name=name) if head in _BUILTINS else None
        if bound.name and rest and self.has(f"{bound.module}.{bound.name}"):
            bound = Ref(module=f"{bound.module}.{bound.name}", name="")
        if bound.name:
            return Ref(module=bound.module, name=".".join((bound.name, *rest)))
        return self._below(module, bound.module, rest)

    def origin(self, ref: Ref) -> Ref:
        """Where the source roots define a name, through re-exports; else the name itself."""
        if ref not in self._origins:
            self._origins[ref] = self._trace(ref)
        return self._origins[ref]

    def meaning(self, ref: Ref) -> Ref:
        """The origin of a name, also through assignments such as `cached = compute`."""
        seen: set[Ref] = set()
        while (ref := self.origin(ref)) not in seen:
            seen.add(ref)
            module = self.find(ref.module)
            value = module.scan.definitions.get(ref.name) if module is not None else None
            name = dotted(value)
            moved = self.resolve(module, name) if module is not None and name else None
            ref = moved or ref
        return ref

    def _trace(self, ref: Ref) -> Ref:
        seen = {ref}
        while (module := self.find(ref.module)) is not None:
            moved = self.resolve(module, ref.name) if ref.head in module.scan.bindings else None
            if moved is None or moved in seen:
                break
            seen.add(moved)
            ref = moved
        return ref

    def _below(self, module: Module, package: str, names: Sequence[str]) -> Ref:
        """`a.b.C` where `a` is a module: modules first, by what is known, else by lower case."""
        rest = list(names)
        while len(rest) > 1:
            inner = f"{package}.{rest[0]}"
            known = inner in module.scan.submodules or self.has(inner)
            if not known and (self.has(package) or not rest[0].islower()):
                break
            package = inner
            del rest[0]
        return Ref(module=package, name=".".join(rest))

    def _locate(self, name: str) -> Path | None:
        if name not in self._paths:
            self._paths[name] = self._look_for(name.split("."))
        return self._paths[name]

    def _look_for(self, parts: Sequence[str]) -> Path | None:
        for root in self._roots:
            stem = root.joinpath(*parts)
            for path in (stem / "__init__.py", stem.with_name(f"{stem.name}.py")):
                if path.is_file():
                    return path
                self._absent.add(path)
        return None

    def _parse(self, name: str, path: Path) -> Module:
        file = Path(os.path.relpath(path, self._directory)).as_posix()
        source = path.read_bytes()
        problem = compiler_refuses(source)
        if problem is not None:
            raise NotPython.violation(
                Span(file, problem.line, problem.column),
                f"this is not valid Python: {problem.text}",
            )
        try:
            tree = cst.parse_module(source)
            module = Module(name, file, source, tree, path.name == "__init__.py")
        except cst.ParserSyntaxError as error:
            span = Span(file, error.editor_line, error.editor_column)
            raise NotPython.violation(span, "this is not valid Python") from None
        except (UnicodeDecodeError, LookupError, SyntaxError):
            raise NotPython.violation(
                Span(file, 1, 1), "this is not text in its declared encoding, or in UTF-8"
            ) from None
        except RecursionError:
            raise NotPython.violation(Span(file, 1, 1), "this nests too deeply") from None
        self._by_file[file] = module
        return module
