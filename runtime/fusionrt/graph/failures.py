"""Errors as cached values (G22)."""

from __future__ import annotations

import copy
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from types import MemberDescriptorType
from typing import Any

from ..errors import FrameworkError

__all__ = [
    "Classifier",
    "is_cacheable",
    "is_transient",
    "parts",
    "replayed",
    "retry_after",
    "stored",
]

Classifier = Callable[[Exception], bool]
"""Tells whether an error is transient: likely to be gone at the next try."""

_FIRST = "first raised as:\n"


def is_transient(error: Exception) -> bool:
    """The default classifier: what the network and the operating system may recover from."""
    return isinstance(error, OSError | TimeoutError)


def parts(error: BaseException) -> Iterator[BaseException]:
    """It, or what is in it if it is a group, however deep."""
    pending = [error]
    while pending:
        each = pending.pop()
        if isinstance(each, BaseExceptionGroup):
            pending += reversed(each.exceptions)
        else:
            yield each


def is_cacheable(error: Exception) -> bool:
    """Whether an error tells of what it is the outcome of.

    One of the framework does not, and a `RecursionError` tells of its caller's stack.
    """
    return not any(isinstance(part, FrameworkError | RecursionError) for part in parts(error))


def retry_after(error: Exception) -> float:
    """The seconds that the error itself asks to wait before the next try; 0 if it does not."""
    seconds = getattr(error, "retry_after", None)  # of some libraries it is a text or a date
    return float(seconds) if isinstance(seconds, int | float) else 0.0


def stored(error: Exception) -> Exception:
    """A copy for the cache: its traceback is text, so that it pins no frame and no service."""
    kept = replayed(error)
    notes = kept.__dict__.setdefault("__notes__", [])
    # Once is enough: with each body that lets the error pass the text would double.
    if kept is not error and not any(str(note).startswith(_FIRST) for note in notes):
        notes.append(_FIRST + "".join(traceback.format_exception(error)).rstrip())
    return kept


def replayed(error: Exception) -> Exception:
    """A copy to raise: what raising adds to it stays with the reader.

    An error that cannot be copied is shared, without its traceback.
    """
    for way in (_copied, copy.copy):
        with suppress(Exception):
            again = way(error)
            if type(again) is type(error):
                notes = error.__dict__.get("__notes__", ())
                again.__dict__["__notes__"] = list(notes)
                return again
    return _bare(error)


def _copied(error: Any) -> Any:
    """A copy that no constructor made: that ran once, and may want other arguments than `args`.

    Nor does it assign attributes: an error may be a frozen dataclass.
    """
    cls = type(error)
    if isinstance(error, ExceptionGroup):
        again: Any = error.derive([replayed(part) for part in error.exceptions])
    else:
        again = cls.__new__(cls, *error.args)
        BaseException.args.__set__(again, error.args)  # type: ignore[attr-defined]
        for base in cls.__mro__:
            for member in vars(base).values():
                if isinstance(member, MemberDescriptorType):
                    with suppress(AttributeError, TypeError):  # unset, or read-only
                        value = member.__get__(error)
                        # Builtin errors tell an attribute that is None from one that is unset.
                        if value is not None or base.__module__ != "builtins":
                            member.__set__(again, value)
    again.__dict__.update(error.__dict__)
    return again


def _bare(error: Exception) -> Exception:
    """The error itself, let go of the frames that it pins."""
    if isinstance(error, ExceptionGroup):
        for part in error.exceptions:
            _bare(part)
    for name in ("__traceback__", "__cause__", "__context__"):
        BaseException.__setattr__(error, name, None)
    return error
