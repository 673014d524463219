"""The types with names that a project's contracts need: records, enums, aliases."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..compat.layout import optional, travels_as_array, wire_name
from ..contract import Kind, Named, Type, Union, filled, members, parsed_type
from ..reference.records import tag_of
from ..show.description import FieldDescription, TypeDescription
from .defaults import literal
from .names import identifier, property_name
from .shown import Shown, Tag, Unsupported

__all__ = ["Definition", "Definitions", "FieldShown"]

_UNSET = "msgspec.UnsetType"


@dataclass(frozen=True, slots=True)
class FieldShown:
    """One field. absent: whether a record may come without it."""

    name: str
    codec: str
    script: str
    absent: bool
    doc: str | None


@dataclass(slots=True)
class Definition:
    """One type.

    made: the JavaScript that makes its codec, or its constant; None: it is a type alone.
    script: what a type alias stands for; None: it has fields.
    """

    name: str
    doc: str | None
    made: str | None = None
    script: str | None = None
    tag: Tag | None = None
    fields: list[FieldShown] = field(default_factory=list)
    members: dict[str, str] | None = None
    """Of an enum."""


class Definitions:
    """Each once, by its spelling.

    types: those of the project. names: what they are called. show: shows any type.
    """

    def __init__(
        self,
        types: Mapping[str, TypeDescription],
        names: Mapping[str, str],
        show: Callable[[Type], Shown],
    ) -> None:
        self._types = types
        self._names = names
        self._show = show
        self._made: dict[str, Definition] = {}

    def __iter__(self) -> Iterator[Definition]:
        return iter(sorted(self._made.values(), key=lambda each: each.name))

    def tag_of(self, type_: Type) -> Tag | None:
        """The tag of a Struct."""
        known = self._types.get(str(type_.ref)) if isinstance(type_, Named) else None
        tag = None if known is None or known.kind is not Kind.STRUCT else tag_of(known)
        return None if tag is None else Tag(*tag)

    def alias(self, name: str, known: TypeDescription, shown: Shown) -> str:
        """A name for a type: what TypeScript calls it."""
        own = self._names[name]
        if name not in self._made and own != shown.script:
            self._made[name] = Definition(own, known.doc, script=shown.script)
        return own

    def recursive(self, name: str, target: Type) -> Shown:
        """An alias for something with itself in it."""
        own = self._names[name]
        if name not in self._made:
            made = self._made[name] = Definition(own, None)
            shown = self._show(target)
            made.made, made.script = f"f.lazy(() => {shown.codec})", shown.script
        return self._shown(f"f.lazy(() => {own})", own, "any")

    def enum(self, name: str, known: TypeDescription, values: Mapping[str, Any]) -> str:
        """An enum: an object of its members."""
        own = self._names[name]
        if name not in self._made:
            shown = {key: str(literal(value)) for key, value in values.items()}
            script = " | ".join(dict.fromkeys(shown.values())) or "never"
            self._made[name] = Definition(own, known.doc, script=script, members=shown)
        return own

    def record(self, type_: Named, known: TypeDescription) -> Shown:
        """A type with fields; one with type arguments is a type of its own."""
        text = str(type_)
        if (reason := known.kind.without_wire_form(known.name)) is not None:
            raise Unsupported(text, f"cannot travel: {reason}")
        if known.kind is Kind.UNKNOWN or known.kind is Kind.VARIABLE:
            raise Unsupported(text, "is of no known sort")
        own = self._names[str(type_.ref)]
        if type_.arguments:
            parts = (str(each).rpartition(".")[2] for each in type_.items)
            own = identifier("_".join((own, *parts)))
        by_place = travels_as_array(known)
        if text not in self._made:
            tag = self.tag_of(type_)
            made = self._made[text] = Definition(own, known.doc, tag=tag)
            given = dict(zip(known.parameters, type_.arguments or (), strict=False))
            made.fields.extend(self._field(known, each, given) for each in known.fields)
            made.made = "row" if by_place else "record"
        return self._shown(own, own, "object")

    def _shown(self, codec: str, script: str, form: str) -> Shown:
        return Shown(codec, script, frozenset((form,)))

    def _field(
        self, known: TypeDescription, each: FieldDescription, given: Mapping[str, Type]
    ) -> FieldShown:
        name = wire_name(known, each)
        type_ = filled(parsed_type(each.type), given) if each.type else parsed_type("typing.Any")
        unset = any(str(member) == _UNSET for member in members(type_))
        if unset and isinstance(type_, Union):
            rest = [member for member in type_.members if str(member) != _UNSET]
            type_ = rest[0] if len(rest) == 1 else Union(members=tuple(rest))
        shown = self._show(type_)
        dropped = known.kind is Kind.TYPED_DICT or known.options.get("omit_defaults") == "True"
        may_lack = optional(known, each)
        codec = f"f.maybe({shown.codec})" if may_lack or unset else shown.codec
        absent = unset or (dropped and may_lack)
        return FieldShown(property_name(name), codec, shown.script, absent, each.doc)
