"""Types with the wrong number of arguments."""

from __future__ import annotations

from ..contract import Annotated, Dots, Named, Type, Union
from .modules import Modules
from .standard import standard

__all__ = ["misuse"]

_SPECIAL = ("Annotated", "ClassVar", "Literal", "Optional", "Union", "Unpack")
_ARITY = {
    **dict.fromkeys(("bool", "bytes", "complex", "float", "int", "object", "str"), 0),
    **dict.fromkeys(("frozenset", "list", "set", "type"), 1),
    "dict": 2,
}
_ABC_ARITY = {
    **dict.fromkeys(("Collection", "MutableSequence", "MutableSet", "Sequence", "Set"), 1),
    **dict.fromkeys(("AsyncIterable", "AsyncIterator", "Iterable", "Iterator"), 1),
    **dict.fromkeys(("Mapping", "MutableMapping"), 2),
}


def misuse(type_: Type, modules: Modules) -> str | None:
    """Why a type is none, by the number of its arguments."""
    if any(isinstance(each, Dots) for each in _direct(type_)):
        return "`...` is not a type"
    if not isinstance(type_, Named):
        return None
    origin = standard(modules.origin(type_.ref))
    if type_.arguments is None:
        bare = origin.module == "typing" and origin.name in _SPECIAL
        return f"`{origin.name}` says nothing without arguments" if bare else None
    tables = {"builtins": _ARITY, "collections.abc": _ABC_ARITY}
    wanted = tables.get(origin.module, {}).get(origin.name)
    given = len(type_.arguments)
    if wanted is not None and given != wanted:
        takes = f"{wanted or 'no'} type argument{'s' * (wanted != 1)}"
        return f"`{origin.name}` takes {takes}, and {given} are given"
    dots = [index for index, each in enumerate(type_.arguments) if isinstance(each, Dots)]
    is_tuple = (origin.module, origin.name) == ("builtins", "tuple")
    return None if not dots or (is_tuple and dots == [1] and given == 2) else "`...` is not a type"


def _direct(type_: Type) -> tuple[Type, ...]:
    match type_:
        case Union(members=members):
            return members
        case Annotated(base=base):
            return (base,)
    return ()
