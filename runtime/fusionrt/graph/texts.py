"""Texts of what users wrote: `str` and `repr` of a value may raise, and then say so (G37)."""

from __future__ import annotations

import logging
import weakref
from collections.abc import Callable

__all__ = ["call_text", "repr_of", "str_of"]

_log = logging.getLogger("fusionrt")
_told: weakref.WeakSet[type] = weakref.WeakSet()


def str_of(value: object) -> str:
    """`str(value)`, or a placeholder; it can be encoded."""
    return _text(str, value)


def repr_of(value: object) -> str:
    """`repr(value)`, or a placeholder; it can be encoded."""
    return _text(repr, value)


def call_text(name: str, arguments: tuple[object, ...]) -> str:
    """A call as text: `carts.total('1')`."""
    return f"{name}({', '.join(map(repr_of, arguments))})"


def _text(make: Callable[[object], str], value: object) -> str:
    try:
        text = make(value)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as problem:
        cls = type(value)
        if cls not in _told:
            _told.add(cls)
            _log.error("the text of a %s cannot be made", cls.__qualname__, exc_info=problem)
        return f"<{cls.__name__} without a text>"
    # A lone surrogate would keep the message from being encoded, and its neighbours with it.
    return text if text.isascii() else text.encode(errors="backslashreplace").decode()
