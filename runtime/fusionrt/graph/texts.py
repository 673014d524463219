"""Texts of what users wrote: `str` and `repr` of a value may raise, and then say so (G37)."""

from __future__ import annotations

import logging
import weakref
from collections.abc import Callable, Sequence
from itertools import zip_longest
from typing import Any

__all__ = ["call_text", "repr_of", "str_of"]

_log = logging.getLogger("fusionrt")
_told: weakref.WeakSet[type] = weakref.WeakSet()


def str_of(value: object) -> str:
    """`str(value)`, or a placeholder; it can be encoded."""
    return _text(str, value)


def repr_of(value: object) -> str:
    """`repr(value)`, or a placeholder; it can be encoded."""
    return _text(repr, value)


def call_text(
    name: str,
    arguments: tuple[object, ...],
    shows: Sequence[Callable[[Any], str] | None] = (),
) -> str:
    """A call as text: `carts.total('1')`.

    shows: what makes the text of an argument whose `repr` would tell a secret; `None` of others.
    """
    pairs = zip_longest(arguments, shows[: len(arguments)])
    texts = (repr_of(each) if show is None else show(each) for each, show in pairs)
    return f"{name}({', '.join(texts)})"


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
