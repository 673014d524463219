"""What the runtime tells the members of a union by: a union of members that look different on the
wire travels without an index, and their order does not matter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum

from ..contract import Kind, Named, Type
from .layout import travels_as_array
from .opened import Types

__all__ = ["ITEMS", "SCALARS", "SEQUENCES", "SETS", "TABLES", "Told", "told_apart"]


class Told(Enum):
    """What a member of a union is told by."""

    BOOLEAN = "boolean"
    INTEGER = "integer"
    NUMBER = "number"
    STRING = "string"
    """Text, and all that travels as text: dates, decimals, UUIDs."""
    ARRAY = "array"
    OBJECT = "object"
    TAG = "tag"
    """A Struct names itself."""
    INDEX = "index"
    """It is converted on its way: nothing but an index tells it."""


SCALARS: Mapping[str, Told] = {
    "bool": Told.BOOLEAN,
    "int": Told.INTEGER,
    "float": Told.NUMBER,
    **dict.fromkeys(("str", "bytes", "decimal.Decimal", "uuid.UUID"), Told.STRING),
    **dict.fromkeys(
        (f"datetime.{name}" for name in ("date", "datetime", "time", "timedelta")), Told.STRING
    ),
}
SEQUENCES = frozenset(
    (
        *("list", "collections.abc.Collection", "collections.abc.Sequence"),
        *("collections.abc.Iterable", "collections.abc.MutableSequence"),
    )
)
SETS = frozenset(("set", "frozenset", "collections.abc.MutableSet", "collections.abc.Set"))
ITEMS = SEQUENCES | SETS | {"tuple"}
"""Containers that travel as arrays."""
TABLES = frozenset(("dict", "collections.abc.Mapping", "collections.abc.MutableMapping"))


def told_apart(members: Sequence[Type], types: Types) -> Mapping[Told, Type] | None:
    """The members of a union, without `None`, by what each is told by; None if that tells not all
    of them, or it is not known to."""
    found = {_told_by(each, types): each for each in members}
    known = {told: each for told, each in found.items() if told is not None}
    return known if len(known) == len(members) else None


def _told_by(type_: Type, types: Types) -> Told | None:
    if not isinstance(type_, Named):
        return None
    name = str(type_.ref)
    if type_.arguments is not None:
        return _container_told_by(name, type_.items)
    known = types.get(name)
    if known is None:
        return SCALARS.get(name)
    tagged = known.options.get("tag", "None") != "None"
    if tagged or known.kind not in (Kind.DATACLASS, Kind.STRUCT):
        return None
    return Told.ARRAY if travels_as_array(known) else Told.OBJECT


def _container_told_by(name: str, items: Sequence[Type]) -> Told | None:
    scalars = [SCALARS.get(str(each)) for each in items]
    if None in scalars or name == "collections.abc.Iterable":
        return None
    if name in TABLES:
        return Told.OBJECT if scalars[0] in (Told.INTEGER, Told.STRING) else None
    return Told.ARRAY if name in ITEMS else None
