"""Clocks, randomness and tasks: read only here, so that a simulation can replace them.

The virtual-time loop of `fusionrt.testing` carries its own clocks and random source as the
attributes `fusion_clock`, `fusion_utc` and `fusion_random`; every other loop gets the machine's.
"""

from __future__ import annotations

import asyncio
import contextvars
import os
import platform
import random
import sys
import time
from collections.abc import Callable, Collection, Coroutine
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final, TypeVar
from weakref import WeakSet

from .native import hand, twin

__all__ = [
    "CLOSING",
    "Term",
    "aclose",
    "asked_to_end",
    "background",
    "cancel_once",
    "clock",
    "current_task",
    "maker",
    "new_id",
    "now",
    "process_name",
    "random_bits",
    "run_in_loop",
    "running_loop",
    "spawn",
    "stop_all",
    "to_its_end",
    "untold",
    "utc_now",
]

_T = TypeVar("_T")

_boottime: Callable[[], float] = time.monotonic  # on macOS, Windows: it is the best there is
if hasattr(time, "CLOCK_BOOTTIME"):
    _boottime = partial(time.clock_gettime, time.CLOCK_BOOTTIME)  # asked at each replica's hit
    hand(clock=_boottime)


_system_random = random.SystemRandom()


def clock() -> Callable[[], float]:
    """The running loop's clock, in seconds: monotonic, and it runs through a suspended laptop."""
    loop = asyncio.get_running_loop()
    source: Callable[[], float] = getattr(loop, "fusion_clock", _boottime)
    return source


def now() -> float:
    """The time on the running loop's clock, in seconds."""
    return clock()()


@twin
class Term:
    """Until when something holds: a base, for a hit on a replica compares one number (D6).

    good_until: it holds before that. now: tells the time, in seconds.
    """

    __slots__ = ("good_until", "now")

    good_until: float
    now: Callable[[], float]


def utc_now() -> datetime:
    """The wall clock's time, aware, in UTC; it steps when somebody sets it."""
    loop = asyncio.get_running_loop()
    source: Callable[[], datetime] | None = getattr(loop, "fusion_utc", None)
    return datetime.now(UTC) if source is None else source()


running_loop: Final = asyncio._get_running_loop
"""The event loop that this code runs in; None outside of one."""
CLOSING: Final = 10.0
"""Seconds for closing a connection to a database. Who is cancelled again amid that leaves it half
closed, with its thread, and with a task that never ends.
"""


if sys.version_info >= (3, 12):
    current_task = asyncio.current_task
else:  # what that asks, for it is slow
    current_task = asyncio.tasks._current_tasks.get  # type: ignore[attr-defined]
"""The task of a loop that this code runs in; None outside of tasks."""
hand(current_task=current_task)


def new_id() -> str:
    """A random id, 96 bits as 24 hex digits; never reused."""
    return f"{random_bits(96):024x}"


def process_name() -> str:
    """The machine and the number of this process, for people."""
    return f"{platform.node()}:{os.getpid()}"


def random_bits(count: int) -> int:
    """A random number of so many bits."""
    loop = asyncio.get_running_loop()
    source: random.Random = getattr(loop, "fusion_random", _system_random)
    return source.getrandbits(count)


def run_in_loop(loop: asyncio.AbstractEventLoop, callback: Callable[[], object]) -> None:
    """Call it in the loop: at once if that runs here, soon from elsewhere, never if it is closed.

    For what the collector calls: it runs in any thread (G39).
    """
    if running_loop() is loop:
        callback()
    else:
        with suppress(RuntimeError):  # it is closed
            loop.call_soon_threadsafe(callback, context=contextvars.Context())


def maker(loop: asyncio.AbstractEventLoop) -> Callable[..., asyncio.Task[None]]:
    """What makes tasks of a loop from a coroutine, `loop`, `name` and `context`: asyncio's `Task`
    itself where the loop's `create_task` would add nothing but its frames.
    """
    plain = type(loop).create_task is asyncio.BaseEventLoop.create_task
    return asyncio.Task if plain and loop.get_task_factory() is None else _created


def _created(
    coroutine: Coroutine[Any, Any, None],
    *,
    loop: asyncio.AbstractEventLoop,
    name: str,
    context: contextvars.Context,
) -> asyncio.Task[None]:
    return loop.create_task(coroutine, name=name, context=context)


_running: set[asyncio.Task[Any]] = set()


def spawn(
    coroutine: Coroutine[Any, Any, _T], name: str, context: contextvars.Context | None = None
) -> asyncio.Task[_T]:
    """Start a task that is kept alive until it ends (a loop holds its tasks only weakly)."""
    task = asyncio.get_running_loop().create_task(coroutine, name=name, context=context)
    _running.add(task)
    task.add_done_callback(_running.discard)
    return task


def background(
    coroutine: Coroutine[Any, Any, _T], name: str, context: contextvars.Context | None = None
) -> asyncio.Task[_T]:
    """As `spawn`, where nobody takes what becomes of it: an error is told to the loop's exception
    handler as the task ends (G15). Else asyncio tells it when the collector finds the task, which
    until then keeps all that the error's traceback has met.
    """
    task = spawn(coroutine, name, context)
    task.add_done_callback(_tell_failure)
    return task


def _tell_failure(task: asyncio.Task[Any]) -> None:
    error = None if task.cancelled() else task.exception()
    if error is not None and not isinstance(error, KeyboardInterrupt | SystemExit):
        context = {"message": f"{task.get_name()} failed", "exception": error}
        task.get_loop().call_exception_handler(context)


def asked_to_end() -> bool:
    """Whether the running task was cancelled: a `CancelledError` in one that was not came from what
    it awaited, and ends nothing else.
    """
    task = asyncio.current_task()
    return task is None or task.cancelling() > 0


_cancelled: Final[WeakSet[asyncio.Task[Any]]] = WeakSet()


def cancel_once(task: asyncio.Task[Any]) -> None:
    """Cancel it, unless that was done so before: who is cancelled again while it cleans up leaves
    that half done.
    """
    if task not in _cancelled:
        _cancelled.add(task)
        task.cancel()


async def stop_all(tasks: Collection[asyncio.Task[Any]], patience: float = 0.1) -> None:
    """Cancel tasks until they have ended: before Python 3.12 `asyncio.wait_for`, which requests to
    NATS wait in, now and then drops a cancellation that comes with the answer.

    patience: seconds until one is cancelled again; `CLOSING` where it closes something first.
    """
    running = {task for task in tasks if not task.done()}
    while running:
        for task in running:
            task.cancel()
        _, running = await asyncio.wait(running, timeout=patience)
    untold(*tasks)


def untold(*tasks: asyncio.Task[Any]) -> None:
    """What these have ended with is nobody's concern any more, nor an error that got lost."""
    for task in tasks:
        if not task.cancelled():
            task.exception()


async def to_its_end(coroutine: Coroutine[Any, Any, _T], name: str) -> _T:
    """Its result, when it has ended; whoever is cancelled meanwhile waits for that, too (O3)."""
    task = spawn(coroutine, name)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is None:
        return task.result()
    if not task.cancelled() and (failed := task.exception()) is not None:
        raise cancelled from failed
    raise cancelled


async def aclose(items: object) -> None:
    """Close an asynchronous generator, or what is closed like one."""
    close = getattr(items, "aclose", None)
    if close is not None:
        await close()
