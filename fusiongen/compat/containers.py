"""Containers of Python's own, by how they travel; and one that does not say of what."""

from __future__ import annotations

from ..contract import Dots, Named, Ref, Type

__all__ = ["ANY", "ITEMS", "SEQUENCES", "SETS", "TABLES", "filled"]

SEQUENCES = frozenset(
    (
        *("list", "collections.abc.Collection", "collections.abc.Sequence"),
        *("collections.abc.Iterable", "collections.abc.MutableSequence"),
    )
)
SETS = frozenset(("set", "frozenset", "collections.abc.MutableSet", "collections.abc.Set"))
ITEMS = SEQUENCES | SETS | {"tuple"}
"""Containers that travel as arrays."""
TABLES = frozenset(("dict", "collections.abc.Mapping", "collections.abc.MutableMapping"))
ANY = Named(ref=Ref.of("typing.Any"))


def filled(type_: Type) -> Type:
    """`dict` as `dict[Any, Any]`, which it means; any other type as it is."""
    if not isinstance(type_, Named) or type_.arguments is not None:
        return type_
    name = str(type_.ref)
    if name == "tuple":
        return Named(ref=type_.ref, arguments=(ANY, Dots()))
    if name in TABLES:
        return Named(ref=type_.ref, arguments=(ANY, ANY))
    return Named(ref=type_.ref, arguments=(ANY,)) if name in ITEMS else type_
