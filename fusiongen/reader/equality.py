"""How instances of a class are told from each other: their hash, their order, what equals them."""

from __future__ import annotations

from collections.abc import Mapping

from ..contract import FREEZABLE, Kind
from .making import Making
from .members import Members
from .shapes import HashedBy

__all__ = ["are_ordered", "equal_themselves_alone", "hashed_by"]

_HASHED_BY_FIELDS = (*FREEZABLE, Kind.NAMED_TUPLE)
_LOSE_THEIR_HASH = (Kind.ENUM, Kind.NAMED_TUPLE, Kind.STRUCT)
"""Sorts that get no hash anew where a class has an `__eq__` of its own."""
_DECORATED = (Kind.ATTRS, Kind.DATACLASS)


def hashed_by(
    making: Making,
    options: Mapping[str, str],
    members: Members,
    above: HashedBy | None,
    *,
    frozen: bool,
) -> HashedBy:
    """What the hash of an instance is made of; `above`: that of one of a base of the sort."""
    kind = making.kind
    if members.defines("__hash__"):
        return "itself"
    if kind is Kind.TYPED_DICT or (kind in _LOSE_THEIR_HASH and members.defines("__eq__")):
        return "nothing"
    if making.inherited or (kind in (Kind.MODEL, Kind.STRUCT) and above == "itself"):
        return above or "fields"
    if "True" in (options.get("hash"), options.get("unsafe_hash")):
        return "fields"
    if kind not in _HASHED_BY_FIELDS or options.get("eq") == "False":
        return above or "itself"
    return "fields" if frozen else "nothing"


def are_ordered(
    making: Making, options: Mapping[str, str], members: Members, *, above: bool
) -> bool:
    """Whether `<` takes two instances; `above`: whether it takes those of a base of the sort."""
    if making.kind is Kind.NAMED_TUPLE or members.defines("__lt__"):
        return True
    if making.kind is Kind.STRUCT:
        return options.get("order", str(above)) == "True"
    if making.attrs is not None:
        return above or making.attrs.ordered
    return above or options.get("order") == "True"


def equal_themselves_alone(
    making: Making, options: Mapping[str, str], members: Members, *, above: bool | None
) -> bool:
    """Whether no two instances are equal, whatever their fields; `above`: whether it is so of a
    base of the sort, if there is one."""
    if members.defines("__eq__"):
        return False
    if making.kind is Kind.STRUCT or making.inherited:
        return options.get("eq", str(not above)) == "False"
    # What such a class does not make it has of its base.
    return making.kind in _DECORATED and above is not False and options.get("eq") == "False"
