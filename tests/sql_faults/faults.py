"""What goes wrong in a process that serves, or on its lines."""

from __future__ import annotations

import asyncio
from contextlib import AbstractContextManager, ExitStack

from tests.waiting import until

from .plan import Action, Round
from .points import Point
from .process import Serving

__all__ = ["happen"]


async def happen(host: Serving, round: Round, outage: float) -> None:
    """Let it go wrong for so many seconds, and right again. The host is held at the point."""
    with ExitStack() as until_the_end:
        if round.point is Point.IN_COMMIT:
            await _send_commit(host, round.action, until_the_end)
        match round.action:
            case Action.KILL:
                await host.kill()
                host.restart()
            case Action.FREEZE:
                host.freeze()
                await asyncio.sleep(outage)
                host.thaw()
                host.go_on()
            case _:
                until_the_end.enter_context(_line_is_broken(host, round.action))
                host.go_on()
                await asyncio.sleep(outage)


def _line_is_broken(host: Serving, action: Action) -> AbstractContextManager[None]:
    if action is Action.CUT_BROKER:
        return host.nats.cut()
    assert host.database is not None
    if action is Action.SWALLOW_DATABASE:
        return host.database.half_open()
    return host.database.cut()


async def _send_commit(host: Serving, action: Action, until_the_end: ExitStack) -> None:
    """It is on its way, in one case for ever; and no answer comes back."""
    line = host.database
    if line is None:
        host.go_on()
        return
    sent = line.passed["up"]
    lost = action is Action.LOSE_COMMIT
    until_the_end.enter_context(line.held("up" if lost else "down"))
    host.go_on()
    if not lost:
        await until(lambda: line.passed["up"] > sent, within=60)
    await asyncio.sleep(0.02)  # the database has it
