"""What pydantic's configuration of a class asks of the values in its fields."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from typing import TypeVar

from ..contract import Annotated, Kind, Named, parsed_type, parts
from ..output.lock import Lock, LockedType
from .containers import ITEMS, TABLES
from .opened import Types, names, opened, reached, texts
from .told import SCALARS

__all__ = ["asked_otherwise", "configured", "heeded"]

_T = TypeVar("_T", bound=LockedType)

_UNSAID = {
    "allow_inf_nan": "True",
    "str_max_length": "None",
    "str_min_length": "0",
    "str_strip_whitespace": "False",
    "str_to_lower": "False",
    "str_to_upper": "False",
}
"""What it asks, and what pydantic does if it does not say so."""
_TOLD = ("extra", *_UNSAID)
_FORBID = "'forbid'"
_NUMBERS = ("float", "decimal.Decimal")
_UNASKED = SCALARS.keys() | ITEMS | TABLES | {"object", "typing.Any"}


def configured(lock: Lock) -> Lock:
    """The lock with what pydantic is told of a TypedDict, or of a dataclass that is none of its
    own, only where it sees them: in its own classes, and under constraints."""
    return lock.model_copy(update={"types": heeded(lock.types, _constrained(lock))})


def heeded(types: Mapping[str, _T], others: Iterable[str] = ()) -> dict[str, _T]:
    """The types with what pydantic is told of one only where it sees that: in its own classes; and
    with what it holds one to that says nothing itself.

    others: that it sees, too.
    """
    own = (name for name, it in types.items() if it.validated or it.kind is Kind.UNKNOWN)
    seen = reached((*own, *others), types)
    told = {name: it if name in seen else _untold(it) for name, it in types.items()}
    for name in _closed_from_around(told):
        options = {**told[name].options, "extra": _FORBID}
        told[name] = told[name].model_copy(update={"options": options})
    return told


def _closed_from_around(types: Mapping[str, LockedType]) -> set[str]:
    """The types that have no configuration, and are in one that forbids what it does not know: it
    is theirs, too, unless they are classes of pydantic."""
    closed = {name for name, it in types.items() if it.options.get("extra") == _FORBID}
    seen = reached(closed, types, lambda it: it in closed or not _goes_by_its_own(types[it]))
    return {name for name in seen if types[name].kind in (Kind.DATACLASS, Kind.TYPED_DICT)}


def _goes_by_its_own(type_: LockedType) -> bool:
    """Whether what is around it is not its configuration."""
    own = not type_.options.keys().isdisjoint(_TOLD)
    passing = (Kind.ALIAS, Kind.DATACLASS, Kind.NAMED_TUPLE, Kind.NEWTYPE, Kind.TYPED_DICT)
    return own or type_.validated or type_.kind not in passing


def _constrained(lock: Lock) -> Iterator[str]:
    for text in texts(lock):
        for part in parts(parsed_type(text)):
            found = opened(part, lock.types)
            yield from names(found) if isinstance(found, Annotated) else ()


def _untold(type_: _T) -> _T:
    options = {name: text for name, text in type_.options.items() if name not in _TOLD}
    return type_.model_copy(update={"options": options})


def asked_otherwise(old: LockedType, new: LockedType, types: tuple[Types, Types]) -> Iterator[str]:
    """The options that ask something else in the new version, of a value that either one has.

    types: those of the old lock, and of the new one.
    """
    for option, unsaid in _UNSAID.items():
        if old.options.get(option, unsaid) == new.options.get(option, unsaid):
            continue
        asked = _NUMBERS if option == "allow_inf_nan" else ("str",)
        unasked = _UNASKED.difference(asked)
        sides = zip((old, new), types, strict=True)
        if any(_holds_others(each, unasked, known, set()) for each, known in sides):
            yield option


def _holds_others(type_: LockedType, names: Set[str], types: Types, seen: set[str]) -> bool:
    """Whether anything in a type may be something else than what has one of these names."""
    if type_.kind in (Kind.PLAIN, Kind.UNKNOWN):
        return True
    for text in (type_.target or "None", *(field.type for field in type_.fields)):
        for part in parts(parsed_type(text)):
            name = str(part.ref) if isinstance(part, Named) else None
            if name is None or name in names or name in seen:
                continue
            seen.add(name)
            if name not in types:
                return True
            # A model is configured by itself, and of an enum no value is asked anything.
            inner = types[name] if types[name].kind not in (Kind.ENUM, Kind.MODEL) else None
            if inner is not None and _holds_others(inner, names, types, seen):
                return True
    return False
