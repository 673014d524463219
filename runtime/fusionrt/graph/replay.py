"""Copies of errors: for the cache, and for each reader.

Raising an exception adds to its traceback, which pins the frames that it met, and so services. That
is as true of the errors that one holds: what a driver raised is an argument, or an attribute, of
what its library makes of it.
"""

from __future__ import annotations

import copy
import traceback
from contextlib import suppress
from types import MemberDescriptorType
from typing import Any, TypeVar

from .texts import str_of

__all__ = ["replayed", "stored"]

_E = TypeVar("_E", bound=BaseException)

_FIRST = "first raised as:\n"


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
    """A copy to raise: what raising adds to it, and to what it holds, stays with the reader.

    An error that cannot be copied is shared, without its traceback.
    """
    return _Copies().of(error)


class _Copies:
    """Of an error and of those that it holds, however deep: one of each."""

    def __init__(self) -> None:
        self._made: dict[int, BaseException] = {}

    def of(self, error: _E) -> _E:
        """The copy of an error; itself if there can be none."""
        made: Any = self._made.get(id(error))
        if made is not None:
            return made  # type: ignore[no-any-return]
        self._made[id(error)] = error  # until there is another one
        for way in (self._blank, copy.copy):
            with suppress(Exception):
                again: Any = way(error)
                if type(again) is type(error):
                    self._made[id(error)] = again
                    self._fill(again, error)
                    return again
        self._made[id(error)] = error
        return self._bare(error)

    def _blank(self, error: Any) -> Any:
        """One that no constructor made: that ran once, and may want other arguments than `args`."""
        cls = type(error)
        if isinstance(error, BaseExceptionGroup):
            parts = [self.of(part) for part in error.exceptions]
            return BaseExceptionGroup.__new__(cls, error.message, parts)
        return cls.__new__(cls, *error.args)

    def _fill(self, again: Any, error: Any) -> None:
        """Without assigning attributes: an error may be a frozen dataclass."""
        args = BaseException.args
        held = tuple(map(self._held, args.__get__(error)))  # type: ignore[attr-defined]
        args.__set__(again, held)  # type: ignore[attr-defined]
        for base in type(error).__mro__:
            for member in vars(base).values():
                if isinstance(member, MemberDescriptorType):
                    with suppress(AttributeError, TypeError):  # unset, or read-only
                        value = member.__get__(error)
                        # Builtin errors tell an attribute that is None from one that is unset.
                        if value is not None or base.__module__ != "builtins":
                            member.__set__(again, self._held(value))
        for name, value in error.__dict__.items():
            again.__dict__[name] = self._held(value)
        again.__dict__["__notes__"] = list(error.__dict__.get("__notes__", ()))

    def _held(self, value: Any) -> Any:
        """What an error holds, as its copy holds it."""
        if isinstance(value, BaseException):
            return self.of(value)
        if type(value) in (list, tuple) and any(isinstance(each, BaseException) for each in value):
            return type(value)(map(self._held, value))
        if type(value) is dict and any(isinstance(each, BaseException) for each in value.values()):
            return {key: self._held(each) for key, each in value.items()}
        return value

    def _bare(self, error: _E) -> _E:
        """The error itself, let go of the frames that it pins, and of errors that do."""
        with suppress(Exception):
            self._fill(error, error)
        if isinstance(error, BaseExceptionGroup):
            for part in error.exceptions:
                self._bare(part)
        for name in ("__traceback__", "__cause__", "__context__"):
            BaseException.__setattr__(error, name, None)
        return error
