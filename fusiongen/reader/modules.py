"""The modules of the project's source roots, each read once, and where they define a name."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from keyword import iskeyword
from pathlib import Path

import libcst as cst

from ..contract import Ref
from ..errors import Diagnostic, Span, Violation
from ..rules.files import NotPython
from .compiling import compiler_refuses
from .module import Definition, Module

__all__ = ["Consulted", "Modules"]


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

    def origin(self, ref: Ref) -> Ref:
        """Where the source roots define a name, through re-exports; else the name itself."""
        if ref not in self._origins:
            self._origins[ref] = self._trace(ref)
        return self._origins[ref]

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
        seen = {ref}
        while (module := self.find(ref.module)) is not None:
            moved = module.resolve(ref.name) if ref.head in module.scan.bindings else None
            if moved is None or moved in seen:
                break
            seen.add(moved)
            ref = moved
        return ref

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
            module = Module(self, name, file, source, tree, path.name == "__init__.py")
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
