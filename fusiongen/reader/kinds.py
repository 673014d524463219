"""What sort of type a class statement makes, and what follows for its fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import libcst as cst

from ..contract import Kind
from .attributes import AttrsDecorator, attrs_fields
from .members import Field, Members, is_true
from .module import Module
from .shadows import Shadows

__all__ = [
    "DECORATED",
    "MADE_OF_THEIR_KIND",
    "Kind",
    "Making",
    "hashes",
    "is_frozen",
    "own_fields",
]

DECORATED = (Kind.ATTRS, Kind.DATACLASS, Kind.NAMED_TUPLE)
"""Sorts that a subclass inherits without what makes fields of its own annotations."""
MADE_OF_THEIR_KIND = (*DECORATED, Kind.STRUCT)
"""Sorts that inherit fields of their own sort only."""


@dataclass(frozen=True, slots=True)
class Making:
    """What makes a class what it is.

    call, attrs: its decorator, if that has arguments, and if it is one of attrs.
    pydantic: whether it is a dataclass of pydantic.
    inherited: it is of its sort only because a base is.
    """

    kind: Kind
    call: cst.Call | None = None
    attrs: AttrsDecorator | None = None
    pydantic: bool = False
    inherited: bool = False


def own_fields(
    members: Members, making: Making, options: Mapping[str, cst.BaseExpression], module: Module
) -> Iterator[Field]:
    """The fields that a class adds to those of its bases."""
    kind = making.kind
    if kind is Kind.ENUM:
        yield from members.assigned()
        return
    slotted = kind in (Kind.STRUCT, Kind.NAMED_TUPLE) or is_true(options.get("slots"))
    local_first = kind is Kind.MODEL or making.pydantic
    shadows = Shadows(module, members.statements, local_first=local_first, slotted=slotted)
    fields = members.annotated(shadows)
    if making.attrs is not None:
        fields = attrs_fields(members, making.attrs.annotated, shadows)
    for field in fields:
        if making.inherited:
            field = replace(field, flaw="it is none: the class lacks the decorator of its base")
        yield field


def is_frozen(making: Making, options: Mapping[str, cst.BaseExpression], above: bool) -> bool:
    """Whether instances cannot change; `above`: whether those of a base of the sort cannot."""
    if making.kind in (Kind.ENUM, Kind.NAMED_TUPLE):
        return True
    if making.attrs is not None:
        return making.attrs.frozen or above
    if making.kind is Kind.STRUCT and "frozen" in options:
        return is_true(options["frozen"])
    return above or is_true(options.get("frozen"))


def hashes(kind: Kind, members: Members) -> bool:
    """Whether a class vouches for its instances with a `__hash__`: the runtime believes models."""
    return kind is Kind.MODEL and members.defines("__hash__")
