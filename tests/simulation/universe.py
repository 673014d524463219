"""A universe of machines: one loop that chooses, and a loop for each process that it runs.

Nothing of one process is awaited in another: each has an event loop of its own, with its own clock,
randomness and schedule. The universe lets one of them take one step, then chooses again. A machine
can be frozen (`SIGSTOP`), put to sleep (a laptop's lid), and shut off.
"""

from __future__ import annotations

import asyncio
import gc
import heapq
import math
import random
from asyncio import events
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import suppress
from typing import Any, Final, TypeVar

from fusionrt.testing import Deadlock, SeededLoop
from fusionrt.testing.loop import _Ready, _waiting

__all__ = ["Livelock", "Machine", "Universe", "live"]

_T = TypeVar("_T")

BOOTED: Final = 1e6
"""Seconds that a machine's clock shows at most when the universe begins: no two show the same."""
ROUNDING: Final = 2e-9
"""Seconds by which two clocks may differ that show the same."""
MOST_STEPS: Final = 20_000
"""That are taken at one moment; a runtime without a mistake needs some hundreds."""


class Livelock(AssertionError):
    """Raised when machines take step after step, and no time goes by."""

    def __init__(self, machines: list[str]) -> None:
        super().__init__(f"no time goes by, for these always have something to do: {machines}")


class Machine(SeededLoop):
    """The event loop of one process. `run` starts something in it.

    off: nothing runs here any more, and nothing that still does reaches the outside.
    """

    def __init__(self, universe: Universe, name: str) -> None:
        super().__init__(universe.seed)
        source = random.Random(f"{universe.seed} {name}")
        self.name = name
        self.off = False
        self.fusion_random = source
        self._ready = _Ready(random.Random(f"{universe.seed} schedule {name}"))
        self._universe = universe
        self._boot = source.uniform(0.0, BOOTED)
        self._stops = 0
        self._sleeps = 0
        self._slept = 0.0
        self._asleep_at = 0.0
        self.fusion_clock = self._boottime

    def time(self) -> float:
        """CLOCK_MONOTONIC: it stands still while the machine sleeps."""
        now = self._asleep_at if self._sleeps else self._universe.time()
        return now - self._slept

    def _boottime(self) -> float:
        """CLOCK_BOOTTIME: it does not."""
        return self._boot + self._universe.time()

    @property
    def frozen(self) -> bool:
        """Whether nothing runs here at the moment."""
        return self._stops + self._sleeps > 0

    def freeze(self) -> None:
        """Stop the process; what comes for it waits."""
        self._stops += 1

    def thaw(self) -> None:
        """Let it go on."""
        self._stops -= 1
        self._woken()

    def fall_asleep(self) -> None:
        """Close the lid: the process stands still, and so do its timers."""
        if not self._sleeps:
            self._asleep_at = self._universe.time()
        self._sleeps += 1

    def wake_up(self) -> None:
        """Open it."""
        self._sleeps -= 1
        if not self._sleeps:
            self._slept += self._universe.time() - self._asleep_at
        self._woken()

    def revive(self) -> None:
        """Whatever it was stopped by, it goes on."""
        while self._sleeps:
            self.wake_up()
        self._stops = 0

    def _woken(self) -> None:
        """What is due runs before what waits in the socket, or after it, by chance."""
        if not self.frozen and self._universe.fusion_random.random() < 0.5:
            self.ripen()

    def run(self, main: Coroutine[Any, Any, _T]) -> asyncio.Future[_T]:
        """Start it here, and await its outcome in the universe; to cancel that cancels it."""
        outcome: asyncio.Future[_T] = self._universe.create_future()
        task = self.create_task(main)

        def ended(task: asyncio.Task[_T]) -> None:
            if outcome.done():
                task.cancelled() or task.exception()
            elif task.cancelled():
                outcome.cancel()
            elif (error := task.exception()) is not None:
                outcome.set_exception(error)
            else:
                outcome.set_result(task.result())

        def given_up(outcome: asyncio.Future[_T]) -> None:
            if outcome.cancelled() and not self.is_closed():
                self.call_soon(task.cancel)

        task.add_done_callback(ended)
        outcome.add_done_callback(given_up)
        return outcome

    def shut_off(self) -> None:
        """End it: nothing of it ever runs again."""
        outer = events._get_running_loop()
        events._set_running_loop(self)
        try:
            for task in _waiting(self):
                task._log_destroy_pending = False  # type: ignore[attr-defined]
                coroutine = task.get_coro()
                assert isinstance(coroutine, Coroutine)
                with suppress(Exception, asyncio.CancelledError):
                    coroutine.close()
        finally:
            events._set_running_loop(outer)
        self.close()

    # What the universe asks.

    @property
    def timers(self) -> list[asyncio.TimerHandle]:
        """What waits for its time."""
        return [timer for timer in self._scheduled if not timer.cancelled()]

    def next_due(self) -> float:
        """When the first timer is due, in the universe's time; infinite if there is none."""
        scheduled = self._scheduled
        while scheduled and scheduled[0].cancelled():
            heapq.heappop(scheduled)._scheduled = False  # type: ignore[attr-defined]
        return scheduled[0].when() + self._slept if scheduled else math.inf

    def ripen(self) -> None:
        """Make ready what is due."""
        scheduled, now = self._scheduled, self.time()
        while scheduled and scheduled[0].when() <= now + ROUNDING / 2:
            timer = heapq.heappop(scheduled)
            timer._scheduled = False  # type: ignore[attr-defined]
            self._ready.append(timer)

    def step(self) -> None:
        """Run one callback, or one step of one task."""
        handle = self._ready.take()
        if handle is not None and not handle.cancelled():
            events._set_running_loop(self)
            try:
                handle._run()
            finally:
                events._set_running_loop(self._universe)


class Universe(SeededLoop):
    """The loop in which the test runs, and which runs all machines.

    steps: that were taken at this moment, by all.
    """

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.steps = 0
        self.machines: list[Machine] = []
        self._chance = random.Random(f"machines {seed}").random
        self._homes: dict[int, SeededLoop] = {}

    def machine(self, name: str) -> Machine:
        """A new one."""
        machine = Machine(self, name)
        self.machines.append(machine)
        return machine

    def shut_off(self, machine: Machine) -> None:
        """End it; what it did not handle is kept."""
        machine.report_lost()
        self.unhandled += machine.unhandled
        machine.shut_off()
        self.machines.remove(machine)
        self._homes = {each: home for each, home in self._homes.items() if home is not machine}

    def _run_once(self) -> None:
        # Asked at every step of a run: without a call.
        ready = [
            machine
            for machine in self.machines
            if (machine._ready.callbacks or machine._ready.steps)
            and not (machine._stops or machine._sleeps)
        ]
        count = len(ready) + (1 if self._ready else 0)
        if count == 0:
            self._wake()
            return
        self.steps += 1
        if self.steps > MOST_STEPS:
            raise Livelock([machine.name for machine in ready])
        choice = int(self._chance() * count)
        if choice < len(ready):
            ready[choice].step()
        else:
            super()._run_once()

    def _wake(self) -> None:
        if self._idle:
            super()._wake()
            return
        running = [machine for machine in self.machines if not machine.frozen]
        dues = [(machine.next_due(), machine) for machine in running]
        scheduled = self._scheduled
        while scheduled and scheduled[0].cancelled():
            heapq.heappop(scheduled)._scheduled = False  # type: ignore[attr-defined]
        first = min((due for due, _ in dues), default=math.inf)
        if scheduled:
            first = min(first, scheduled[0].when())
        if first == math.inf:
            if not self._stopping:
                raise Deadlock([task for each in (self, *self.machines) for task in _waiting(each)])
            return
        if self._now < first:
            self._now = first
            self.steps = 0
        for due, machine in dues:
            if due <= self._now + ROUNDING:
                machine.ripen()
        while scheduled and scheduled[0].when() <= self._now:
            timer = heapq.heappop(scheduled)
            timer._scheduled = False  # type: ignore[attr-defined]
            self._ready.append(timer)

    # A generator that is dropped is closed in the process that iterated over it.

    def _asyncgen_firstiter_hook(self, generator: AsyncGenerator[Any, Any]) -> None:
        loop = events._get_running_loop()
        assert isinstance(loop, SeededLoop)
        self._homes[id(generator)] = loop

    def _asyncgen_finalizer_hook(self, generator: AsyncGenerator[Any, Any]) -> None:
        home = self._homes.pop(id(generator), None)
        if home is not None and not home.is_closed():
            home.call_soon(home.create_task, generator.aclose())


def live(main: Callable[[Universe], Coroutine[Any, Any, _T]], seed: int) -> _T:
    """Run it in a new universe. The collector runs before and after, never by itself: when it does
    would depend on what else this process did.
    """
    universe = Universe(seed)
    collected = gc.isenabled()
    gc.disable()
    try:
        result = universe.run_until_complete(main(universe))
        universe.run_until_complete(universe.idle())
        universe.report_lost()
        for machine in list(universe.machines):
            universe.shut_off(machine)
        if universe.unhandled:
            raise universe.unhandled[0]
        return result
    finally:
        for machine in list(universe.machines):
            machine.shut_off()
        for task in _waiting(universe):
            task._log_destroy_pending = False  # type: ignore[attr-defined]
        universe.close()
        if collected:
            gc.enable()
