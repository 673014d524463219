"""Errors as cached values (G22)."""

from __future__ import annotations

import copy
import math
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from types import MemberDescriptorType
from typing import Any

from ..errors import FrameworkError
from .texts import str_of

__all__ = [
    "Classifier",
    "Judge",
    "is_cacheable",
    "is_transient",
    "replayed",
    "stored",
]

Classifier = Callable[[Exception], bool]
"""Tells whether an error is transient: likely to be gone at the next try."""

_FIRST = "first raised as:\n"


def parts(error: Exception) -> Iterator[Exception]:
    """It, or what is in it if it is a group, however deep."""
    pending = [error]
    while pending:
        each = pending.pop()
        if isinstance(each, ExceptionGroup):
            pending += reversed(each.exceptions)
        else:
            yield each


def is_cacheable(error: Exception) -> bool:
    """Whether an error tells of what it is the outcome of.

    One of the framework does not, and a `RecursionError` tells of its caller's stack.
    """
    return not any(isinstance(part, FrameworkError | RecursionError) for part in parts(error))


def is_transient(error: Exception) -> bool:
    """The default classifier: what the network and the operating system may recover from; a group
    if that is all that is in it.
    """
    return all(isinstance(part, OSError | TimeoutError) for part in parts(error))


class Judge:
    """What a graph makes of errors. A classifier or a `retry_after` that raises is reported once
    for each class of errors, and says nothing (G37).
    """

    def __init__(
        self, classifier: Classifier, report: Callable[[str, BaseException], None]
    ) -> None:
        self._classifier = classifier
        self._report = report
        self._told: set[str] = set()

    def is_transient(self, error: Exception) -> bool:
        """Whether it is transient; a group is, too, if every part is (G22)."""
        try:
            if self._classifier(error):
                return True
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as problem:  # a CancelledError, too: nothing is awaited here
            self._tell("the classifier of transient errors raised for", error, problem)
        group = isinstance(error, ExceptionGroup)
        return group and all(self.is_transient(part) for part in parts(error))

    def retry_after(self, error: Exception) -> float:
        """The seconds that the error itself asks to wait before the next try; 0 if it does not.

        A group asks for the longest time that one of its parts does.
        """
        return max(self._asked_by(each) for each in (error, *parts(error)))

    def _asked_by(self, error: Exception) -> float:
        try:
            # Of some libraries it is a text or a date.
            seconds = getattr(error, "retry_after", None)
            if isinstance(seconds, int | float) and math.isfinite(seconds):
                return float(seconds)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as problem:
            self._tell("the `retry_after` raised of", error, problem)
        return 0.0

    def _tell(self, what: str, error: Exception, problem: BaseException) -> None:
        message = f"{what} {type(error).__qualname__}"
        if message not in self._told:
            self._told.add(message)
            self._report(message, problem)


def stored(error: Exception) -> Exception:
    """A copy for the cache: its traceback is text, so that it pins no frame and no service."""
    kept = replayed(error)
    if kept is not error:
        with suppress(Exception):  # what users made of the notes, or of the text
            notes = kept.__dict__.setdefault("__notes__", [])
            # Once is enough: with each body that lets the error pass the text would double.
            if not any(str_of(note).startswith(_FIRST) for note in notes):
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
