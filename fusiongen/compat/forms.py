"""Whether two spellings of a type mean the same: to a type checker, and on the wire."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from functools import cache

from ..lock import LockedType
from .fields import constraints, enum_values, is_closed, optional, wire_name

__all__ = ["Forms"]

_ITEMS = frozenset(
    (
        *("list", "set", "frozenset", "collections.abc.Collection", "collections.abc.Sequence"),
        *("collections.abc.MutableSequence", "collections.abc.MutableSet", "collections.abc.Set"),
    )
)
_TABLES = frozenset(("dict", "collections.abc.Mapping", "collections.abc.MutableMapping"))
_WIDER: Mapping[str, tuple[str, ...]] = {
    "list": (
        *("collections.abc.MutableSequence", "collections.abc.Sequence"),
        "collections.abc.Collection",
    ),
    "tuple": ("collections.abc.Sequence", "collections.abc.Collection"),
    "dict": ("collections.abc.MutableMapping", "collections.abc.Mapping"),
    "set": ("collections.abc.MutableSet", "collections.abc.Set", "collections.abc.Collection"),
    "frozenset": ("collections.abc.Set", "collections.abc.Collection"),
    "collections.abc.MutableSequence": ("collections.abc.Sequence", "collections.abc.Collection"),
    "collections.abc.Sequence": ("collections.abc.Collection",),
    "collections.abc.MutableMapping": ("collections.abc.Mapping",),
    "collections.abc.MutableSet": ("collections.abc.Set", "collections.abc.Collection"),
    "collections.abc.Set": ("collections.abc.Collection",),
}
_FIELD_FORMS = frozenset(
    f"typing.{name}" for name in ("Final", "NotRequired", "ReadOnly", "Required")
)

Types = Mapping[str, LockedType]


@cache
def _parsed(text: str) -> ast.expr | None:
    try:
        return ast.parse(text, mode="eval").body
    except SyntaxError:
        return None


class Forms:
    """Compares a type of the old lock with one of the new lock. Types of one name are the same
    here: what changed in them is found where they are defined."""

    def __init__(self, old: Types, new: Types) -> None:
        self._old = old
        self._new = new

    def named(self, text: str) -> Iterator[str]:
        """Every dotted name in a type."""
        node = _parsed(text) if text else None
        yield from _names(node) if node is not None else ()

    def checks_alike(self, old: str, new: str) -> bool:
        """Whether a type checker cannot tell them apart."""
        return old == new or _checked(old, self._old) == _checked(new, self._new)

    def widens(self, narrow: str, wide: str) -> bool:
        """Whether every `narrow` is a `wide`, by their outermost names."""
        inner, outer = _parsed(narrow), _parsed(wide)
        if not isinstance(inner, ast.Subscript) or not isinstance(outer, ast.Subscript):
            return False
        wider = _WIDER.get(ast.unparse(inner.value), ())
        return ast.unparse(outer.value) in wider and [
            ast.unparse(each) for each in _arguments(inner) if not _is_dots(each)
        ] == [ast.unparse(each) for each in _arguments(outer)]

    def travels_alike(self, old: str, new: str) -> bool:
        """Whether either end reads what the other one writes."""
        if old == new:
            return True
        first, second = _parsed(old), _parsed(new)
        if first is None or second is None:
            return False
        return self._same(first, second, frozenset())

    def _same(self, old: ast.expr, new: ast.expr, seen: frozenset[tuple[str, str]]) -> bool:
        old, new = _opened(old, self._old), _opened(new, self._new)
        if ast.unparse(old) == ast.unparse(new):
            return True
        if _is_union(old) or _is_union(new):
            olds, news = _travelling(old, self._old), _travelling(new, self._new)
            return len(olds) == len(news) and all(
                self._same(one, other, seen) for one, other in zip(olds, news, strict=True)
            )
        if isinstance(old, ast.Subscript) and isinstance(new, ast.Subscript):
            return self._same_generic(old, new, seen)
        return self._same_class(ast.unparse(old), ast.unparse(new), seen)

    def _same_generic(
        self, old: ast.Subscript, new: ast.Subscript, seen: frozenset[tuple[str, str]]
    ) -> bool:
        names = ast.unparse(old.value), ast.unparse(new.value)
        olds, news = list(_arguments(old)), list(_arguments(new))
        if names == ("typing.Literal", "typing.Literal"):
            return sorted(map(ast.unparse, olds)) == sorted(map(ast.unparse, news))
        if names == ("typing.Annotated", "typing.Annotated"):
            metadata = [list(map(ast.unparse, each[1:])) for each in (olds, news)]
            return metadata[0] == metadata[1] and self._same(olds[0], news[0], seen)
        if _shape(old) != _shape(new):
            return False
        olds, news = ([each for each in side if not _is_dots(each)] for side in (olds, news))
        return len(olds) == len(news) and all(
            self._same(one, other, seen) for one, other in zip(olds, news, strict=True)
        )

    def _same_class(self, old: str, new: str, seen: frozenset[tuple[str, str]]) -> bool:
        """Two classes of different names: renamed, if all else is the same."""
        if (old, new) in seen:
            return True
        first, second = self._old.get(old), self._new.get(new)
        if first is None or second is None or first.kind != second.kind:
            return False
        if first.kind == "enum":
            return set(enum_values(first).values()) == set(enum_values(second).values())
        if first.options != second.options or "tag" in first.options:
            return False  # a tag is the class's name, unless it is spelled out
        if is_closed(first) != is_closed(second) or len(first.fields) != len(second.fields):
            return False
        seen |= {(old, new)}
        return all(
            wire_name(one) == wire_name(other)
            and optional(first, one) == optional(second, other)
            and constraints(one) == constraints(other)
            and self._same_text(one.type, other.type, seen)
            for one, other in zip(first.fields, second.fields, strict=True)
        )

    def _same_text(self, old: str, new: str, seen: frozenset[tuple[str, str]]) -> bool:
        first, second = _parsed(old), _parsed(new)
        if first is None or second is None:
            return old == new
        return self._same(first, second, seen)


def _names(node: ast.expr) -> Iterator[str]:
    match node:
        case ast.Name() | ast.Attribute():
            yield ast.unparse(node)
        case ast.Subscript():
            yield ast.unparse(node.value)
            for argument in _arguments(node):
                yield from _names(argument)
        case ast.BinOp(left=left, right=right):
            yield from _names(left)
            yield from _names(right)


def _arguments(node: ast.Subscript) -> Iterator[ast.expr]:
    if isinstance(node.slice, ast.Tuple):
        yield from node.slice.elts
    else:
        yield node.slice


def _opened(node: ast.expr, types: Types, *, newtypes: bool = True) -> ast.expr:
    """The type behind aliases and NewTypes, without marks that say nothing."""
    seen: set[str] = set()
    while True:
        name = ast.unparse(node)
        type_ = types.get(name)
        target = _parsed(type_.target) if type_ is not None and type_.target else None
        if target is not None and name not in seen:
            if type_ is not None and type_.kind == "newtype" and not newtypes:
                return node
            seen.add(name)
            node = target
            continue
        if isinstance(node, ast.Subscript):
            outer, arguments = ast.unparse(node.value), list(_arguments(node))
            if outer in _FIELD_FORMS:
                node = arguments[0]
                continue
            if outer == "typing.Annotated" and all(map(_is_comment, arguments[1:])):
                node = arguments[0]
                continue
        return node


def _is_comment(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _is_dots(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is ...


def _is_union(node: ast.expr) -> bool:
    return isinstance(node, ast.BinOp)


def _members(node: ast.expr) -> Iterator[ast.expr]:
    if isinstance(node, ast.BinOp):
        yield from _members(node.left)
        yield from _members(node.right)
    else:
        yield node


def _travelling(node: ast.expr, types: Types) -> list[ast.expr]:
    """The members of a union as the runtime numbers them: by their spelling without modules."""
    members = {
        ast.unparse(member): member
        for each in _members(node)
        for member in _members(_opened(each, types))
    }
    return [members[text] for text in sorted(members, key=lambda text: (_short(text), text))]


def _short(text: str) -> str:
    return re.sub(r"\b\w+\.", "", text)


def _shape(node: ast.Subscript) -> str:
    name = ast.unparse(node.value)
    if name in _ITEMS or (name == "tuple" and any(map(_is_dots, _arguments(node)))):
        return "items"
    return "table" if name in _TABLES else name


def _checked(text: str, types: Types) -> str:
    """The type as a type checker sees it: aliases opened, metadata dropped, unions in any order."""
    node = _parsed(text)
    return text if node is None else _spelled(node, types)


def _spelled(node: ast.expr, types: Types) -> str:
    node = _opened(node, types, newtypes=False)
    if isinstance(node, ast.BinOp):
        members = {
            _spelled(member, types)
            for each in _members(node)
            for member in _members(_opened(each, types, newtypes=False))
        }
        return " | ".join(sorted(members))
    if isinstance(node, ast.Subscript):
        arguments = list(_arguments(node))
        name = ast.unparse(node.value)
        if name == "typing.Annotated":
            return _spelled(arguments[0], types)
        if name == "typing.Literal":
            return f"{name}[{', '.join(sorted(map(ast.unparse, arguments)))}]"
        return f"{name}[{', '.join(_spelled(each, types) for each in arguments)}]"
    return ast.unparse(node)
