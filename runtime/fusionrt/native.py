"""The compiled core, if this installation has one and the environment does not turn it off.

Each part of it has a twin in Python, which runs in its place where there is none: with
`FUSION_PURE=1`, or where it was not compiled.
"""

from __future__ import annotations

import gc
import os
import warnings
from importlib import import_module
from types import ModuleType
from typing import Any, Final, TypeVar

__all__ = ["compiled", "core", "freeze", "hand", "twin"]

VERSION: Final = 11
"""Of what Python and the core expect of each other."""

_T = TypeVar("_T")


def _core() -> ModuleType | None:
    if os.environ.get("FUSION_PURE", "0") != "0":
        return None
    try:
        found = import_module(f"{__package__}._core")
    except ImportError:  # not compiled here
        return None
    if found.VERSION != VERSION:
        warnings.warn(
            "fusionrt runs without its compiled core, which is of another version: "
            "install fusiongen again",
            RuntimeWarning,
            stacklevel=2,
        )
        return None
    return found


core: Final[Any] = _core()
"""The module; None where pure Python runs."""

compiled: Final[bool] = core is not None
"""Whether the compiled core runs."""


def twin(pure: _T) -> _T:
    """A class or a function that the compiled core has, too: that one, where the core runs."""
    found: _T = pure if core is None else getattr(core, getattr(pure, "__name__", ""))
    return found


def freeze() -> None:
    """Never search again for garbage in what is there now (`gc.freeze`): once a program has loaded
    all that it needs, each full search goes through all the modules, for some 10 ms in which
    nothing is answered.

    A call that the core keeps for a next one is let go before: frozen, it would hide from the
    collector what that one refers to.
    """
    gc.collect()
    if core is not None:
        core.let_calls_go()
    gc.freeze()


def hand(**parts: object) -> None:
    """Give the core what it asks of Python, by name; `runtime/core/core.h` has the list."""
    if core is not None:
        core.hand(**parts)
