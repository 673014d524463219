"""What can be `None` on an attribute path, by the declared types of the fields on it."""

from __future__ import annotations

from collections.abc import Sequence

from ..contract import Named, Nothing, Ref, Type, is_identity
from .annotations import union
from .structures import Structures

__all__ = ["Paths"]

_ITERABLES = (
    *("builtins.frozenset", "builtins.list", "builtins.set", "builtins.tuple", "builtins.dict"),
    *("collections.abc.Collection", "collections.abc.MutableSequence", "collections.abc.Mapping"),
    *("collections.abc.MutableSet", "collections.abc.Sequence", "collections.abc.Set"),
)
_STR = Named(ref=Ref(module="builtins", name="str"))


class Paths:
    """Follows paths such as `cart.owner.name`. A type of `None` means: not known."""

    def __init__(self, structures: Structures) -> None:
        self._structures = structures

    def accepts_none(self, type_: Type) -> bool:
        """Whether `None` is an argument like any other for a parameter of this type."""
        return self._structures.accepts_none(type_)

    def guards(
        self, root: str, type_: Type | None, attributes: Sequence[str], *, accepts_none: bool
    ) -> tuple[str, ...]:
        """The prefixes of the path to ask `is not None`, the path itself included.

        accepts_none: a `None` at the end of the path is a value, not a missing one.
        """
        prefix = root
        guards: list[str] = []
        for attribute in attributes:
            if self._may_be_none(type_):
                guards.append(prefix)
            type_ = self._attribute(type_, attribute)
            prefix = f"{prefix}.{attribute}"
        if not accepts_none and self._may_be_none(type_):
            guards.append(prefix)
        return tuple(guards)

    def item_of(self, type_: Type | None, attributes: Sequence[str]) -> Type | None:
        """The type of what a loop over the path yields."""
        for attribute in attributes:
            type_ = self._attribute(type_, attribute)
        items: list[Type] = []
        for member in self._structures.members(type_) if type_ is not None else ():
            if isinstance(member, Nothing):
                continue
            if not isinstance(member, Named) or not member.arguments:
                return None
            origin = self._structures.origin(member.ref)
            known = f"builtins.{origin.name}" if origin.module == "builtins" else str(origin)
            if known not in _ITERABLES:
                return None
            items.extend(
                each
                for each in (
                    member.arguments if known == "builtins.tuple" else member.arguments[:1]
                )
                if each.kind != "dots"
            )
        return union(items) if items else None

    def _may_be_none(self, type_: Type | None) -> bool:
        return type_ is None or self._structures.accepts_none(type_)

    def _attribute(self, type_: Type | None, attribute: str) -> Type | None:
        found: list[Type] = []
        for member in self._structures.members(type_) if type_ is not None else ():
            if isinstance(member, Nothing):
                continue
            if is_identity(member):
                return _STR  # a name, or an id
            structure = self._structures.of(member.ref) if isinstance(member, Named) else None
            fields = (*structure.fields, *structure.properties) if structure else ()
            field = next((each for each in fields if each.name == attribute), None)
            if field is None or field.type is None:
                return None
            found.append(field.type)
        return union(found) if found else None
