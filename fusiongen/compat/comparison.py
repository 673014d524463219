"""Two locks side by side: what there is in both, and whether two types are the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from ..contract import Kind, MethodKind
from ..output.lock import Lock, LockedContract, LockedField, LockedMethod, LockedType
from .forms import Forms
from .layout import names_by_code, own_name, record_style, travels_as_array, wire_name
from .opened import reached, texts, united

__all__ = [
    "Comparison",
    "FieldPair",
    "MethodPair",
    "TypePair",
    "renamed_otherwise",
]


@dataclass(frozen=True, slots=True)
class MethodPair:
    """A method that both locks have; `at` is `carts.get`."""

    at: str
    old: LockedMethod
    new: LockedMethod


@dataclass(frozen=True, slots=True)
class TypePair:
    """A type that both locks have."""

    at: str
    old: LockedType
    new: LockedType


@dataclass(frozen=True, slots=True)
class FieldPair:
    """A field of a type that both locks have, by its name or place on the wire; `None` on the side
    that lacks it."""

    at: str
    type: TypePair
    old: LockedField | None
    new: LockedField | None


class Comparison:
    """An old lock and a new one.

    old: its types that have only moved are called by their new names.
    gone: the names of old types that nothing defines any more.
    """

    def __init__(self, old: Lock, new: Lock, gone: frozenset[str] = frozenset()) -> None:
        self.old = old
        self.new = new
        self.gone = gone
        self.forms = Forms(old.types, new.types)

    def services(self) -> Iterator[tuple[str, LockedContract, LockedContract]]:
        """Those in both, by name."""
        for name, old in self.old.contracts.items():
            if name in self.new.contracts:
                yield name, old, self.new.contracts[name]

    @cached_property
    def methods(self) -> tuple[MethodPair, ...]:
        """Those in both."""
        return tuple(
            MethodPair(f"{name}.{method}", found, new.methods[method])
            for name, old, new in self.services()
            for method, found in old.methods.items()
            if method in new.methods
        )

    @cached_property
    def types(self) -> tuple[TypePair, ...]:
        """Those in both."""
        return tuple(
            TypePair(name, old, self.new.types[name])
            for name, old in self.old.types.items()
            if name in self.new.types
        )

    @cached_property
    def records(self) -> tuple[TypePair, ...]:
        """The types in both that have fields, in a form that both share."""
        return tuple(
            pair
            for pair in self.types
            if record_style(pair.old) is not None
            and (pair.old.fields or pair.old.kind is not Kind.EXCEPTION)  # it may set what it likes
            and record_style(pair.old) == record_style(pair.new)
            and travels_as_array(pair.old) == travels_as_array(pair.new)
        )

    @cached_property
    def fields(self) -> tuple[FieldPair, ...]:
        """The fields of all records; what a record inherits is seen at its base."""
        return tuple(field for pair in self.records for field in self._fields(pair))

    def _fields(self, pair: TypePair) -> Iterator[FieldPair]:
        same = not renamed_otherwise(pair)
        old, new = _by_key(pair.old, same), _by_key(pair.new, same)
        inherited = _inherited(pair.old, self.old.types), _inherited(pair.new, self.new.types)
        for key in (*old, *(key for key in new if key not in old)):
            first, second = old.get(key), new.get(key)
            if first not in inherited[0] or second not in inherited[1]:
                name = (second or old[key]).name
                yield FieldPair(f"{pair.at}.{name}", pair, first, second)

    @cached_property
    def united(self) -> frozenset[str]:
        """The types that stand in a union with others than `None`."""
        return frozenset(
            name
            for lock in (self.old, self.new)
            for text in texts(lock)
            for name in united(text, lock.types)
        )

    @cached_property
    def within_unions(self) -> frozenset[str]:
        """The types that stand anywhere in a union with others than `None`."""
        return frozenset(
            name
            for lock in (self.old, self.new)
            for text in texts(lock)
            for name in united(text, lock.types, deep=True)
        )

    @cached_property
    def keyed(self) -> frozenset[str]:
        """The types that are part of keys: reachable from the parameters of compute methods."""
        return frozenset(
            found
            for lock in (self.old, self.new)
            for contract in lock.contracts.values()
            for method in contract.methods.values()
            if method.kind is MethodKind.COMPUTE
            for parameter in method.parameters
            for found in reached(self.forms.named(parameter.type), lock.types)
        )


def renamed_otherwise(pair: TypePair) -> bool:
    """Whether a field that both have is called otherwise on the wire, and not by its own wish; or
    may be, as somebody's function says."""
    if names_by_code(pair.old) != names_by_code(pair.new):
        return True
    new = {field.name: field for field in pair.new.fields}
    return any(
        wire_name(pair.old, field) != wire_name(pair.new, new[field.name])
        and own_name(field) == own_name(new[field.name])
        for field in pair.old.fields
        if field.name in new
    )


def _by_key(type_: LockedType, renamed_alike: bool) -> Mapping[str, LockedField]:
    """The fields by what tells them apart on the wire; by their own names if only those can be
    compared."""
    if travels_as_array(type_):
        return {str(index): field for index, field in enumerate(type_.fields)}
    if not renamed_alike:
        return {own_name(field): field for field in type_.fields}
    return {wire_name(type_, field): field for field in type_.fields}


def _inherited(type_: LockedType, types: Mapping[str, LockedType]) -> frozenset[LockedField | None]:
    """The fields that a base of the source roots has just so; and no field at all."""
    return frozenset(
        (None, *(field for base in type_.bases if base in types for field in types[base].fields))
    )
