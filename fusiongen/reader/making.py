"""What sort of type a class statement makes, and what follows for its fields."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import libcst as cst

from ..contract import Kind, Ref
from .attributes import AttrsDecorator, attrs_decorator, attrs_fields
from .exceptions import is_exception
from .members import Members
from .modules import Module
from .shadows import Shadows
from .shapes import Field, Structure

__all__ = [
    "MADE_OF_THEIR_KIND",
    "Bases",
    "Making",
    "adds_no_fields",
    "is_frozen",
    "is_neutral",
    "made_by",
    "own_fields",
]


Bases = Sequence[tuple[Ref, Structure | None]]
"""What a class derives from, with its structure if the source roots define it."""
_FAMILIES: Mapping[str, Kind] = {
    "msgspec.Struct": Kind.STRUCT,
    "pydantic.BaseModel": Kind.MODEL,
    "pydantic.main.BaseModel": Kind.MODEL,
    "typing.NamedTuple": Kind.NAMED_TUPLE,
    "typing.TypedDict": Kind.TYPED_DICT,
    "typing.Protocol": Kind.PROTOCOL,
    "enum.Enum": Kind.ENUM,
    "enum.Flag": Kind.ENUM,
    "enum.IntEnum": Kind.ENUM,
    "enum.IntFlag": Kind.ENUM,
    "enum.StrEnum": Kind.ENUM,
}
_DATACLASSES = ("dataclasses.dataclass", "pydantic.dataclasses.dataclass")
_SCHEMA = "__get_pydantic_core_schema__"
_NEUTRAL = ("abc.ABC", "object", "typing.Generic")
_DECORATED = (Kind.ATTRS, Kind.DATACLASS, Kind.NAMED_TUPLE)
"""Sorts that a subclass inherits without what makes fields of its own annotations."""
_CHANGED = "in a class, Python reads that as another name; rename it"
MADE_OF_THEIR_KIND = (*_DECORATED, Kind.ENUM, Kind.STRUCT)
"""Sorts that inherit fields of their own sort only."""


@dataclass(frozen=True, slots=True)
class Making:
    """What makes a class what it is.

    call, attrs: its decorator, if that has arguments, and if it is one of attrs.
    pydantic: whether it is a dataclass of pydantic.
    inherited: it is of its sort only because a base is.
    is_plain_error: it is an exception whose annotations make no fields.
    """

    kind: Kind
    call: cst.Call | None = None
    attrs: AttrsDecorator | None = None
    pydantic: bool = False
    inherited: bool = False
    is_plain_error: bool = False


def made_by(module: Module, node: cst.ClassDef, members: Members, bases: Bases) -> Making:
    """What the decorators and the bases of a class make of it."""
    family = _family(bases)
    strange = len(bases) < len(node.bases) or members.defines(_SCHEMA)
    for decorator in node.decorators:
        call = decorator.decorator if isinstance(decorator.decorator, cst.Call) else None
        name = str(module.origin(call.func if call else decorator.decorator) or "")
        attrs = attrs_decorator(name, call)
        if name in _DATACLASSES or attrs is not None:
            kind = Kind.DATACLASS if attrs is None else Kind.ATTRS
            kind = Kind.UNKNOWN if attrs is not None and not attrs.readable else kind
            kind = Kind.EXCEPTION if family is Kind.EXCEPTION else kind
            return Making(kind, call, attrs, pydantic=name.startswith("pydantic"))
        strange = True
    kind = family or (Kind.UNKNOWN if strange else Kind.PLAIN)
    direct = any(_FAMILIES.get(str(base)) is family for base, _ in bases)
    inherited = kind in _DECORATED and not direct
    return Making(kind, inherited=inherited, is_plain_error=kind is Kind.EXCEPTION)


def _family(bases: Bases) -> Kind | None:
    """What the bases make of a class: the first of them that is known to make anything."""
    if any(_makes_enums(*each) for each in bases):
        return Kind.ENUM
    unknown: Kind | None = None
    for base, structure in bases:
        family = _FAMILIES.get(str(base))
        if family is None and structure is not None and structure.kind is not Kind.PLAIN:
            family = structure.kind
        if family is None and is_exception(base):
            family = Kind.EXCEPTION
        if family is None and structure is None and not is_neutral(base):
            family = Kind.UNKNOWN if base.module != "builtins" else None
        if family not in (None, Kind.UNKNOWN):
            return family
        unknown = unknown or family
    return unknown


def _makes_enums(base: Ref, structure: Structure | None) -> bool:
    """Whether a class with this base is an enum, whatever is mixed in."""
    is_enum = structure is not None and structure.kind is Kind.ENUM
    return is_enum or _FAMILIES.get(str(base)) is Kind.ENUM


def is_neutral(base: Ref) -> bool:
    """Whether a base says nothing of what a class is."""
    return str(base) in _NEUTRAL


def adds_no_fields(base: Ref) -> bool:
    """Whether this base from outside of the source roots is known to have no fields."""
    return is_neutral(base) or str(base) in _FAMILIES


def own_fields(
    members: Members, making: Making, options: Mapping[str, str], module: Module
) -> Iterator[Field]:
    """The fields that a class adds to those of its bases."""
    kind = making.kind
    if kind is Kind.ENUM:
        yield from members.assigned()
        return
    slotted = kind in (Kind.STRUCT, Kind.NAMED_TUPLE) or options.get("slots") == "True"
    local_first = kind is Kind.MODEL or making.pydantic
    shadows = Shadows(module, members.statements, local_first=local_first, slotted=slotted)
    fields = members.annotated(shadows)
    if making.attrs is not None:
        fields = attrs_fields(members, making.attrs.annotated, shadows)
    for field in fields:
        is_private = local_first and field.name.startswith("_")  # pydantic's are no fields
        if not is_private and _is_changed(field.name):
            field = replace(field, flaw=_CHANGED)
        if making.inherited:
            field = replace(field, flaw="it is none: the class lacks the decorator of its base")
        yield replace(field, flaw=None, attribute=True) if making.is_plain_error else field


def _is_changed(name: str) -> bool:
    """Whether Python, in the body of a class, reads it as another name."""
    is_mangled = name.startswith("__") and not name.endswith("__")
    return is_mangled or unicodedata.normalize("NFKC", name) != name


def is_frozen(making: Making, options: Mapping[str, str], above: bool) -> bool:
    """Whether instances cannot change; `above`: whether those of a base of the sort cannot."""
    if making.kind in (Kind.ENUM, Kind.NAMED_TUPLE):
        return True
    if making.attrs is not None:
        return making.attrs.frozen or above
    if making.kind is Kind.STRUCT and "frozen" in options:
        return options["frozen"] == "True"
    return above or options.get("frozen") == "True"
