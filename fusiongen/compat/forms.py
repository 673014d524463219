"""Whether two spellings of a type mean the same: to a type checker, and on the wire."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..contract import (
    Annotated,
    Dots,
    Kind,
    Literals,
    Named,
    Ref,
    Type,
    Union,
    members,
    parsed_type,
    remade,
    united,
)
from .containers import ANY, SEQUENCES, SETS, TABLES, filled
from .enums import enum_marks, is_flag
from .layout import constraints, is_closed, optional, wire_name
from .opened import Types, checked, names, opened, travelling
from .told import told_apart

__all__ = ["Forms"]


def _abstract(*names: str) -> tuple[str, ...]:
    return tuple(f"collections.abc.{name}" for name in names)


_WIDER: Mapping[str, tuple[str, ...]] = {
    "list": _abstract("MutableSequence", "Sequence", "Collection", "Iterable"),
    "tuple": _abstract("Sequence", "Collection", "Iterable"),
    "dict": _abstract("MutableMapping", "Mapping"),
    "set": _abstract("MutableSet", "Set", "Collection", "Iterable"),
    "frozenset": _abstract("Set", "Collection", "Iterable"),
    "collections.abc.MutableSequence": _abstract("Sequence", "Collection", "Iterable"),
    "collections.abc.Sequence": _abstract("Collection", "Iterable"),
    "collections.abc.MutableMapping": _abstract("Mapping"),
    "collections.abc.MutableSet": _abstract("Set", "Collection", "Iterable"),
    "collections.abc.Set": _abstract("Collection", "Iterable"),
    "collections.abc.Collection": _abstract("Iterable"),
}
_COVARIANT = frozenset(
    (
        *("tuple", "frozenset", "collections.abc.Collection", "collections.abc.Sequence"),
        *("collections.abc.Iterable", "collections.abc.Set"),
    )
)
"""Of these, one of narrower items is narrower itself."""

_OBJECT = Named(ref=Ref.of("object"))
_Seen = frozenset[tuple[str, str]]


class Forms:
    """Compares a type of the old lock with one of the new lock. Types of one name are the same
    here: what changed in them is found where they are defined."""

    def __init__(self, old: Types, new: Types) -> None:
        self._old = old
        self._new = new

    def named(self, text: str) -> Iterator[str]:
        """Every dotted name in a type."""
        return names(parsed_type(text))

    def checks_alike(self, old: str, new: str) -> bool:
        """Whether a type checker takes either for the other one."""
        return self.accepts(old, new) and self.gives(old, new)

    def accepts(self, old: str, new: str) -> bool:
        """Whether a type checker takes every value of the old type where the new one is asked."""
        first, second = _taking(parsed_type(old)), _taking(parsed_type(new))
        return old == new or _is_a(first, self._old, second, self._new)

    def gives(self, old: str, new: str) -> bool:
        """Whether a type checker takes every value of the new type where the old one is asked."""
        first, second = parsed_type(old), parsed_type(new)
        return old == new or _is_a(second, self._new, first, self._old)

    def shown(self, old: str, new: str) -> tuple[str, str]:
        """Two that do not travel alike, as messages have them: the members of a union in the order
        in which they are numbered, by their own names."""
        return _shown(old, self._old), _shown(new, self._new)

    def travels_alike(self, old: str, new: str) -> bool:
        """Whether either end reads what the other one writes."""
        return self._same_text(old, new, frozenset())

    def _same(self, old: Type, new: Type, seen: _Seen) -> bool:
        old, new = _full(opened(old, self._old)), _full(opened(new, self._new))
        if isinstance(old, Union) or isinstance(new, Union):
            return self._same_union(old, new, seen)
        if old == new:
            return True
        values = _values(old, self._old), _values(new, self._new)
        if None not in values:
            return values[0] == values[1]
        match old, new:
            case Annotated(metadata=marks), Annotated():
                return marks == new.metadata and self._same(old.base, new.base, seen)
            case Named(arguments=olds), Named(arguments=news) if None not in (olds, news):
                return self._same_generic(old, new, seen)
        return self._same_class(str(old), str(new), seen)

    def _same_union(self, old: Type, new: Type, seen: _Seen) -> bool:
        olds, news = travelling(old, self._old), travelling(new, self._new)
        both = [[each for each in side if str(each) != "None"] for side in (olds, news)]
        nullable = [len(side) > len(some) for side, some in zip((olds, news), both, strict=True)]
        if nullable[0] != nullable[1] or len(both[0]) != len(both[1]):
            return False
        names = [set(map(str, side)) for side in both]
        apart = told_apart(both[0], self._old), told_apart(both[1], self._new)
        if apart[0] is not None and apart[1] is not None:
            first, second = (
                {told: each for told, each in side.items() if str(each) not in others}
                for side, others in zip(apart, reversed(names), strict=True)
                if side is not None
            )
            return first.keys() == second.keys() and all(
                self._same(one, second[told], seen) for told, one in first.items()
            )
        for one, other in zip(*both, strict=True):
            moved = str(one) in names[1] or str(other) in names[0]
            if str(one) != str(other) and (moved or not self._same(one, other, seen)):
                return False
        return True

    def _same_generic(self, old: Named, new: Named, seen: _Seen) -> bool:
        olds, news = old.items, new.items
        return (
            _shape(old) == _shape(new)
            and len(olds) == len(news)
            and all(self._same(one, other, seen) for one, other in zip(olds, news, strict=True))
        )

    def _same_class(self, old: str, new: str, seen: _Seen) -> bool:
        """Two classes of different names: renamed, if all else is the same."""
        if (old, new) in seen:
            return True
        first, second = self._old.get(old), self._new.get(new)
        if first is None or second is None or first.kind is not second.kind:
            return False
        if first.target is not None and second.target is not None:
            return self._same_text(first.target, second.target, seen | {(old, new)})
        if first.kind is Kind.ENUM:
            alike = set(enum_marks(first).values()) == set(enum_marks(second).values())
            return alike and first.options == second.options
        if first.options != second.options:  # a tag that is the class's name is among them
            return False
        if is_closed(first) != is_closed(second) or len(first.fields) != len(second.fields):
            return False
        seen |= {(old, new)}
        return all(
            wire_name(first, one) == wire_name(second, other)
            and optional(first, one) == optional(second, other)
            and constraints(one) == constraints(other)
            and self._same_text(one.type, other.type, seen)
            for one, other in zip(first.fields, second.fields, strict=True)
        )

    def _same_text(self, old: str, new: str, seen: _Seen) -> bool:
        return old == new or self._same(parsed_type(old), parsed_type(new), seen)


def _is_a(narrow: Type, types: Types, wide: Type, wide_types: Types) -> bool:
    """Whether every `narrow` is a `wide`, as far as their spelling shows it."""
    narrow = _without_metadata(narrow, types)
    wide = _without_metadata(wide, wide_types)
    if checked(narrow, types) == checked(wide, wide_types):
        return True
    if narrow == ANY or wide == _OBJECT:
        return True
    if isinstance(narrow, Union):
        return all(_is_a(each, types, wide, wide_types) for each in members(narrow))
    if isinstance(wide, Union):
        return any(_is_a(narrow, types, each, wide_types) for each in members(wide))
    known = types.get(str(narrow))
    if known is not None and known.kind is Kind.NEWTYPE and known.target:
        return _is_a(parsed_type(known.target), types, wide, wide_types)
    match narrow, wide:
        case Named(arguments=inner), Named(arguments=outer) if None not in (inner, outer):
            return _is_a_generic(narrow, types, wide, wide_types)
    return False


def _is_a_generic(narrow: Named, types: Types, wide: Named, wide_types: Types) -> bool:
    inner, outer = str(narrow.ref), str(wide.ref)
    if outer != inner and outer not in _WIDER.get(inner, ()):
        return False
    sides = narrow.items, wide.items
    if len(sides[0]) != len(sides[1]) or _shape(narrow) != _shape(wide):
        return False
    return all(
        checked(one, types) == checked(other, wide_types)
        or one == ANY
        or (outer in _COVARIANT and _is_a(one, types, other, wide_types))
        for one, other in zip(*sides, strict=True)
    )


def _shown(text: str, types: Types) -> str:
    def shown(type_: Type) -> Type:
        inner = remade(type_, shown)
        return united(travelling(inner, types)) if isinstance(inner, Union) else inner

    type_ = parsed_type(text)
    made = shown(type_)
    return text if made == type_ else str(made)


def _taking(type_: Type) -> Type:
    """A type that is asked for, with `object`, which takes as much, in the place of `Any`."""
    return _OBJECT if type_ == ANY else remade(type_, _taking)


def _full(type_: Type) -> Type:
    """The one spelling of what may be anything, and of containers of it."""
    return ANY if type_ == _OBJECT else filled(type_)


def _values(type_: Type, types: Types) -> frozenset[str] | None:
    """What values of a Literal, or of an enum that is no flag, travel as; None of other types."""
    if isinstance(type_, Literals):
        return frozenset(_value(str(each), types) for each in type_.values)
    known = types.get(str(type_))
    if known is None or known.kind is not Kind.ENUM or is_flag(known):
        return None
    return frozenset(enum_marks(known).values())


def _value(text: str, types: Types) -> str:
    owner, _, member = text.rpartition(".")
    known = types.get(owner)
    values = enum_marks(known) if known is not None else {}
    return values.get(member, text)


def _without_metadata(type_: Type, types: Types) -> Type:
    type_ = opened(type_, types, newtypes=False)
    return _without_metadata(type_.base, types) if isinstance(type_, Annotated) else filled(type_)


def _shape(type_: Named) -> str:
    """Generic types of one shape travel alike if their arguments do."""
    name = str(type_.ref)
    if name in SEQUENCES or (name == "tuple" and Dots() in (type_.arguments or ())):
        return "sequence"
    if name in SETS:
        return "set"
    return "table" if name in TABLES else name
