"""How many bytes a type's own bounds ask for, and allow.

Only what bounds say is counted: a `str` without one is of any size, and adds nothing.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from ..contract import Annotated, Dots, Named, Ref, Type, Union
from .known_types import CONTAINERS

if TYPE_CHECKING:
    from ..reader.shapes import Field, Structure
    from ..reader.structures import Structures

__all__ = ["Size", "Sizes", "together"]

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


_Key: TypeAlias = "tuple[Ref, _Bounds]"

_NOTHING = Size(0, 0)
_ANY_LENGTH = _Bounds()


def together(sizes: Iterable[Size]) -> Size:
    """Of all of these."""
    found = list(sizes)
    return Size(sum(each.least for each in found), sum(each.most for each in found))


class Sizes:
    """Of the types of a project, each class worked out once (C7).

    Of classes that refer to each other each may hold all the others, and is as large: what one of
    them says is counted once. (As Tarjan finds them: those that were met since the first of them,
    once nothing in it leads back to what stands around it.)
    """

    def __init__(self, structures: Structures) -> None:
        self._structures = structures
        self._known: dict[_Key, Size] = {}
        self._open: dict[_Key, int] = {}
        self._back = 0
        """The first of the open ones that what was met leads back to."""

    def of(self, type_: Type, bounds: _Bounds = _ANY_LENGTH) -> Size:
        """Of a value of this type.

        bounds: of its length, as what stands around it says.
        """
        match type_:
            case Annotated(base=base, metadata=metadata):
                return self.of(base, _bounds(map(str, metadata), bounds))
            case Union(members=alternatives):
                sizes = [self.of(each, bounds) for each in alternatives]
                return Size(min(each.least for each in sizes), max(each.most for each in sizes))
            case Named():
                origin = self._structures.origin(type_.ref)
                structure = self._structures.of(origin)
                if structure is not None:
                    return self._of_structure(structure, bounds)
                return self._of_others(origin, type_, bounds)
        return _NOTHING

    def _of_others(self, origin: Ref, type_: Named, bounds: _Bounds) -> Size:
        if origin.module == "builtins" and origin.name in _TEXTS:
            return Size(1, 1).times(bounds)
        if f"{origin.module}.{origin.name}" not in CONTAINERS:
            return _NOTHING
        items = together(map(self.of, type_.items))
        dots = any(isinstance(each, Dots) for each in type_.arguments or ())
        return items if origin.name == "tuple" and not dots else items.times(bounds)

    def _of_structure(self, structure: Structure, bounds: _Bounds) -> Size:
        key = structure.ref, bounds if structure.target is not None else _ANY_LENGTH
        if key in self._known:
            self._back = min(self._back, self._open.get(key, self._back))
            return self._known[key]
        place = len(self._open)
        self._open[key], self._known[key] = place, _NOTHING
        around, self._back = self._back, place
        if structure.target is not None:
            size = self.of(structure.target, bounds)
        else:
            size = together(map(self._of_field, structure.fields))
        self._known[key] = size
        while self._back == place < len(self._open):
            each, _ = self._open.popitem()
            self._known[each] = Size(self._known[each].least, size.most)
        self._back = min(self._back, around)
        return size

    def _of_field(self, field: Field) -> Size:
        if field.type is None:
            return _NOTHING
        said = [field.default] if field.default is not None else []
        return self.of(self._structures.unmarked(field.type), _bounds(said, _ANY_LENGTH))


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
