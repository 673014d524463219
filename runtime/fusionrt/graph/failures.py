"""Errors as cached values (G22)."""

from __future__ import annotations

import copy
import traceback
from collections.abc import Callable

__all__ = ["Classifier", "is_transient", "replayed", "stored"]

Classifier = Callable[[Exception], bool]
"""Tells whether an error is transient: likely to be gone at the next try."""


def is_transient(error: Exception) -> bool:
    """The default classifier: what the network and the operating system may recover from."""
    return isinstance(error, OSError | TimeoutError)


def stored(error: Exception) -> Exception:
    """A copy for the cache: its traceback is text, so that it pins no frame and no service."""
    kept = replayed(error)
    if kept is not error:
        text = "".join(traceback.format_exception(error)).rstrip()
        kept.add_note(f"first raised as:\n{text}")
    return kept


def replayed(error: Exception) -> Exception:
    """A copy to raise: what raising adds to it stays with the reader.

    An error that cannot be copied is shared, without its traceback.
    """
    cls = type(error)
    try:
        if isinstance(cls.__init__, type(Exception.__init__)):
            again = copy.copy(error)
        else:
            # A constructor of its own may want other arguments than `args`; it has run once.
            again = cls.__new__(cls, *error.args)
            again.__dict__.update(error.__dict__)
    except Exception:
        return error.with_traceback(None)
    if type(again) is not cls:
        return error.with_traceback(None)
    notes = getattr(error, "__notes__", None)
    if notes is not None:
        again.__notes__ = list(notes)
    again.__suppress_context__ = True
    return again
