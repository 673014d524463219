"""Unions whose members look different on the wire, so that they travel without an index, and their
order does not matter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..contract import Dots, Kind, Named, Type
from .layout import travels_as_array
from .opened import Types

__all__ = ["told_apart"]

_SCALARS: Mapping[str, str] = {
    "bool": "boolean",
    "int": "integer",
    "float": "number",
    **dict.fromkeys(("str", "bytes", "decimal.Decimal", "uuid.UUID"), "text"),
    **dict.fromkeys(
        (f"datetime.{name}" for name in ("date", "datetime", "time", "timedelta")), "text"
    ),
}
_ARRAYS = frozenset(
    (
        *("collections.abc.Collection", "collections.abc.MutableSequence", "frozenset", "list"),
        *("collections.abc.MutableSet", "collections.abc.Sequence", "collections.abc.Set", "set"),
        "tuple",
    )
)
_OBJECTS = frozenset(("collections.abc.Mapping", "collections.abc.MutableMapping", "dict"))


def told_apart(members: Sequence[Type], types: Types) -> Mapping[str, Type] | None:
    """The members of a union, without `None`, by what each is told by; None if that tells not all
    of them, or it is not known to."""
    found = {_told_by(each, types): each for each in members}
    known = {told: each for told, each in found.items() if told is not None}
    return known if len(known) == len(members) else None


def _told_by(type_: Type, types: Types) -> str | None:
    if not isinstance(type_, Named):
        return None
    name = str(type_.ref)
    if type_.arguments is not None:
        return _container_told_by(name, [each for each in type_.arguments if each != Dots()])
    known = types.get(name)
    if known is None:
        return _SCALARS.get(name)
    tagged = known.options.get("tag", "None") != "None"
    if tagged or known.kind not in (Kind.DATACLASS, Kind.STRUCT):
        return None
    return "array" if travels_as_array(known) else "object"


def _container_told_by(name: str, items: Sequence[Type]) -> str | None:
    scalars = [_SCALARS.get(str(each)) for each in items]
    if None in scalars:
        return None
    if name in _OBJECTS:
        return "object" if scalars[0] in ("integer", "text") else None
    return "array" if name in _ARRAYS else None
