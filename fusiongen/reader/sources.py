"""The files below the project's source roots: where a module lies; each is read once."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from keyword import iskeyword
from pathlib import Path

from ..errors import Diagnostic, Violation
from .parsing import Source, parse

__all__ = ["Consulted", "Sources"]


@dataclass(frozen=True, slots=True)
class Consulted:
    """Files: those that were read, with their content; those that are there; those that are not."""

    read: Mapping[Path, bytes]
    present: frozenset[Path]
    absent: frozenset[Path]


class Sources:
    """Finds and parses the files of the source roots, each once.

    directory: the project; paths in spans are relative to it.
    roots: the source roots, absolute.
    """

    def __init__(self, directory: Path, roots: Sequence[Path]) -> None:
        self._directory = directory
        self._roots = tuple(roots)
        self._sources: dict[str, Source | None] = {}
        self._broken: dict[str, Diagnostic] = {}
        self._by_file: dict[str, Source] = {}
        self._paths: dict[str, Path | None] = {}
        self._absent: set[Path] = set()

    def home_of(self, path: Path) -> Path | None:
        """The innermost root that holds a file or folder."""
        homes = [root for root in self._roots if path.is_relative_to(root)]
        return max(homes, key=lambda root: len(root.parts), default=None)

    def name_of(self, path: Path) -> str | None:
        """The import name of a file or folder: its path below the innermost root that holds it."""
        home = self.home_of(path)
        if home is None:
            return None
        parts = path.relative_to(home).with_suffix("").parts
        if parts and parts[-1] == "__init__":
            parts = parts[:-1]
        named = all(part.isidentifier() and not iskeyword(part) for part in parts)
        return ".".join(parts) if parts and named else None

    def consulted(self) -> Consulted:
        """What the answers so far depend on."""
        read = {
            path: source.content
            for name, path in self._paths.items()
            if path is not None and (source := self._sources.get(name)) is not None
        }
        present = frozenset(path for path in self._paths.values() if path is not None)
        return Consulted(read, present, frozenset(self._absent))

    def has(self, name: str) -> bool:
        """Whether a source root holds the module of this import name."""
        return self._locate(name) is not None

    def owns(self, name: str) -> bool:
        """Whether a module of this import name is the project's, not a library's."""
        return self.has(name) or self.has(name.partition(".")[0])

    def file_in(self, root: Path, name: str) -> Path | None:
        """The file of the module of this import name, if this root holds it."""
        stem = root.joinpath(*name.split("."))
        for path in (stem / "__init__.py", stem.with_name(f"{stem.name}.py")):
            if path.is_file():
                return path
            self._absent.add(path)
        return None

    def find(self, name: str) -> Source | None:
        """The module of this import name, if a source root holds it and it parses."""
        if name not in self._sources:
            path = self._locate(name)
            try:
                self._sources[name] = self._parse(name, path) if path else None
            except Violation as violation:
                self._sources[name] = None
                self._broken[name] = violation.diagnostic
        return self._sources[name]

    def is_broken(self, name: str) -> bool:
        """Whether a source root holds the module, and it does not parse."""
        return self.find(name) is None and name in self._broken

    @property
    def broken(self) -> Iterable[Diagnostic]:
        """What does not parse (FG001), of the modules that were looked for."""
        return self._broken.values()

    def lines(self, file: str) -> Sequence[str]:
        """The text of a file, line by line; none of one that was not parsed."""
        source = self._by_file.get(file)
        return source.lines if source is not None else ()

    def _locate(self, name: str) -> Path | None:
        if name not in self._paths:
            self._paths[name] = self._look_for(name)
        return self._paths[name]

    def _look_for(self, name: str) -> Path | None:
        found = (self.file_in(root, name) for root in self._roots)
        return next(filter(None, found), None)

    def _parse(self, name: str, path: Path) -> Source:
        file = Path(os.path.relpath(path, self._directory)).as_posix()
        source = parse(name, file, path.read_bytes(), is_package=path.name == "__init__.py")
        self._by_file[file] = source
        return source
