"""How many bytes a type's own bounds ask for, and allow.

Only what bounds say is counted: a `str` without one is of any size, and adds nothing.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from ..contract import Annotated, Dots, Named, Ref, Type, Union, inner
from .known_types import CONTAINERS

if TYPE_CHECKING:
    from ..reader.shapes import Field, Structure
    from ..reader.structures import Structures

__all__ = ["Size", "size_of", "together"]

_TEXTS = frozenset(("str", "bytes", "bytearray"))
_NAMES: Mapping[str, tuple[str, ...]] = {
    "MinLen": ("min_length",),
    "MaxLen": ("max_length",),
    "Len": ("min_length", "max_length"),
}
"""Of annotated-types: what their arguments are."""


class Size(NamedTuple):
    """Bytes. least: that there are in any case. most: that the bounds allow, as far as there are
    any; a character counts as one.
    """

    least: int
    most: int

    def times(self, bounds: _Bounds) -> Size:
        """Of so many of these."""
        most = bounds.most if bounds.most is not None else bounds.least
        return Size(self.least * bounds.least, max(self.most, 1) * most)


class _Bounds(NamedTuple):
    least: int = 0
    most: int | None = None


_Known: TypeAlias = "dict[tuple[Ref, _Bounds], Size]"

_NOTHING = Size(0, 0)


def together(sizes: Iterable[Size]) -> Size:
    """Of all of these."""
    found = list(sizes)
    return Size(sum(each.least for each in found), sum(each.most for each in found))


def size_of(
    type_: Type | None,
    structures: Structures,
    bounds: _Bounds = _Bounds(),  # noqa: B008 - immutable
    known: _Known | None = None,
) -> Size:
    """Of a value of this type.

    bounds: of its length, as what stands around it says. known: of what was met on the way; what
    stands around it counts as nothing there, for it is counted once.
    """
    if known is None:
        if type_ is None or structures.first(_bounded, type_) is None:
            return _NOTHING
        known = {}
    match type_:
        case Annotated(base=base, metadata=metadata):
            return size_of(base, structures, _bounds(map(str, metadata), bounds), known)
        case Union(members=alternatives):
            sizes = [size_of(each, structures, bounds, known) for each in alternatives]
            return Size(min(each.least for each in sizes), max(each.most for each in sizes))
        case Named():
            return _of_class(type_, structures, bounds, known)
    return _NOTHING


def _bounded(type_: Type, structures: Structures, seen: set[Ref]) -> str | None:
    """What bounds a length in a type, or in whatever that refers to, or `None`."""
    if isinstance(type_, Annotated) and _bounds(map(str, type_.metadata), _Bounds()) != _Bounds():
        return "what is said beside a type"
    within = inner(type_)
    structure = structures.of(type_.ref) if isinstance(type_, Named) else None
    if structure is not None and structure.ref not in seen:
        seen.add(structure.ref)
        said = (each.default for each in structure.fields if each.default is not None)
        if _bounds(said, _Bounds()) != _Bounds():
            return "what a field is given"
        types = (structure.target, *(each.type for each in structure.fields))
        within = (*within, *(each for each in types if each is not None))
    for each in within:
        bound = _bounded(each, structures, seen)
        if bound is not None:
            return bound
    return None


def _of_class(type_: Named, structures: Structures, bounds: _Bounds, known: _Known) -> Size:
    origin = structures.origin(type_.ref)
    structure = structures.of(origin)
    if structure is not None:
        bounded = origin, bounds
        if bounded not in known:
            known[bounded] = _NOTHING
            known[bounded] = _of_structure(structure, structures, bounds, known)
        return known[bounded]
    if origin.module == "builtins" and origin.name in _TEXTS:
        return Size(1, 1).times(bounds)
    if f"{origin.module}.{origin.name}" not in CONTAINERS:
        return _NOTHING
    items = together(size_of(each, structures, known=known) for each in type_.items)
    if origin.name == "tuple" and not any(isinstance(each, Dots) for each in type_.arguments or ()):
        return items
    return items.times(bounds)


def _of_structure(
    structure: Structure, structures: Structures, bounds: _Bounds, known: _Known
) -> Size:
    if structure.target is not None:
        return size_of(structure.target, structures, bounds, known)
    return together(_of_field(each, structures, known) for each in structure.fields)


def _of_field(field: Field, structures: Structures, known: _Known) -> Size:
    type_ = structures.unmarked(field.type) if field.type is not None else None
    said = [field.default] if field.default is not None else []
    return size_of(type_, structures, _bounds(said, _Bounds()), known)


def _bounds(metadata: Iterable[str], bounds: _Bounds) -> _Bounds:
    """Those of a length, as `Field(max_length=9)`, `Meta(min_length=1)` or `Len(1, 9)` say them."""
    given = {name: value for text in metadata for name, value in _said(text)}
    least = max(bounds.least, given.get("min_length", 0))
    most = [each for each in (bounds.most, given.get("max_length")) if each is not None]
    return _Bounds(least, min(most, default=None))


def _said(text: str) -> Iterator[tuple[str, int]]:
    try:
        call = ast.parse(text, mode="eval").body
    except SyntaxError:
        return
    if not isinstance(call, ast.Call):
        return
    names = _NAMES.get(ast.unparse(call.func).rpartition(".")[2], ())
    given = (*zip(names, call.args, strict=False), *((e.arg, e.value) for e in call.keywords))
    for name, node in given:
        if isinstance(node, ast.Constant) and type(node.value) is int and name:
            yield name, node.value
