"""Why what a set or a dict holds, as a member or a key, is not hashable where it arrives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from ..contract import Named, Ref, Type, filled, inner
from .known_types import CHANGING, JSON_VALUE, MAIL_WITH_NAME

if TYPE_CHECKING:
    from ..reader.shapes import Field, Structure
    from ..reader.structures import Structures

__all__ = ["unhashable_in_fields", "unhashable_within"]

_SETS = ("builtins.frozenset", "builtins.set", "collections.abc.MutableSet", "collections.abc.Set")
_TABLES = ("builtins.dict", "collections.abc.Mapping", "collections.abc.MutableMapping")
_HELD = {
    **dict.fromkeys(_SETS, "a member of a set"),
    **dict.fromkeys((*_TABLES, *(CHANGING - {"collections.deque"})), "a key of a dict"),
}
"""What the first type argument of a collection is of it."""
_HASHED = ("builtins.frozenset", "builtins.tuple")
_ARRIVING = {
    **dict.fromkeys((f"collections.abc.{each}" for each in ("Collection", "Iterable")), "list"),
    "collections.abc.Sequence": "list",
    "collections.abc.Set": "set",
}
"""What may be hashable where it comes from, and what it arrives as."""
_UNHASHABLE = CHANGING.union(
    ("builtins.list", "collections.abc.MutableSequence"),
    (*_SETS, *_TABLES, *JSON_VALUE, *MAIL_WITH_NAME),
)
_DEEPEST: Final = 8
"""Forms of one generic class within each other; the runtime refuses more."""


def unhashable_within(type_: Type, structures: Structures, seen: set[Type]) -> str | None:
    """What is wrong with the members of a set or the keys of a dict in a type, or `None`."""
    return _Within(structures, seen).of(type_)


def unhashable_in_fields(structure: Structure, structures: Structures) -> str | None:
    """The same of the fields of a class."""
    return _Within(structures, set()).fields(Named(ref=structure.ref), structure, _is_field)


def _unhashable(type_: Type, structures: Structures, seen: set[Type]) -> str | None:
    return _Hashed(structures, seen).of(type_)


class _Walk:
    """Looks at each part of a type once, for what is wrong with it."""

    def __init__(self, structures: Structures, seen: set[Type]) -> None:
        self._structures = structures
        self._seen = seen
        self._path: list[Ref] = []

    def of(self, type_: Type) -> str | None:
        if type_ in self._seen:
            return None
        self._seen.add(type_)
        return self._named(type_) if isinstance(type_, Named) else self._inner(type_)

    def _named(self, type_: Named) -> str | None:
        raise NotImplementedError

    def _inner(self, type_: Type) -> str | None:
        for each in inner(type_):
            problem = self.of(each)
            if problem is not None:
                return problem
        return None

    def _known(self, type_: Named) -> str:
        origin = self._structures.origin(type_.ref)
        return f"builtins.{origin.name}" if origin.module == "builtins" else str(origin)

    def fields(
        self, type_: Named, structure: Structure, counts: Callable[[Field], bool]
    ) -> str | None:
        """What is wrong with the fields of a class that count, under its type arguments."""
        if self._path.count(structure.ref) == _DEEPEST:
            return None
        self._path.append(structure.ref)
        given = dict(zip(structure.parameters, type_.arguments or (), strict=False))
        problem = None
        for each in filter(counts, structure.fields):
            problem = self._field(each, given, structure)
            if problem is not None:
                break
        self._path.pop()
        return problem

    def _field(self, field: Field, given: Mapping[str, Type], of: Structure) -> str | None:
        type_ = self._structures.unmarked(field.type) if field.type is not None else None
        problem = self.of(filled(type_, given)) if type_ is not None else None
        return problem and f"the field `{field.name}` of `{of.ref.name}`: {problem}"


class _Within(_Walk):
    """For sets and dicts."""

    def _named(self, type_: Named) -> str | None:
        held = _HELD.get(self._known(type_))
        if held is not None and type_.items:
            reason = self._structures.first(_unhashable, type_.items[0])
            if reason is not None:
                return f"{held} must be hashable where it arrives: {reason}"
        structure = self._structures.of(type_.ref)
        problem = None
        if structure is not None and structure.target is not None:
            problem = self.of(structure.target)
        elif structure is not None:
            problem = self.fields(type_, structure, _is_field)
        return problem or self._inner(type_)


class _Hashed(_Walk):
    """For what is not hashable itself."""

    def _named(self, type_: Named) -> str | None:
        origin, known = self._structures.origin(type_.ref), self._known(type_)
        if known in _HASHED:
            return self._inner(type_)
        if known in _ARRIVING:
            return f"`{origin}` arrives as a {_ARRIVING[known]}"
        if known in _UNHASHABLE:
            return f"`{origin}` is not"
        structure = self._structures.of(origin)
        if structure is None:
            return None
        if structure.target is not None:
            return self.of(structure.target)
        if structure.hashed_by == "fields":
            return self.fields(type_, structure, _is_hashed)
        return f"`{structure.ref.name}` is not" if structure.hashed_by == "nothing" else None


def _is_field(field: Field) -> bool:
    return not field.attribute


def _is_hashed(field: Field) -> bool:
    """Whether the hash of its class asks this field."""
    given = field.default or ""
    compared = "compare=False" not in given and "eq=False" not in given
    return "hash=False" not in given and (compared or "hash=True" in given)
