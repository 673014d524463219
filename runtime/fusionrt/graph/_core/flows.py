"""Flows of control: which task goes on only when another one is done, as far as asyncio tells."""

from __future__ import annotations

import asyncio
import sys
from collections import deque
from collections.abc import Iterator
from typing import Any, Final

from .run import Flow

__all__ = ["goes_on_with", "is_timed", "left_behind"]

_LIBRARIES: Final = frozenset({"anyio", "asyncio"})
_LEAVES_REQUESTS: Final = sys.version_info < (3, 13)


def goes_on_with(flow: Flow, other: Flow) -> bool:
    """Whether `flow` waits, directly or through others, for the task `other` to be done.

    What happens when a future is done is told by its callbacks: they refer to whatever they wake,
    be it a task, the future that `gather` or `shield` gave, a TaskGroup, or an event.
    """
    if flow is None or other is None:
        return True  # nothing is known of what no task runs
    pending: list[asyncio.Future[Any]] = [other]
    seen = set(pending)
    while pending:
        future = pending.pop()
        if future is flow:
            return True
        for callback, _ in getattr(future, "_callbacks", None) or ():
            woken = set(_woken_by(callback)) - seen
            seen |= woken
            pending += woken
    return False


def _woken_by(callback: Any) -> Iterator[asyncio.Future[Any]]:
    pending = list(_held_by(callback))
    seen: set[int] = set()
    while pending:
        held = pending.pop()
        if isinstance(held, asyncio.Future):
            yield held
        elif id(held) not in seen and _is_of_asyncio(held):
            seen.add(id(held))
            for value in getattr(held, "__dict__", {}).values():
                # The waiters of events and queues are in deques; a group's tasks are in a set.
                pending += value if isinstance(value, deque) else (value,)


def _is_of_asyncio(held: object) -> bool:
    library = type(held).__module__.partition(".")[0]
    return library in _LIBRARIES and not isinstance(held, asyncio.AbstractEventLoop)


def _held_by(callback: Any) -> Iterator[Any]:
    yield getattr(callback, "__self__", None)
    yield from getattr(callback, "args", ())  # of a partial
    for cell in getattr(callback, "__closure__", None) or ():
        try:
            yield cell.cell_contents
        except ValueError:  # not bound yet
            continue


def is_timed(future: asyncio.Future[Any], loop: asyncio.AbstractEventLoop) -> bool:
    """Whether a timer ends the wait for it, as in `asyncio.sleep`."""
    timers: list[asyncio.TimerHandle] = getattr(loop, "_scheduled", [])
    return any(future is argument for timer in timers for argument in timer._args or ())


def left_behind(error: BaseException, flow: asyncio.Task[Any]) -> int:
    """How many requests to cancel `flow` were left behind by TaskGroups that ended with `error`.

    On Python 3.11 and 3.12 a group cancels its own task when one of its tasks fails, and does not
    take that back if its block had ended by then.
    """
    if not _LEAVES_REQUESTS:
        return 0
    groups: set[asyncio.TaskGroup] = set()
    pending: list[BaseException | None] = [error]
    seen: set[int] = set()
    while pending:
        each = pending.pop()
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        pending += (each.__cause__, each.__context__)
        if isinstance(each, BaseExceptionGroup):
            pending += each.exceptions
        trace = each.__traceback__
        while trace is not None:
            held = trace.tb_frame.f_locals
            group = held.get("self")
            if isinstance(group, asyncio.TaskGroup) and held.get("et", group) is None:
                groups.add(group)
            trace = trace.tb_next
    asked = [group for group in groups if vars(group).get("_parent_cancel_requested")]
    return sum(vars(group).get("_parent_task") is flow for group in asked)
