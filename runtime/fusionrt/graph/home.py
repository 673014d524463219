"""Whether code runs in a graph's event loop; asked at every hit, so it may cost next to nothing.

The running loop tells it all: a closed loop does not run, and another thread, or a forked child,
runs another one or none (G39). But to ask for the running loop costs a system call on Python 3.11,
three hits' worth. There the thread that a loop says it runs in is compared with this one; of a loop
that does not say it, such as uvloop's, a task must be running, in the thread that it was met in.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from threading import get_ident
from typing import Any, Final

from ..native import twin
from ..primitives import running_loop

__all__ = ["AT_HOME", "NOWHERE", "at_home", "home_of"]


class _Nowhere:
    """No loop: no thread has this number."""

    _thread_id = None


NOWHERE: Final[Any] = _Nowhere()
"""The home of a graph that cannot be entered any more."""

if sys.version_info >= (3, 12):
    AT_HOME: Final = "__fusion_running() is __fusion_hit.home"

    def home_of(loop: asyncio.AbstractEventLoop) -> Any:
        """What tells of a loop whether it runs here."""
        return loop

    @twin
    def at_home(home: Any) -> bool:
        """Whether it is certain that its loop runs here; if not, look at the running loop."""
        return running_loop() is home
else:
    _with_tasks: Final[Mapping[Any, Any]] = asyncio.tasks._current_tasks  # type: ignore[attr-defined]

    class _Silent:
        """Stands for a loop that does not say its thread."""

        def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
            self._loop = loop
            self._thread = get_ident()

        @property
        def _thread_id(self) -> int | None:
            return self._thread if self._loop in _with_tasks else None

    AT_HOME: Final = "__fusion_thread() == __fusion_hit.home._thread_id"

    def home_of(loop: asyncio.AbstractEventLoop) -> Any:
        """What tells of a loop whether it runs here."""
        return loop if hasattr(loop, "_thread_id") else _Silent(loop)

    @twin
    def at_home(home: Any) -> bool:
        """Whether it is certain that its loop runs here; if not, look at the running loop."""
        is_here: bool = get_ident() == home._thread_id
        return is_here
