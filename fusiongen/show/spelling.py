"""Types for people: names without their modules, where that leaves no doubt."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping

__all__ = ["Spelling", "names_in"]

_TOKEN = re.compile(
    r"""(?P<string>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")|(?P<name>[^\W\d]\w*(?:\.[^\W\d]\w*)*)"""
)


def names_in(text: str, known: Collection[str]) -> Iterator[str]:
    """Those of the known names that a type's text holds, members of enums by their enum."""
    for name in _names(text):
        found = _known(name, known)
        if found is not None:
            yield found


class Spelling:
    """Spells types for people.

    known: names that contain more than a module and one name, such as nested classes, with what
        stands for them. The last part of any other name stands for it.
    texts: all that is going to be spelled; names that would look alike stay as they are.
    """

    def __init__(self, known: Mapping[str, str], texts: Iterable[str]) -> None:
        self._known = known
        owners: dict[str, set[str]] = {}
        for name in {name for text in texts for name in _names(text)}:
            whole = _known(name, known) or name
            owners.setdefault(self._short(whole), set()).add(whole)
        self._ambiguous = {short for short, wholes in owners.items() if len(wholes) > 1}

    def __call__(self, text: str) -> str:
        """A type's text, or a default's."""
        return _TOKEN.sub(lambda found: found["string"] or self._name(found["name"]), text)

    def _name(self, name: str) -> str:
        whole = _known(name, self._known) or name
        short = self._short(whole)
        return name if short in self._ambiguous else short + name[len(whole) :]

    def _short(self, name: str) -> str:
        return self._known.get(name) or name.rpartition(".")[2]


def _names(text: str) -> Iterator[str]:
    return (found["name"] for found in _TOKEN.finditer(text) if found["name"])


def _known(name: str, known: Collection[str]) -> str | None:
    """The known name that this is, or that this is a member of."""
    while name not in known:
        name, dot, _ = name.rpartition(".")
        if not dot:
            return None
    return name
