"""Names of `typing` that only rename something."""

from __future__ import annotations

from ..contract import Ref

__all__ = ["TYPING", "standard"]

TYPING = ("typing", "typing_extensions")
_BUILTIN_ALIASES = ("Dict", "FrozenSet", "List", "Set", "Tuple", "Type")
_ABC_ALIASES = {
    **{
        name: name
        for name in (
            *("AsyncGenerator", "AsyncIterable", "AsyncIterator", "Awaitable", "Callable"),
            *("Collection", "Container", "Coroutine", "Generator", "Hashable", "ItemsView"),
            *("Iterable", "Iterator", "KeysView", "Mapping", "MutableMapping", "MutableSequence"),
            *("MutableSet", "Reversible", "Sequence", "Sized", "ValuesView"),
        )
    },
    "AbstractSet": "Set",
}
_OTHER_ALIASES = {
    **{name: Ref(module="re", name=name) for name in ("Match", "Pattern")},
    **{name: Ref(module="collections", name=name) for name in ("ChainMap", "Counter")},
    "DefaultDict": Ref(module="collections", name="defaultdict"),
    "Deque": Ref(module="collections", name="deque"),
    "OrderedDict": Ref(module="collections", name="OrderedDict"),
}


def standard(ref: Ref) -> Ref:
    """The modern spelling of what `typing` only renames: `typing.List` is `list`."""
    if ref.module not in TYPING:
        return ref
    if ref.name in _BUILTIN_ALIASES:
        return Ref(module="builtins", name=ref.name.lower())
    if ref.name == "Text":
        return Ref(module="builtins", name="str")
    if ref.name in _ABC_ALIASES:
        return Ref(module="collections.abc", name=_ABC_ALIASES[ref.name])
    return _OTHER_ALIASES.get(ref.name, Ref(module="typing", name=ref.name))
