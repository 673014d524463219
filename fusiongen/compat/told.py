"""What the runtime tells the members of a union by: a union of members that look different on the
wire travels without an index, and their order does not matter."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

from ..contract import Kind, Named, Type
from .containers import ITEMS, TABLES
from .layout import travels_as_array
from .opened import Types

__all__ = ["SCALARS", "Told", "told_apart"]


class Told(StrEnum):
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


def told_apart(members: Sequence[Type], types: Types) -> Mapping[str, Type] | None:
    """The members of a union, without `None`, by what each is told by: that of a tagged Struct is
    its tag; None if that tells not all of them, or it is not known to."""
    found = {_told_by(each, types): each for each in members}
    known = {told: each for told, each in found.items() if told is not None}
    return known if len(known) == len(members) and not _beside_tags(known) else None


def _beside_tags(told: Iterable[str]) -> bool:
    """Whether there are tags, and what no tag is told from: other objects, other fields of tags."""
    tags = {each.partition(" ")[0] for each in told if " " in each}
    return len(tags) > 1 or (bool(tags) and not {Told.ARRAY, Told.OBJECT}.isdisjoint(told))


def _told_by(type_: Type, types: Types) -> str | None:
    if not isinstance(type_, Named):
        return None
    name = str(type_.ref)
    if type_.arguments is not None:
        return _container_told_by(name, type_.items)
    known = types.get(name)
    if known is None:
        return SCALARS.get(name)
    if known.kind not in (Kind.DATACLASS, Kind.STRUCT):
        return None
    if known.options.get("tag", "None") == "None":
        return Told.ARRAY if travels_as_array(known) else Told.OBJECT
    tag = f"{known.options.get('tag_field', 'type')} {known.options['tag']}"
    return None if travels_as_array(known) else tag


def _container_told_by(name: str, items: Sequence[Type]) -> Told | None:
    scalars = [SCALARS.get(str(each)) for each in items]
    if None in scalars or name == "collections.abc.Iterable":
        return None
    if name in TABLES:
        return Told.OBJECT if scalars[0] in (Told.INTEGER, Told.STRING) else None
    return Told.ARRAY if name in ITEMS else None
