"""Why pydantic, or what stands beside a field, does not bring a value back as it was."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..contract import Annotated, Expression, Kind, Named, Ref, Type, inner, parts
from .known_types import BASES, ENCODED, IMPORTING, TAKEN_BY_PYDANTIC, unknown

if TYPE_CHECKING:
    from ..reader.shapes import Field, Structure
    from ..reader.structures import Structures

__all__ = ["filling_a_model", "hidden", "homeless", "unknown_to_pydantic"]

_FOREIGN = (Kind.PLAIN, Kind.PROTOCOL, Kind.EXCEPTION)
"""Sorts that a model has no schema for."""
_LOOKED_INTO = (Kind.DATACLASS, Kind.NAMED_TUPLE, Kind.TYPED_DICT)
"""Sorts of whose fields a model makes a schema."""


def hidden(type_: Type, structures: Structures, seen: set[Ref]) -> str | None:
    """What a class in a type would not bring along, or `None`."""
    for part in parts(type_):
        structure = structures.of(part.ref) if isinstance(part, Named) else None
        if structure is None or structure.ref in seen:
            continue
        seen.add(structure.ref)
        if structure.target is not None:
            problem = hidden(structure.target, structures, seen)
            if problem is not None:
                return problem
        for field in structure.fields:
            if field.attribute:
                continue
            where = f"the field `{field.name}` of `{structure.ref.name}`"
            if field.flaw is not None:
                return f"{where}: {field.flaw}"
            if structure.validated and _is_excluded(field):
                return f"{where} is excluded: drop `exclude=True`, or declare a model without it"
            if field.type is None:
                continue
            for named in parts(field.type):
                if isinstance(named, Named) and str(structures.origin(named.ref)) in ENCODED:
                    return f"{where}: pydantic would decode it twice; declare `bytes` or `str`"
            foreign = _foreign(field.type, structures) if structure.validated else None
            if foreign is not None:
                return f"{where}: {foreign}"
            problem = hidden(field.type, structures, seen)
            if problem is not None:
                return problem
    return None


def homeless(type_: Type) -> str | None:
    """Why a type does not know where its alias stands, or `None`: the signature of a method can
    say it, a class and another alias cannot."""
    for part in parts(type_):
        if isinstance(part, Named) and part.quoted:
            return f"`{part.ref.name}` names itself in quotes: declare it with `TypeAliasType`"
    return None


def _foreign(type_: Type, structures: Structures) -> str | None:
    """Why pydantic does not bring a field of this type back as it was, or `None`."""
    match type_:
        case Annotated(metadata=metadata) if any(map(_says_how, metadata)):
            return None
        case Named(quoted=True):
            return homeless(type_)
        case Named(ref=ref):
            origin = structures.origin(ref)
            structure = structures.of(origin)
            problem = None
            if structure is not None and structure.kind in _FOREIGN:
                problem = structure.kind.without_wire_form(origin.name)
            elif str(origin) in BASES:
                problem = f"`{origin}` has no fields of its own"
            elif str(origin) in IMPORTING:
                problem = f"`{origin}` would import what a caller names: declare `str`"
            elif origin.module != "typing":
                problem = unknown(origin, TAKEN_BY_PYDANTIC)
            if problem is not None:
                return problem
    problems = (_foreign(each, structures) for each in inner(type_))
    return next((problem for problem in problems if problem is not None), None)


def _says_how(mark: Expression) -> bool:
    """Whether what stands beside a type may tell pydantic its form."""
    first = mark.parts[0]
    return isinstance(first, Ref) and str(first) not in _SAYING_NOTHING


_SAYING_NOTHING = ("pydantic.Field", "pydantic.fields.Field", "typing_extensions.Doc")


def _is_excluded(field: Field) -> bool:
    marks = field.type.metadata if isinstance(field.type, Annotated) else ()
    return any("exclude=True" in str(text) for text in (field.default, *marks))


def unknown_to_pydantic(type_: Named, structures: Structures) -> str | None:
    """Why a generic model, or one within, cannot be made of these arguments, or `None`."""
    for argument in filling_a_model(type_, structures):
        problem = structures.first(_without_schema, argument)
        problem = problem or homeless(argument) or _foreign(argument, structures)
        if problem is not None:
            return f"a pydantic model holds what `{type_.ref.name}` is of: {problem}"
    return None


def filling_a_model(type_: Named, structures: Structures) -> Sequence[Type]:
    """The type arguments of a class, if they reach a pydantic model."""
    structure = structures.of(type_.ref)
    if not type_.arguments or structure is None:
        return ()
    return type_.arguments if _fills_a_model(structure, structures, set()) else ()


def _without_schema(type_: Type, structures: Structures, seen: set[Ref]) -> str | None:
    """Why pydantic has no schema of a class, or of what it looks at within, or `None`."""
    for part in parts(type_):
        if not isinstance(part, Named):
            continue
        origin, given = structures.origin(part.ref), structures.of(part.ref)
        if str(origin) == "collections.abc.Collection":
            return f"pydantic has no schema for `{origin.name}`"
        if given is None or given.ref in seen:
            continue
        if given.kind in (Kind.ATTRS, Kind.STRUCT):
            return f"pydantic has no schema for `{origin.name}`"
        seen.add(given.ref)
        types = (field.type for field in given.fields if given.kind in _LOOKED_INTO)
        for each in (given.target, *types):
            if each and (problem := _without_schema(each, structures, seen)):
                return problem
    return None


def _fills_a_model(structure: Structure, structures: Structures, seen: set[Ref]) -> bool:
    """Whether the type arguments of a class reach a pydantic model."""
    if structure.kind is Kind.MODEL:
        return True
    seen.add(structure.ref)
    for field in structure.fields:
        for part in parts(field.type) if field.type is not None else ():
            inner = structures.of(part.ref) if isinstance(part, Named) else None
            if inner is None or inner.ref in seen or not structures.is_open(part):
                continue
            if inner.fields and _fills_a_model(inner, structures, seen):
                return True
    return False
