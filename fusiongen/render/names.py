"""The names of one generated scope: how each is spelled, and what has to be imported for it."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable

from ..contract import Ref
from .layout import Group, Joined, lay_out

__all__ = ["Imports", "Names"]


class Names:
    """Gives every name that a scope uses a spelling of its own.

    taken: names that mean something else there: methods (in a class they hide what the module
        calls so), definitions of the file, parameters.
    """

    def __init__(self, taken: Iterable[str], local: Callable[[str], bool]) -> None:
        self._taken = set(taken)
        self._local = local
        self._spelled: dict[Ref, str] = {}
        self._runtime: set[Ref] = set()

    def use(self, ref: Ref, *, runtime: bool = False) -> str:
        """The spelling of a name; `runtime` if it is needed when the module is imported."""
        head = Ref(module=ref.module, name=ref.head)
        if head not in self._spelled:
            self._spelled[head] = self._free(head.name or head.module)
        if runtime:
            self._runtime.add(head)
        return self._spelled[head] + ref.name[len(head.name) :]

    def own(self, module: str, name: str) -> str:
        """The spelling of a name that the generated code itself needs at run time."""
        return self.use(Ref(module=module, name=name), runtime=True)

    def _free(self, name: str) -> str:
        spelling, count = name, 1
        while spelling in self._taken:
            spelling = f"{name}_" if count == 1 else f"{name}_{count}"
            count += 1
        self._taken.add(spelling)
        return spelling

    def runtime_imports(self, indent: int = 0) -> str:
        """The import block of what is needed at run time."""
        return self._imports(self._runtime, indent)

    def typing_imports(self, indent: int = 4) -> str:
        """The import block of the rest, which only type checkers see."""
        return self._imports(self._spelled.keys() - self._runtime, indent)

    def all_imports(self, indent: int) -> str:
        """One import block of everything."""
        return self._imports(self._spelled, indent)

    def _imports(self, refs: Iterable[Ref], indent: int) -> str:
        imports = Imports(self._local)
        for ref in refs:
            if ref.module != "builtins" or self._spelled[ref] != ref.name:
                imports.add(ref.module, ref.name, self._spelled[ref])
        return imports.text(indent)


class Imports:
    """Sorted import statements, in four groups: Python's, libraries', the project's, relative.

    local: whether a module belongs to the project.
    """

    def __init__(self, local: Callable[[str], bool]) -> None:
        self._local = local
        self._names: dict[tuple[int, str], list[tuple[str, str]]] = {}

    def add(self, module: str, name: str, spelling: str) -> None:
        """Import a name of a module, or, if it is empty, the module, under this spelling."""
        self._names.setdefault((self._group(module), module), []).append((name, spelling))

    def _group(self, module: str) -> int:
        if module.startswith("."):
            return 3
        if self._local(module):
            return 2
        return 0 if module.partition(".")[0] in sys.stdlib_module_names else 1

    def text(self, indent: int) -> str:
        """The statements, each line after the first indented."""
        groups: dict[int, list[str]] = {}
        ordered = sorted(self._names, key=lambda each: (each[0], _natural(each[1])))
        for group, module in ordered:
            groups.setdefault(group, []).extend(self._whole(group, module))
        for group, module in ordered:
            groups[group].extend(self._statements(group, module, indent))
        newline = f"\n{' ' * indent}"
        return f"\n{newline}".join(newline.join(lines) for lines in groups.values())

    def _whole(self, group: int, module: str) -> list[str]:
        spellings = [spelling for name, spelling in self._names[group, module] if not name]
        return [
            f"import {module}" if spelling == module else f"import {module} as {spelling}"
            for spelling in spellings
        ]

    def _statements(self, group: int, module: str, indent: int) -> list[str]:
        named = [each for each in self._names[group, module] if each[0]]
        names = sorted(named, key=lambda each: _member(each[0]))
        plain = [name for name, spelling in names if name == spelling]
        statements = [
            (_member(name), f"from {module} import {name} as {spelling}")
            for name, spelling in names
            if name != spelling
        ]
        if plain:
            line = f"from {module} import {', '.join(plain)}"
            listed = Joined((f"from {module} import ", Group("(", tuple(plain), ")")))
            fits = len(line) + indent <= 79
            text = line if fits else lay_out(listed, indent, before=len(line))
            statements.append((_member(plain[0]), text))
        return [text for _, text in sorted(statements)]


def _natural(text: str) -> tuple[tuple[int, int | str], ...]:
    """Sorts `a2` before `a10`."""
    pieces = re.split(r"(\d+)", text.lower())
    return tuple((0, int(piece)) if piece.isdigit() else (1, piece) for piece in pieces if piece)


def _member(name: str) -> tuple[int, tuple[tuple[int, int | str], ...], str]:
    """Constants, then classes, then the rest, as import sorters have it."""
    constant = len(name) > 1 and name.isupper()
    return (0 if constant else 1 if name[:1].isupper() else 2), _natural(name), name
