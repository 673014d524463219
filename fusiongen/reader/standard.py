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
            *("Collection", "Coroutine", "Generator", "Iterable", "Iterator", "Mapping"),
            *("MutableMapping", "MutableSequence", "MutableSet", "Sequence"),
        )
    },
    "AbstractSet": "Set",
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
    return Ref(module="typing", name=ref.name)
