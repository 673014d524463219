"""In which form a type travels: what the runtime tells it by, and where it needs an index."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any

from ..compat.comparison import record_style
from ..compat.layout import travels_as_array
from ..compat.spelled import is_recursive
from ..contract import RECORDS, Kind
from ..show.description import TypeDescription
from .nodes import UNION, is_dots, operands, order_of, parsed, split
from .records import enum_members, tag_of, travels_by_name

__all__ = ["ITEMS", "MARKS", "SETS", "TABLES", "Forms"]

SETS = frozenset(("set", "frozenset", "collections.abc.Set", "collections.abc.MutableSet"))
ITEMS = SETS | {
    *("list", "tuple", "collections.abc.Collection", "collections.abc.Iterable"),
    *("collections.abc.MutableSequence", "collections.abc.Sequence"),
}
TABLES = frozenset(("dict", "collections.abc.Mapping", "collections.abc.MutableMapping"))
MARKS = frozenset(f"typing.{name}" for name in ("Final", "NotRequired", "ReadOnly", "Required"))
"""Forms around the type of a field."""


class _Told(Enum):
    """What the runtime tells a member of a union by."""

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


_SCALARS: Mapping[str, _Told] = {
    "bool": _Told.BOOLEAN,
    "int": _Told.INTEGER,
    "float": _Told.NUMBER,
    **dict.fromkeys(("str", "bytes", "decimal.Decimal", "uuid.UUID"), _Told.STRING),
    **dict.fromkeys(
        (f"datetime.{name}" for name in ("date", "datetime", "time", "timedelta")), _Told.STRING
    ),
}
_NO_MAP_KEYS = ("bool", "bytes", "datetime.datetime")


class Forms:
    """Answers for the types of one project."""

    def __init__(self, types: Mapping[str, TypeDescription]) -> None:
        self._types = types

    def opened(self, node: ast.expr) -> ast.expr:
        """The type behind aliases, NewTypes and metadata."""
        seen: set[str] = set()
        while True:
            name, arguments = split(node)
            type_ = self._types.get(name)
            if arguments and (name == "typing.Annotated" or name in MARKS):
                node = arguments[0]
            elif type_ is None or is_recursive(name, self._types):
                return node
            elif type_.target is not None and name not in seen:
                seen.add(name)
                node = parsed(type_.target)
            else:
                return node

    def members(self, node: ast.expr) -> tuple[list[ast.expr], bool]:
        """The members of a union, those of unions within it included, in the order of the wire;
        and whether `None` is one more."""
        found = self._members(node)
        nullable = found.pop("None", None) is not None
        found.pop("msgspec.UnsetType", None)  # that a field may be absent
        return [found[text] for text in sorted(found, key=order_of)], nullable

    def _members(self, node: ast.expr) -> dict[str, ast.expr]:
        found: dict[str, ast.expr] = {}
        for member in operands(node):
            opened = self.opened(member)
            is_union = split(opened)[0] == UNION
            found.update(self._members(opened) if is_union else {ast.unparse(opened): member})
        return found

    def needs_index(self, members: Sequence[ast.expr]) -> bool:
        """Whether a union of these travels as `[index, value]`."""
        return self._needs_index(members, frozenset())

    def _needs_index(self, members: Sequence[ast.expr], above: frozenset[str]) -> bool:
        if len(members) < 2:
            return False
        told = [self._told_by(each, above) for each in members]
        others = [each for each in told if each is not _Told.TAG]
        return (
            _Told.INDEX in told
            or len(others) > len(set(others))
            or (_Told.TAG in told and not {_Told.ARRAY, _Told.OBJECT}.isdisjoint(others))
        )

    def _told_by(self, node: ast.expr, above: frozenset[str]) -> _Told:
        node = self.opened(node)
        name, arguments = split(node)
        inner = [each for each in arguments if not is_dots(each)]
        if name in _SCALARS:
            return _SCALARS[name]
        if name == "typing.Literal":
            return _of_values(map(self.value, arguments))
        if name in ITEMS or name in TABLES:
            form = _Told.ARRAY if name in ITEMS else _Told.OBJECT
            if not inner or (form is _Told.OBJECT and not self.is_map_key(inner[0])):
                return _Told.INDEX
            converted = any(self._is_converted(each, above) for each in inner)
            return _Told.INDEX if converted and not self._holds_alias(inner[-1]) else form
        type_ = self._types.get(name)
        return _Told.INDEX if type_ is None else self._class_told_by(type_)

    def _holds_alias(self, node: ast.expr) -> bool:
        """Whether items or values are what a recursive alias stands for: their union may be that
        alias, which would be all indexes."""
        node = self.opened(node)
        name, arguments = split(node)
        inner = [each for each in arguments if not is_dots(each)]
        if name in TABLES:
            return bool(inner) and self.is_map_key(inner[0]) and self._holds_alias(inner[1])
        if name in ITEMS:
            return any(map(self._holds_alias, inner))
        return is_recursive(name, self._types)

    def _class_told_by(self, type_: TypeDescription) -> _Told:
        if type_.kind is Kind.ENUM:
            return _of_values(enum_members(type_).values(), converted=travels_by_name(type_))
        if type_.kind not in RECORDS:
            return _Told.INDEX
        if tag_of(type_) is not None:
            return _Told.TAG
        return _Told.ARRAY if travels_as_array(type_) else _Told.OBJECT

    def _is_converted(self, node: ast.expr, above: frozenset[str]) -> bool:
        opened = self.opened(node)
        if split(opened)[0] == "None":
            return False
        if split(opened)[0] == UNION:
            members, _ = self.members(opened)
            return self._needs_index(members, above) or any(
                self._is_converted(each, above) for each in members
            )
        return self._told_by(opened, above) is _Told.INDEX or self._has_converted(opened, above)

    def _has_converted(self, node: ast.expr, above: frozenset[str]) -> bool:
        """Whether a record has a field that is converted; then a container of it is, too."""
        name, _ = split(node)
        type_ = self._types.get(name)
        if type_ is None or record_style(type_) is None or name in above:
            return False
        if type_.kind is Kind.ATTRS:
            return True
        fields = (parsed(field.type) for field in type_.fields if field.type)
        return any(self._is_converted(each, above | {name}) for each in fields)

    def is_map_key(self, node: ast.expr) -> bool:
        """Whether a dict with such keys travels as a map."""
        node = self.opened(node)
        name, arguments = split(node)
        if name == "typing.Literal":
            return {type(self.value(each)) for each in arguments} in ({str}, {int})
        type_ = self._types.get(name)
        if type_ is not None:
            return type_.kind is Kind.ENUM and not travels_by_name(type_)
        return name in _SCALARS and name not in _NO_MAP_KEYS

    def value(self, node: ast.expr) -> Any:
        """What a value of a Literal travels as."""
        owner, _, member = ast.unparse(node).rpartition(".")
        type_ = self._types.get(owner)
        return enum_members(type_)[member] if type_ is not None else ast.literal_eval(node)


def _of_values(values: Any, *, converted: bool = False) -> _Told:
    types = {type(value) for value in values} - {type(None)}
    if not converted and types == {int}:
        return _Told.INTEGER
    return _Told.STRING if not converted and types == {str} else _Told.INDEX
