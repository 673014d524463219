"""Types with the wrong number of arguments."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from ..contract import Dots, Named, Ref, Type, identity, inner
from .modules import Modules
from .parameters import type_parameters
from .standard import standard

__all__ = ["is_no_class", "misfit", "misuse"]

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
    if not isinstance(type_, Named):
        dots = any(isinstance(each, Dots) for each in inner(type_))
        return "`...` is not a type" if dots else None
    origin = standard(modules.origin(type_.ref))
    if not origin.name or _is_ours(origin, modules):
        return f"`{origin}` is no type"
    problem = _own_misfit(modules.meaning(origin), type_.arguments, modules)
    if problem is not None:
        return problem
    if type_.arguments is None:
        bare = origin.module == "typing" and origin.name in _SPECIAL
        return f"`{origin.name}` says nothing without arguments" if bare else None
    tables = {"builtins": _ARITY, "collections.abc": _ABC_ARITY}
    wanted = tables.get(origin.module, {}).get(origin.name)
    given = len(type_.arguments)
    if wanted is not None and given != wanted:
        return misfit(origin.name, wanted, given)
    places = [index for index, each in enumerate(type_.arguments) if isinstance(each, Dots)]
    fits = str(origin) == "tuple" and places == [1] and given == 2
    return "`...` is not a type" if places and not fits else None


def _is_ours(origin: Ref, modules: Modules) -> bool:
    """Whether it is of the runtime, which has types for contracts only where it has contracts."""
    if origin.module.partition(".")[0] != "fusionrt" or identity(origin) is not None:
        return False
    return modules.definition(origin) is None


def misfit(name: str, wanted: int, given: int) -> str:
    """That a type has another number of arguments than it takes."""
    takes = f"{wanted or 'no'} type argument{'s' * (wanted != 1)}"
    return f"`{name}` takes {takes}, and {given or 'none'} {'is' if given == 1 else 'are'} given"


_NO_TYPES = (
    cst.FunctionDef,
    *(cst.BaseNumber, cst.BaseDict, cst.BaseList, cst.BaseSet, cst.BaseComp, cst.Tuple),
    *(cst.Lambda, cst.BooleanOperation, cst.UnaryOperation, cst.Comparison, cst.FormattedString),
)


def is_no_class(ref: Ref, modules: Modules) -> bool:
    """Whether the source roots show that a name is no class's, nor another name of one."""
    found = modules.definition(ref)
    return found is not None and (isinstance(found.node, _NO_TYPES) or found.alias is not None)


def _own_misfit(origin: Ref, arguments: Sequence[Type] | None, modules: Modules) -> str | None:
    """Why what the source roots define is no type, or none with these arguments."""
    found = modules.definition(origin)
    if found is None:
        return None
    node = found.alias or found.node
    if isinstance(node, _NO_TYPES):
        return f"`{origin.name}` is no type"
    if not isinstance(node, cst.ClassDef | cst.TypeAlias):
        return None
    parameters = type_parameters(found.module, node)
    given = len(arguments or ())
    if any(each.special for each in parameters):
        return None
    if not parameters and given and isinstance(node, cst.ClassDef) and node.bases:
        return None  # a base may be generic in a way that does not show
    fewest = sum(not each.optional for each in parameters)
    if fewest <= given <= len(parameters):
        return None
    return misfit(origin.name, fewest, given)
