"""Why a type cannot travel."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..contract import RECORDS, Annotated, Kind, Named, Ref, Type, Union, identity, inner, parts
from .in_models import hidden, homeless, unknown_to_pydantic
from .known_types import (
    BASES,
    CONTAINERS,
    DECODED,
    ENCODED,
    IMPORTING,
    ITERABLE,
    OPEN,
    SCALARS,
    UNSET,
    unknown,
)

if TYPE_CHECKING:
    from ..contract import Method
    from ..errors import Span
    from ..reader.shapes import Field, Structure
    from ..reader.structures import Structures

_CONSTRAINT = re.compile(
    r"annotated_types\.|pydantic\.(\w+\.)?\w+Validator\(|"
    r"(pydantic\.(fields\.)?Field|msgspec\.Meta)\(.*\b(gt|ge|lt|le|multiple_of|m(ax|in)_length|"
    r"pattern|strict|max_digits|decimal_places|tz)="
)
_FORMING = ("abc", "builtins", "enum", "typing")
"""Modules whose classes say what sort of type is made of them."""

__all__ = ["field_without_wire_form", "read_once", "travelling", "without_wire_form"]


def travelling(method: Method) -> Iterator[tuple[Span, str, Type]]:
    """The types of a method that travel; where each stands, and what to call it."""
    for parameter in method.parameters:
        if not parameter.filled:
            yield parameter.span, f"`{parameter.name}` of `{method.name}`", parameter.type
    yield method.span, f"`{method.name}`", method.result
    if method.head is not None:
        yield method.span, f"`{method.name}`", method.head


def without_wire_form(type_: Type, structures: Structures, seen: set[Ref]) -> str | None:
    """Why a type cannot travel, or `None`."""
    if isinstance(type_, Named):
        problem = _class_without_wire_form(type_, structures, seen)
        if problem is not None:
            return problem
    if isinstance(type_, Union):
        twice = _twice(type_, structures)
        if twice is not None:
            return f"`{twice}` is in a union twice, and only constraints differ: declare it once"
    for each in inner(type_):
        problem = without_wire_form(each, structures, seen)
        if problem is not None:
            return problem
    return None


def _twice(union: Union, structures: Structures) -> str | None:
    """What is a member twice, under other constraints: where one is read by its place among the
    members, nothing but these would tell which of the two that is."""
    found: dict[Type, tuple[str, ...]] = {}
    for bare, constraints in _constrained(union, structures):
        if found.setdefault(bare, constraints) != constraints:
            return str(bare)
    return None


def _constrained(
    type_: Type,
    structures: Structures,
    said: tuple[str, ...] = (),
    opened: frozenset[Ref] = frozenset(),
) -> Iterator[tuple[Type, tuple[str, ...]]]:
    """The members of a union, those of aliases in their places, each with its constraints."""
    match type_:
        case Union(members=members) if not said:
            for each in members:
                yield from _constrained(each, structures, said, opened)
        case Annotated(base=base, metadata=metadata):
            more = tuple(text for text in map(str, metadata) if _CONSTRAINT.match(text))
            yield from _constrained(base, structures, (*said, *more), opened)
        case Named(ref=ref, arguments=arguments):
            origin = structures.origin(ref)
            structure = structures.of(origin) if origin not in opened else None
            if structure is not None and structure.target is not None:
                yield from _constrained(structure.target, structures, said, opened | {origin})
            else:
                yield Named(ref=origin, arguments=arguments), said
        case _:
            yield type_, said


def _class_without_wire_form(type_: Named, structures: Structures, seen: set[Ref]) -> str | None:
    origin = structures.origin(type_.ref)
    if identity(origin) is not None:
        return f"`{origin.name}` says who asks, which only the whole type of a parameter can"
    flaw = structures.flaw(type_.ref)
    if flaw is not None:
        return f"`{type_.ref.name}` {flaw}"
    structure = structures.of(origin)
    if structure is not None:
        if structure.target is not None and structures.is_endless(structure):
            return f"`{origin.name}` stands for itself, which is no type"
        if structure.target is not None:
            if origin in seen:
                return None
            seen.add(origin)
            if structure.is_object and (problem := homeless(structure.target)) is not None:
                return problem
            return without_wire_form(structure.target, structures, seen)
        problem = structure.kind.without_wire_form(origin.name)
        problem = problem or _of_pythons_own(structure, structures, frozenset())
        if problem is None and type_.arguments is None and structure.generic:
            problem = f"`{origin.name}` does not say of what, as `{origin.name}[int]` does"
        if "extra_items" in dict(structure.options):
            problem = f"what `{origin.name}` holds beside its own keys would not arrive"
        problem = problem or unknown_to_pydantic(type_, structures)
        problem = problem or field_without_wire_form(structure, structures, seen)
        return problem or structures.first(hidden, type_)
    known = str(origin) if origin.module != "builtins" else f"builtins.{origin.name}"
    if known in ENCODED:
        return f"pydantic would decode `{origin}` twice; declare `bytes` or `str`"
    if known in BASES:
        return f"`{origin}` has no fields of its own"
    if known == UNSET:
        return "only a field of a `Struct`, with `UNSET` as its default, may be unset"
    if known in IMPORTING:
        return f"`{origin}` would import what a caller names: declare `str`"
    if known in DECODED:
        return f"`{origin}` travels only in a model: declare the type itself"
    return unknown(origin, SCALARS | OPEN | CONTAINERS)


def _of_pythons_own(
    structure: Structure, structures: Structures, seen: frozenset[Ref]
) -> str | None:
    """Why a class cannot travel that derives from one of Python's own, such as `Decimal`."""
    if structure.kind is not Kind.UNKNOWN or structure.ref in seen:
        return None
    for base in structure.bases:
        above = structures.of(base)
        if above is not None:
            problem = _of_pythons_own(above, structures, seen | {structure.ref})
            if problem is not None:
                return problem
        elif base.module not in _FORMING and unknown(base, ()) is not None:
            name = structure.ref.name
            return f"`{name}` is a class of its own below `{base}`: declare a NewType of it"
    return None


def field_without_wire_form(
    structure: Structure, structures: Structures, seen: set[Ref]
) -> str | None:
    """Why a field of a record, or of an exception that declares fields, cannot travel, or `None`: a
    pydantic model has its own opinion of what its fields may be."""
    if structure.ref in seen or structure.kind not in (*RECORDS, Kind.EXCEPTION):
        return None
    seen.add(structure.ref)
    for field in structure.fields:
        type_ = _set_type(structure, field, structures)
        if type_ is None or field.attribute or structures.is_open(type_):
            continue
        problem = homeless(type_) or without_wire_form(type_, structures, seen)
        if problem is not None:
            return f"the field `{field.name}` of `{structure.ref.name}`: {problem}"
    return None


def _set_type(structure: Structure, field: Field, structures: Structures) -> Type | None:
    """The type of a field, without that of UNSET where a field may be unset."""
    type_ = structures.unmarked(field.type) if field.type is not None else None
    is_array = ("array_like", "True") in structure.options
    may_be_unset = structure.kind is Kind.STRUCT and field.default == "msgspec.UNSET"
    if not isinstance(type_, Union) or not may_be_unset or is_array:
        return type_
    rest = tuple(
        each
        for each in type_.members
        if not isinstance(each, Named) or str(structures.origin(each.ref)) != UNSET
    )
    return Union(members=rest) if len(rest) > 1 else rest[0]


def read_once(type_: Type, structures: Structures, seen: set[Ref]) -> str | None:
    """Why a result may be one that can be read only once, though it is kept; or `None`."""
    for part in parts(type_):
        if not isinstance(part, Named):
            continue
        origin = structures.origin(part.ref)
        if str(origin) == ITERABLE:
            return "an `Iterable` may be one that can be read once: declare list or tuple"
        structure = structures.of(origin) if origin not in seen else None
        if structure is None:
            continue
        seen.add(origin)
        for each in (structure.target, *(field.type for field in structure.fields)):
            problem = read_once(each, structures, seen) if each is not None else None
            if problem is not None:
                return problem
    return None
