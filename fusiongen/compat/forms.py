"""Whether two spellings of a type mean the same: to a type checker, and on the wire."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from ..contract import Kind
from .apart import told_apart
from .layout import constraints, enum_marks, is_closed, is_flag, optional, wire_name
from .spelled import (
    Types,
    arguments,
    checked,
    is_dots,
    is_union,
    members,
    names,
    opened,
    parsed,
    travelling,
)

__all__ = ["Forms"]

_SEQUENCES = frozenset(
    (
        *("list", "collections.abc.Collection", "collections.abc.Sequence"),
        *("collections.abc.Iterable", "collections.abc.MutableSequence"),
    )
)
_SETS = frozenset(
    ("set", "frozenset", "collections.abc.MutableSet", "collections.abc.Set"),
)
_TABLES = frozenset(("dict", "collections.abc.Mapping", "collections.abc.MutableMapping"))


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

_ANY = "typing.Any"
_Seen = frozenset[tuple[str, str]]


class Forms:
    """Compares a type of the old lock with one of the new lock. Types of one name are the same
    here: what changed in them is found where they are defined."""

    def __init__(self, old: Types, new: Types) -> None:
        self._old = old
        self._new = new

    def named(self, text: str) -> Iterator[str]:
        """Every dotted name in a type."""
        node = parsed(text) if text else None
        yield from names(node) if node is not None else ()

    def checks_alike(self, old: str, new: str) -> bool:
        """Whether a type checker takes either for the other one."""
        return self.accepts(old, new) and self.gives(old, new)

    def accepts(self, old: str, new: str) -> bool:
        """Whether a type checker takes every value of the old type where the new one is asked."""
        first, second = parsed(old), parsed(new)
        if old == new or first is None or second is None:
            return old == new
        return _is_a(_taking(first), self._old, _taking(second), self._new)

    def gives(self, old: str, new: str) -> bool:
        """Whether a type checker takes every value of the new type where the old one is asked."""
        first, second = parsed(old), parsed(new)
        if old == new or first is None or second is None:
            return old == new
        return _is_a(second, self._new, first, self._old)

    def travels_alike(self, old: str, new: str) -> bool:
        """Whether either end reads what the other one writes."""
        return self._same_text(old, new, frozenset())

    def _same(self, old: ast.expr, new: ast.expr, seen: _Seen) -> bool:
        old, new = _full(opened(old, self._old)), _full(opened(new, self._new))
        if is_union(old) or is_union(new):
            return self._same_union(old, new, seen)
        if ast.unparse(old) == ast.unparse(new):
            return True
        values = _values(old, self._old), _values(new, self._new)
        if None not in values:
            return values[0] == values[1]
        if isinstance(old, ast.Subscript) and isinstance(new, ast.Subscript):
            return self._same_generic(old, new, seen)
        return self._same_class(ast.unparse(old), ast.unparse(new), seen)

    def _same_union(self, old: ast.expr, new: ast.expr, seen: _Seen) -> bool:
        olds, news = travelling(old, self._old), travelling(new, self._new)
        both = [[each for each in side if ast.unparse(each) != "None"] for side in (olds, news)]
        nullable = [len(side) > len(some) for side, some in zip((olds, news), both, strict=True)]
        if nullable[0] != nullable[1] or len(both[0]) != len(both[1]):
            return False
        apart = told_apart(both[0], self._old), told_apart(both[1], self._new)
        if apart[0] is not None and apart[1] is not None:
            return apart[0].keys() == apart[1].keys() and all(
                self._same(one, apart[1][told], seen) for told, one in apart[0].items()
            )
        names = [set(map(ast.unparse, side)) for side in both]
        for one, other in zip(*both, strict=True):
            moved = ast.unparse(one) in names[1] or ast.unparse(other) in names[0]
            if ast.unparse(one) != ast.unparse(other) and (
                moved or not self._same(one, other, seen)
            ):
                return False
        return True

    def _same_generic(self, old: ast.Subscript, new: ast.Subscript, seen: _Seen) -> bool:
        outer = ast.unparse(old.value), ast.unparse(new.value)
        olds, news = arguments(old), arguments(new)
        if outer == ("typing.Annotated", "typing.Annotated"):
            metadata = [list(map(ast.unparse, each[1:])) for each in (olds, news)]
            return metadata[0] == metadata[1] and self._same(olds[0], news[0], seen)
        if _shape(old) != _shape(new):
            return False
        olds, news = ([each for each in side if not is_dots(each)] for side in (olds, news))
        return len(olds) == len(news) and all(
            self._same(one, other, seen) for one, other in zip(olds, news, strict=True)
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
        if first.options != second.options or "tag" in first.options:
            return False  # a tag is the class's name, unless it is spelled out
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
        first, second = parsed(old), parsed(new)
        if old == new or first is None or second is None:
            return old == new
        return self._same(first, second, seen)


def _is_a(narrow: ast.expr, types: Types, wide: ast.expr, wide_types: Types) -> bool:
    """Whether every `narrow` is a `wide`, as far as their spelling shows it."""
    narrow = _without_metadata(narrow, types)
    wide = _without_metadata(wide, wide_types)
    if checked(narrow, types) == checked(wide, wide_types):
        return True
    if ast.unparse(narrow) == _ANY or ast.unparse(wide) == "object":
        return True
    if is_union(narrow):
        return all(_is_a(each, types, wide, wide_types) for each in members(narrow))
    if is_union(wide):
        return any(_is_a(narrow, types, each, wide_types) for each in members(wide))
    known = types.get(ast.unparse(narrow))
    if known is not None and known.kind is Kind.NEWTYPE and known.target:
        target = parsed(known.target)
        return target is not None and _is_a(target, types, wide, wide_types)
    if isinstance(narrow, ast.Subscript) and isinstance(wide, ast.Subscript):
        inner, outer = ast.unparse(narrow.value), ast.unparse(wide.value)
        if outer != inner and outer not in _WIDER.get(inner, ()):
            return False
        sides = [[each for each in arguments(side) if not is_dots(each)] for side in (narrow, wide)]
        if len(sides[0]) != len(sides[1]) or _shape(narrow) != _shape(wide):
            return False
        return all(
            checked(one, types) == checked(other, wide_types)
            or ast.unparse(one) == _ANY
            or (outer in _COVARIANT and _is_a(one, types, other, wide_types))
            for one, other in zip(*sides, strict=True)
        )
    return False


def _taking(node: ast.expr) -> ast.expr:
    """A type that is asked for, with `object`, which takes as much, in the place of `Any`."""
    return ast.parse(ast.unparse(node).replace(_ANY, "object"), mode="eval").body


def _full(node: ast.expr) -> ast.expr:
    """The one spelling of what may be anything, and of containers of it."""
    name = ast.unparse(node)
    if name == "object":
        return _any()
    if name == "tuple":
        return ast.parse(f"tuple[{_ANY}, ...]", mode="eval").body
    if name in _SEQUENCES or name in _SETS:
        return ast.Subscript(node, _any(), ast.Load())
    if name in _TABLES:
        return ast.Subscript(node, ast.Tuple([_any(), _any()], ast.Load()), ast.Load())
    return node


def _any() -> ast.expr:
    return ast.parse(_ANY, mode="eval").body


def _values(node: ast.expr, types: Types) -> frozenset[str] | None:
    """What values of a Literal, or of an enum that is no flag, travel as; None of other types."""
    if isinstance(node, ast.Subscript) and ast.unparse(node.value) == "typing.Literal":
        return frozenset(_value(each, types) for each in arguments(node))
    known = types.get(ast.unparse(node))
    if known is None or known.kind is not Kind.ENUM or is_flag(known):
        return None
    return frozenset(enum_marks(known).values())


def _value(node: ast.expr, types: Types) -> str:
    owner, _, member = ast.unparse(node).rpartition(".")
    known = types.get(owner)
    values = enum_marks(known) if known is not None else {}
    return values.get(member, ast.unparse(node))


def _without_metadata(node: ast.expr, types: Types) -> ast.expr:
    node = opened(node, types, newtypes=False)
    if isinstance(node, ast.Subscript) and ast.unparse(node.value) == "typing.Annotated":
        return _without_metadata(arguments(node)[0], types)
    return node


def _shape(node: ast.Subscript) -> str:
    """Generic types of one shape travel alike if their arguments do."""
    name = ast.unparse(node.value)
    if name in _SEQUENCES or (name == "tuple" and any(map(is_dots, arguments(node)))):
        return "sequence"
    if name in _SETS:
        return "set"
    return "table" if name in _TABLES else name
