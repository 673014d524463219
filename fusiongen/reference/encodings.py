"""In which form a type travels: what the runtime tells it by, and where it needs an index."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from typing import Any

from ..compat.containers import ITEMS, TABLES
from ..compat.layout import record_style, travels_as_array
from ..compat.opened import is_recursive
from ..compat.told import SCALARS, Told
from ..contract import (
    FIELD_FORMS,
    RECORDS,
    Annotated,
    Expression,
    Kind,
    Literals,
    Named,
    Nothing,
    Type,
    Union,
    parsed_type,
)
from ..contract import members as members_of
from ..show.description import TypeDescription
from .records import enum_members, tag_of, travels_by_name

__all__ = ["Encodings"]

_NO_MAP_KEYS = ("bool", "bytes", "datetime.datetime")


class Encodings:
    """Answers for the types of one project."""

    def __init__(self, types: Mapping[str, TypeDescription]) -> None:
        self._types = types

    def opened(self, type_: Type) -> Type:
        """The type behind aliases, NewTypes and metadata."""
        seen: set[str] = set()
        while True:
            match type_:
                case Annotated(base=base):
                    type_ = base
                case Named(ref=ref, arguments=(inner, *_)) if str(ref) in FIELD_FORMS:
                    type_ = inner
                case Named(ref=ref):
                    name = str(ref)
                    known = self._types.get(name)
                    if known is None or known.target is None or name in seen:
                        return type_
                    if is_recursive(name, self._types):
                        return type_
                    seen.add(name)
                    type_ = parsed_type(known.target)
                case _:
                    return type_

    def members(self, union: Type) -> tuple[list[Type], bool]:
        """The members of a union, those of unions within it included, in the order of the wire;
        and whether `None` is one more."""
        found = self._members(union)
        nullable = found.pop("None", None) is not None
        found.pop("msgspec.UnsetType", None)  # that a field may be absent
        return [found[text] for text in sorted(found, key=_order_of)], nullable

    def _members(self, union: Type) -> dict[str, Type]:
        found: dict[str, Type] = {}
        for member in members_of(union):
            opened = self.opened(member)
            is_union = isinstance(opened, Union)
            found.update(self._members(opened) if is_union else {str(opened): member})
        return found

    def needs_index(self, members: Sequence[Type]) -> bool:
        """Whether a union of these travels as `[index, value]`."""
        return self._needs_index(members, frozenset())

    def _needs_index(self, members: Sequence[Type], above: frozenset[str]) -> bool:
        if len(members) < 2:
            return False
        told = [self._told_by(each, above) for each in members]
        others = [each for each in told if each is not Told.TAG]
        return (
            Told.INDEX in told
            or len(others) > len(set(others))
            or (Told.TAG in told and not {Told.ARRAY, Told.OBJECT}.isdisjoint(others))
        )

    def _told_by(self, type_: Type, above: frozenset[str]) -> Told:
        type_ = self.opened(type_)
        if isinstance(type_, Literals):
            return _of_values(map(self.value, type_.values))
        if not isinstance(type_, Named):
            return Told.INDEX
        name = str(type_.ref)
        if name in ITEMS or name in TABLES:
            return self._container_told_by(type_, above)
        known = self._types.get(name)
        if known is not None:
            return self._class_told_by(known)
        return SCALARS.get(name, Told.INDEX)

    def _container_told_by(self, type_: Named, above: frozenset[str]) -> Told:
        form = Told.ARRAY if str(type_.ref) in ITEMS else Told.OBJECT
        inner = type_.items
        if not inner or (form is Told.OBJECT and not self.is_map_key(inner[0])):
            return Told.INDEX
        converted = any(self._is_converted(each, above) for each in inner)
        return Told.INDEX if converted and not self._holds_alias(inner[-1]) else form

    def _holds_alias(self, type_: Type) -> bool:
        """Whether items or values are what a recursive alias stands for: their union may be that
        alias, which would be all indexes."""
        type_ = self.opened(type_)
        if not isinstance(type_, Named):
            return False
        name, inner = str(type_.ref), type_.items
        if name in TABLES:
            return bool(inner) and self.is_map_key(inner[0]) and self._holds_alias(inner[1])
        if name in ITEMS:
            return any(map(self._holds_alias, inner))
        return is_recursive(name, self._types)

    def _class_told_by(self, type_: TypeDescription) -> Told:
        if type_.kind is Kind.ENUM:
            return _of_values(enum_members(type_).values(), converted=travels_by_name(type_))
        if type_.kind not in RECORDS:
            return Told.INDEX
        if tag_of(type_) is not None:
            return Told.TAG
        return Told.ARRAY if travels_as_array(type_) else Told.OBJECT

    def _is_converted(self, type_: Type, above: frozenset[str]) -> bool:
        opened = self.opened(type_)
        match opened:
            case Nothing():
                return False
            case Union():
                members, _ = self.members(opened)
                return self._needs_index(members, above) or any(
                    self._is_converted(each, above) for each in members
                )
        return self._told_by(opened, above) is Told.INDEX or self._has_converted(opened, above)

    def _has_converted(self, type_: Type, above: frozenset[str]) -> bool:
        """Whether a record has a field that is converted; then a container of it is, too."""
        name = str(type_.ref) if isinstance(type_, Named) else ""
        known = self._types.get(name)
        if known is None or record_style(known) is None or name in above:
            return False
        if known.kind is Kind.ATTRS:
            return True
        fields = (parsed_type(field.type) for field in known.fields if field.type)
        return any(self._is_converted(each, above | {name}) for each in fields)

    def is_map_key(self, type_: Type) -> bool:
        """Whether a dict with such keys travels as a map."""
        type_ = self.opened(type_)
        if isinstance(type_, Literals):
            return {type(self.value(each)) for each in type_.values} in ({str}, {int})
        name = str(type_.ref) if isinstance(type_, Named) else ""
        known = self._types.get(name)
        if known is not None:
            return known.kind is Kind.ENUM and not travels_by_name(known)
        return name in SCALARS and name not in _NO_MAP_KEYS

    def value(self, value: Expression) -> Any:
        """What a value of a Literal travels as."""
        owner, _, member = str(value).rpartition(".")
        type_ = self._types.get(owner)
        return enum_members(type_)[member] if type_ is not None else ast.literal_eval(str(value))


def _order_of(text: str) -> tuple[str, str]:
    """What the runtime sorts the members of a union by: their spelling without modules."""
    return re.sub(r"\b\w+\.", "", text), text


def _of_values(values: Any, *, converted: bool = False) -> Told:
    types = {type(value) for value in values} - {type(None)}
    if not converted and types == {int}:
        return Told.INTEGER
    return Told.STRING if not converted and types == {str} else Told.INDEX
