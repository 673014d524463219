"""The signals that ask a process to stop: one handler of the process, for all who wait in it.

`loop.add_signal_handler` knows one callback a signal: of two who wait the second takes it from the
first, and whoever leaves takes it from both. It is not there on Windows and in other threads, and
forgets what was installed before. So the handlers are the process's: they tell every block in every
thread, and what was installed before is called, too, and put back at the end.
"""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any, Final

__all__ = ["stop_signals"]

SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)

_Handler = Callable[[int, FrameType | None], Any] | int | None

_waiting: dict[asyncio.Event, asyncio.AbstractEventLoop] = {}
_stopping: weakref.WeakSet[asyncio.AbstractEventLoop] = weakref.WeakSet()
"""Loops that were told: whoever was still starting there, and waits later, is told at once."""
_before: dict[int, _Handler] = {}
"""What was installed before; empty while no block of the main thread is entered."""
_depth = 0


@contextmanager
def stop_signals() -> Iterator[asyncio.Event]:
    """Inside this block SIGTERM and SIGINT set the event, and those of all other such blocks.

    A signal stays for the loop: a block that is entered later has its event set. Handlers can only
    be installed in the main thread: in another one a block hears what a block there receives.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    if loop in _stopping:
        stop.set()
    in_main_thread = threading.current_thread() is threading.main_thread()
    _waiting[stop] = loop
    if in_main_thread:
        _enter()
    try:
        yield stop
    finally:
        _waiting.pop(stop, None)
        if in_main_thread:
            _leave()


def _enter() -> None:
    global _depth
    _depth += 1
    if _depth == 1:
        for number in SIGNALS:
            _before[number] = signal.signal(number, _received)


def _leave() -> None:
    global _depth
    _depth -= 1
    if _depth == 0:
        _restore()


def _restore() -> None:
    for number, before in _before.items():
        if signal.getsignal(number) is _received:  # nobody put another one in its place
            signal.signal(number, signal.SIG_DFL if before is None else before)
    _before.clear()


def _forked() -> None:
    """The child's signals are its own affair: its parent's loops do not run in it."""
    global _depth
    _depth = 0
    _waiting.clear()
    _restore()


def _received(number: int, frame: FrameType | None) -> None:
    before = _before.get(number)
    for stop, loop in _waiting.copy().items():
        _stopping.add(loop)
        with suppress(RuntimeError):  # the loop was closed
            loop.call_soon_threadsafe(stop.set)
    if callable(before) and not _ends_the_process(before):
        before(number, frame)


def _ends_the_process(handler: Callable[..., Any]) -> bool:
    """Whether it is Python's own way to end on Ctrl-C, which these blocks are there to replace."""
    owner = getattr(getattr(handler, "func", None), "__self__", None)
    return handler is signal.default_int_handler or isinstance(owner, asyncio.Runner)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
