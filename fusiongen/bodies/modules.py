"""The modules of the source roots, as Python's own parser has them, and where names come from.

Not those of `reader`, which keep every place and comment: a project has many more bodies than
contracts, and `check` has to look at them each time.
"""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from ..project import Project

__all__ = ["Code", "Codes", "files"]

_ELSEWHERE: Final = ("__pycache__", "node_modules", "site-packages")


def files(project: Project) -> Iterator[Path]:
    """Every Python file of the source roots that is the user's own, each once."""
    seen: set[str] = set()
    for root in project.roots:
        for folder, below, names in os.walk(root):
            if folder in seen:
                below.clear()
                continue
            seen.add(folder)
            below[:] = sorted(each for each in below if _is_own(Path(folder, each), project))
            yield from (Path(folder, name) for name in sorted(names) if name.endswith(".py"))


def _is_own(folder: Path, project: Project) -> bool:
    hidden = folder.name.startswith(".") or folder.name in _ELSEWHERE
    return not hidden and folder != project.out and not (folder / "pyvenv.cfg").exists()


class Code:
    """One module.

    name: its import name. defined: what it defines at module level, by name.
    imported: what a name stands for that it imports, anywhere.
    """

    def __init__(self, name: str, tree: ast.Module, *, is_package: bool) -> None:
        self.name = name
        self.tree = tree
        self.defined: dict[str, ast.stmt] = {}
        self.imported: dict[str, str] = {}
        self._package = name if is_package else name.rpartition(".")[0]
        for statement in tree.body:
            for defined in _names(statement):
                self.defined.setdefault(defined, statement)
        for node in ast.walk(tree):
            if isinstance(node, ast.Import | ast.ImportFrom):
                self.imported.update(self._imports(node))

    def _imports(self, node: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, str]]:
        if isinstance(node, ast.Import):
            for alias in node.names:
                head = alias.name.partition(".")[0]
                yield (alias.asname, alias.name) if alias.asname else (head, head)
            return
        parts = self._package.split(".")
        base = parts[: len(parts) + 1 - node.level] if node.level else []
        module = ".".join((*base, *([node.module] if node.module else ())))
        for alias in node.names:
            yield alias.asname or alias.name, f"{module}.{alias.name}"


def _names(statement: ast.stmt) -> Iterator[str]:
    match statement:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.Assign(targets=targets):
            yield from (each.id for each in targets if isinstance(each, ast.Name))
        case ast.AnnAssign(target=ast.Name(id=name)):
            yield name


class Codes:
    """The modules of a project, without those that are generated, each parsed once."""

    def __init__(self, project: Project) -> None:
        self._roots: Sequence[Path] = project.roots
        self._out = project.out
        self._known: dict[str, Code | None] = {}

    def name_of(self, path: Path) -> str:
        """The import name of a file below a source root: the innermost."""
        homes = [root for root in self._roots if path.is_relative_to(root)]
        root = max(homes, key=lambda each: len(each.parts))
        parts = path.relative_to(root).with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    def find(self, name: str) -> Code | None:
        """The module of this import name; `None` if it is a library's, or no Python."""
        if name not in self._known:
            self._known[name] = self._parsed(name)
        return self._known[name]

    def origin(self, code: Code, name: str) -> tuple[Code | None, str]:
        """Where a dotted name comes from: the module that defines it and its name there; of what
        the project does not define, the whole name."""
        seen: set[tuple[str, str]] = set()
        while (code.name, name) not in seen:
            seen.add((code.name, name))
            head, _, rest = name.partition(".")
            if head not in code.imported:
                return (code if head in code.defined else None), name
            whole = f"{code.imported[head]}.{rest}".rstrip(".")
            parts = whole.split(".")
            homes = (self.find(".".join(parts[:cut])) for cut in range(len(parts) - 1, 0, -1))
            home = next((each for each in homes if each is not None), None)
            if home is None:
                return None, whole
            code, name = home, whole.removeprefix(f"{home.name}.")
        return None, name

    def _parsed(self, name: str) -> Code | None:
        for root in self._roots:
            stem = root.joinpath(*name.split("."))
            for path in (stem / "__init__.py", stem.with_name(f"{stem.name}.py")):
                if path.is_file() and not path.is_relative_to(self._out):
                    return self._code(name, path)
        return None

    def _code(self, name: str, path: Path) -> Code | None:
        try:
            tree = ast.parse(path.read_bytes())
        except (SyntaxError, ValueError, RecursionError):
            return None  # no body of it can run
        return Code(name, tree, is_package=path.name == "__init__.py")
