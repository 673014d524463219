"""An event loop whose time is virtual and whose schedule is chosen by a seed.

The same seed replays the same schedule, if the program itself is deterministic: under another
PYTHONHASHSEED a set of strings is iterated in another order. Time stands still while anything can
run, then jumps to the next timer.

What is random: which *task* goes on next, out of all that could, at every single step. asyncio
promises nothing about that order, and in production it depends on what comes from the network
first. What is not: callbacks (`call_soon`, a future's done callbacks) run in the order in which
they were registered, as asyncio documents; a task may go on before, between or after them.
"""

from __future__ import annotations

import asyncio
import heapq
import random
import weakref
from collections import deque
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NoReturn, TypeVar

__all__ = ["BEGINNING", "Deadlock", "LeakedTasks", "SeededLoop", "run"]

_T = TypeVar("_T")

BEGINNING: Final = datetime(2000, 1, 1, tzinfo=UTC)
"""What the wall clock of every universe shows when its time begins."""


class Deadlock(AssertionError):
    """Raised when tasks wait, and nothing is left that could wake them: no callback, no timer."""

    def __init__(self, tasks: list[asyncio.Task[Any]]) -> None:
        self.tasks = tasks
        super().__init__(f"nothing can run any more, and these tasks wait:\n{_describe(tasks)}")


class LeakedTasks(AssertionError):
    """Raised when the main coroutine ended, and tasks that it started still wait."""

    def __init__(self, tasks: list[asyncio.Task[Any]]) -> None:
        self.tasks = tasks
        super().__init__(f"these tasks outlived the main coroutine:\n{_describe(tasks)}")


def run(main: Coroutine[Any, Any, _T], *, seed: int) -> _T:
    """Run the coroutine in a universe of its own, and return its result.

    Raises:
        Deadlock: nothing could run any more before it ended.
        LeakedTasks: tasks that it started were still waiting when nothing else could run
            without time passing.
        Exception: what it raised; else the first that a callback or a lost task raised.
    """
    loop = SeededLoop(seed)
    try:
        result = loop.run_until_complete(main)
        loop.run_until_complete(loop.idle())
        if leaked := _waiting(loop):
            raise LeakedTasks(leaked)
        loop.report_lost()
        if loop.unhandled:
            raise loop.unhandled[0]
        return result
    finally:
        _close(loop)


class SeededLoop(asyncio.BaseEventLoop):
    """The loop of one universe; most callers want `run`.

    It has no network, threads, signals or subprocesses.

    fusion_clock: the virtual time in seconds, from 0.
    fusion_random: the only source of randomness of the universe.
    fusion_draws: says that it is drawn which task goes on, of those that can.
    unhandled: what callbacks raised, and tasks whose result nobody took.
    """

    fusion_draws = True
    _ready: _Ready
    _scheduled: list[asyncio.TimerHandle]
    _stopping: bool

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.seed = seed
        self.fusion_random = random.Random(seed)
        self.fusion_clock = self.time
        self.unhandled: list[BaseException] = []
        # Apart from `fusion_random`: what the program draws must not shift what is scheduled.
        self._ready = _Ready(random.Random(f"schedule {seed}"))
        self._now = 0.0
        self._idle: list[asyncio.Future[None]] = []
        self._started: weakref.WeakSet[asyncio.Task[Any]] = weakref.WeakSet()
        self.set_exception_handler(_keep)

    def time(self) -> float:
        """The virtual time, in seconds."""
        return self._now

    def fusion_utc(self) -> datetime:
        """The virtual wall clock's time: `BEGINNING` and what has passed since."""
        return BEGINNING + timedelta(seconds=self._now)

    async def idle(self) -> None:
        """Return when nothing else can run unless time passes."""
        waiter = self.create_future()
        self._idle.append(waiter)
        await waiter

    def create_task(self, coro: Any, **options: Any) -> asyncio.Task[Any]:
        """As every loop does, and remember the task for `report_lost`."""
        task = super().create_task(coro, **options)
        self._started.add(task)
        return task

    def report_lost(self) -> None:
        """Report the errors of tasks that nobody awaited, without waiting for the collector."""
        for task in sorted(self._started, key=_age):
            if task.done() and task._log_traceback:
                task._log_traceback = False
                context = {"message": f"nobody took the error of {task.get_name()}"}
                self.call_exception_handler(context | {"exception": task.exception()})

    def run_in_executor(self, executor: Any, func: Any, *args: Any) -> NoReturn:  # type: ignore[override]
        """Refuse: a thread's timing is no part of a seed."""
        raise NotImplementedError("the seeded loop runs no threads")

    def _write_to_self(self) -> None:
        """Wake a loop that sleeps; this one never does."""

    def _run_once(self) -> None:
        """Run one callback, or one step of one task; asyncio calls this until `stop`."""
        if not self._ready:
            self._wake()
        handle = self._ready.take()
        if handle is not None and not handle.cancelled():
            handle._run()

    def _wake(self) -> None:
        """Make something ready, now or by letting time pass.

        Raises:
            Deadlock: there is nothing.
        """
        if self._idle:
            waiter = self._idle.pop()
            if not waiter.done():
                waiter.set_result(None)
            return
        scheduled = self._scheduled
        while scheduled and scheduled[0].cancelled():
            heapq.heappop(scheduled)._scheduled = False  # type: ignore[attr-defined]
        if scheduled:
            self._now = max(self._now, scheduled[0].when())
            while scheduled and scheduled[0].when() <= self._now:
                timer = heapq.heappop(scheduled)
                timer._scheduled = False  # type: ignore[attr-defined]
                self._ready.append(timer)
        elif not self._stopping:
            raise Deadlock(_waiting(self))


class _Ready:
    """What can run now; takes the place of a loop's deque."""

    def __init__(self, source: random.Random) -> None:
        self._random = source.random
        self.callbacks: deque[asyncio.Handle] = deque()
        self.steps: list[asyncio.Handle] = []

    def __len__(self) -> int:
        return len(self.callbacks) + len(self.steps)

    def append(self, handle: asyncio.Handle) -> None:
        callback = handle._callback  # type: ignore[attr-defined]
        if isinstance(getattr(callback, "__self__", None), asyncio.Task):
            self.steps.append(handle)
        else:
            self.callbacks.append(handle)

    def take(self) -> asyncio.Handle | None:
        """The first callback, or any task's step; each with the same chance."""
        steps = self.steps
        last = len(steps) - 1
        choice = int(self._random() * (last + (2 if self.callbacks else 1)))
        if choice > last:
            return self.callbacks.popleft() if self.callbacks else None
        steps[choice], steps[last] = steps[last], steps[choice]
        return steps.pop()

    def clear(self) -> None:
        self.callbacks.clear()
        self.steps.clear()


def _keep(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    assert isinstance(loop, SeededLoop)
    error = context.get("exception") or RuntimeError(context["message"])
    error.add_note(f"{context['message']} (seed {loop.seed})")
    loop.unhandled.append(error)


def _close(loop: SeededLoop) -> None:
    """Cancel what still waits, and close; a task that does not end is left as it is."""
    try:
        waiting = _waiting(loop)
        for task in waiting:
            task.cancel()
        if waiting:
            loop.run_until_complete(asyncio.gather(*waiting, return_exceptions=True))
        loop.run_until_complete(loop.shutdown_asyncgens())
    except Deadlock:
        return
    finally:
        loop.close()


def _waiting(loop: SeededLoop) -> list[asyncio.Task[Any]]:
    """The tasks that have not ended, oldest first; a set's order would not replay."""
    return sorted(asyncio.all_tasks(loop), key=_age)


def _age(task: asyncio.Task[Any]) -> tuple[int, str]:
    """Sorts tasks that have no names of their own by their age."""
    return len(task.get_name()), task.get_name()


def _describe(tasks: list[asyncio.Task[Any]]) -> str:
    return "\n".join(f"  {task.get_name()}: {_place(task)}" for task in tasks)


def _place(task: asyncio.Task[Any]) -> str:
    """Where the task waits, from the outermost to the innermost coroutine."""
    places = []
    awaited: Any = task.get_coro()
    while awaited is not None and (frame := getattr(awaited, "cr_frame", None)) is not None:
        code = frame.f_code
        places.append(f"{code.co_qualname} ({code.co_filename}:{frame.f_lineno})")
        awaited = awaited.cr_await
    return " → ".join(places) or repr(awaited)
