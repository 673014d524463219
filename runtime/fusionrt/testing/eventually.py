"""`eventually`: wait until an assertion passes, woken by what it reads."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from typing import Final

from ..errors import FrameworkError
from ..graph import (
    Computed,
    Function,
    Origin,
    OriginKind,
    State,
    invalidate,
    made_from,
    notify,
    running_graph,
)

__all__ = ["eventually"]

SHORTEST_PAUSE: Final = 0.005
LONGEST_PAUSE: Final = 0.1


async def eventually(assertion: Callable[[], object], *, timeout: float = 5.0) -> None:
    """Return when the assertion passes: when it raises nothing, and does not return False.

        async def is_paid() -> None:
            assert (await carts.get("1")).paid

        await eventually(is_paid)

    assertion: a function or a coroutine function. It runs as if it were a compute method: again
        when something that it read was invalidated, and only then. One that read nothing of the
        graph is tried again after 5 ms, then less and less often, down to ten times a second.
    timeout: in seconds, of the running loop.

    Raises:
        BaseException: it did not pass in time: what it raised last, with a note of what it read.
        AssertionError: it did not pass in time: it returned False, or did not come to an end.
        FrameworkError: at once, for waiting mends no wrong argument.
    """
    trial = _Trial(assertion)
    function = Function(running_graph(), trial.name, trial)
    try:
        async with asyncio.timeout(timeout):
            await _passes(trial, function)
    except TimeoutError:
        failure = trial.failure or AssertionError("it did not come to an end")
        failure.add_note(f"{trial.name} did not pass within {timeout:g} s: {trial.story()}")
        raise failure from None
    finally:
        notify(function.dispose())


class _Trial:
    """An assertion as a body: what went wrong is its value."""

    def __init__(self, assertion: Callable[[], object]) -> None:
        self.name = getattr(assertion, "__name__", type(assertion).__name__)
        self.failure: BaseException | None = None
        self.runs = 0
        self.read: tuple[str, ...] = ()
        self._assertion = assertion

    async def __call__(self) -> BaseException | None:
        self.runs += 1
        try:
            result = self._assertion()
            if inspect.isawaitable(result):
                result = await result
            self.failure = AssertionError("it returned False") if result is False else None
        except (asyncio.CancelledError, KeyboardInterrupt, SystemExit, GeneratorExit):
            raise
        except FrameworkError:
            raise
        except BaseException as failure:  # those of pytest are no `Exception`
            self.failure = failure
        return self.failure

    def story(self) -> str:
        """How often it ran, and what would have woken it."""
        times = "once" if self.runs == 1 else f"{self.runs} times"
        if not self.read:
            return f"it ran {times}, and read nothing of the graph"
        return f"it ran {times}, and waited for a change of {', '.join(self.read)}"


async def _passes(trial: _Trial, function: Function[BaseException | None]) -> None:
    pause = SHORTEST_PAUSE
    while True:
        computed = await function.computed(())
        if computed.value is None:
            return
        trial.read = tuple(dependency.key for dependency in made_from(computed))
        if trial.read:
            await computed.invalidated()
        else:
            await _again_after(pause, computed)
            pause = min(2 * pause, LONGEST_PAUSE)


async def _again_after(pause: float, computed: Computed[BaseException | None]) -> None:
    await asyncio.sleep(pause)
    if computed.state is State.CONSISTENT:
        invalidate(computed, Origin(OriginKind.CALL, "nothing wakes it"))
