"""Why a type cannot be part of a key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..contract import FREEZABLE, Kind, Named, Ref, Type, inner, parts
from .in_models import filling_a_model
from .known_types import CHANGING, CONTAINERS, HASHED, JSON_VALUE, MAIL_WITH_NAME, OPEN

if TYPE_CHECKING:
    from ..reader.shapes import Structure
    from ..reader.structures import Structures

__all__ = ["unstable"]

_HAVE_TO_BE_FROZEN = (*FREEZABLE, Kind.TYPED_DICT)


def unstable(type_: Type, structures: Structures, seen: set[Ref]) -> str | None:
    """Why a type cannot be part of a key, or `None`."""
    if isinstance(type_, Named):
        problem = _unstable_class(structures.origin(type_.ref), structures, seen)
        kept = (_kept_as_given(each, structures) for each in filling_a_model(type_, structures))
        problem = problem or next(filter(None, kept), None)
        if problem is not None:
            return problem
    for each in inner(type_):
        problem = unstable(each, structures, seen)
        if problem is not None:
            return problem
    return None


def _unstable_class(origin: Ref, structures: Structures, seen: set[Ref]) -> str | None:
    structure = structures.of(origin)
    problem = None if structure is None else _unstable_structure(structure, structures, seen)
    known = f"builtins.{origin.name}" if origin.module == "builtins" else str(origin)
    if problem is not None:
        return problem
    if known in OPEN:
        return f"`{origin}` may be anything"
    if known in MAIL_WITH_NAME:
        return f"`{origin}` can change; declare `EmailStr`"
    if known in JSON_VALUE or (known in CONTAINERS | CHANGING and known not in HASHED):
        return f"`{origin}` is not hashable"
    return None


def _unstable_structure(structure: Structure, structures: Structures, seen: set[Ref]) -> str | None:
    if structure.ref in seen:
        return None
    seen.add(structure.ref)
    if structure.target is not None:
        return unstable(structure.target, structures, seen)
    if not structure.is_value and structure.kind in _HAVE_TO_BE_FROZEN:
        return f"`{structure.ref}` is not frozen"
    for field in structure.fields:
        type_ = structures.unmarked(field.type) if field.type is not None else None
        problem = unstable(type_, structures, seen) if type_ is not None else None
        if problem is None and structure.validated and type_ is not None:
            problem = _kept_as_given(type_, structures)
        if problem is not None:
            return f"its field `{field.name}`: {problem}"
    return None


def _kept_as_given(type_: Type, structures: Structures) -> str | None:
    """Why a field of a pydantic model is no part of a key: pydantic keeps a list where one is given
    for a Sequence, which arrives as another one."""
    for part in parts(type_):
        origin = structures.origin(part.ref) if isinstance(part, Named) else None
        if origin is not None and origin.module == "collections.abc":
            return f"`{origin}` in a model may hold anything that can change"
    return None
