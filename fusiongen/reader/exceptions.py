"""What is known of exceptions that the source roots do not define."""

from __future__ import annotations

import builtins

from ..contract import Ref

__all__ = ["is_exception", "true_exception", "why_not_raised"]

_OTHER_NAMES = {
    **dict.fromkeys(
        (
            *("asyncio.TimeoutError", "asyncio.exceptions.TimeoutError"),
            *("concurrent.futures.TimeoutError", "socket.timeout"),
        ),
        "TimeoutError",
    ),
    **dict.fromkeys(("select.error", "socket.error"), "OSError"),
}
_NO_ERRORS = ("asyncio.CancelledError", "asyncio.exceptions.CancelledError")
_MADE_BY_PYDANTIC = frozenset(
    (
        *("pydantic.ValidationError", "pydantic_core.ValidationError"),
        *("pydantic_core.PydanticCustomError", "pydantic_core.PydanticKnownError"),
        *("pydantic_core.PydanticSerializationError", "pydantic_core.SchemaError"),
    )
)
_ENDS = ("StopIteration", "StopAsyncIteration")


def is_exception(ref: Ref) -> bool:
    """Whether this is one of Python's own exceptions, or another one that is known."""
    return _builtin(ref) is not None or str(ref) in _MADE_BY_PYDANTIC


def true_exception(ref: Ref) -> Ref:
    """An exception under the name of its class: `IOError` is `OSError`."""
    builtin = _builtin(ref)
    name = builtin.__name__ if builtin is not None else _OTHER_NAMES.get(str(ref))
    return ref if name is None else Ref(module="builtins", name=name)


def why_not_raised(ref: Ref) -> str | None:
    """Why a class from outside of the source roots cannot be in `raises`, or `None`."""
    builtin = _builtin(ref)
    if str(ref) in _NO_ERRORS or (builtin is not None and not issubclass(builtin, Exception)):
        return "is no `Exception`: it ends a task or the process"
    if builtin is not None and issubclass(builtin, BaseExceptionGroup):
        return "holds other exceptions, which do not travel"
    if ref.module == "builtins" and ref.name in _ENDS:
        return "ends a loop, and leaves no body"
    if str(ref) in _MADE_BY_PYDANTIC:
        return "is made by pydantic alone: raise an exception of your own from it"
    return "is no exception class" if ref.module == "builtins" and builtin is None else None


def _builtin(ref: Ref) -> type[BaseException] | None:
    found = getattr(builtins, ref.name, None) if ref.module == "builtins" else None
    return found if isinstance(found, type) and issubclass(found, BaseException) else None
