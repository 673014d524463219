"""What must not be left behind (D17)."""

from __future__ import annotations

import asyncio
from typing import Final

from fusionrt import Origin, OriginKind
from fusionrt.testing.loop import _describe, _waiting

from .load import Load
from .truth import Violation
from .world import Process, World

__all__ = ["check_nothing_is_left", "check_nothing_runs"]

BY_ITSELF: Final = 5.0
"""Seconds in which that ends which hosts do without being asked: they look whether another one has
what a lost one had (D16)."""
FORGOTTEN: Final = 13.0
"""Seconds after which a host has forgotten a client that is gone: it remembers a silent one for
ten, and looks when the first of them is due."""
UNTIL_DUE: Final = 120.0
"""Seconds in which every timer is due that was set for something."""
_OVER: Final = Origin(OriginKind.CALL, "the end of a run")


async def check_nothing_runs(world: World) -> None:
    """When all calls have ended, no body runs, and neither end believes that one does; but for what
    hosts begin by themselves, which ends soon.
    """
    end = world.universe.time() + BY_ITSELF
    while left := _running(world):
        if world.universe.time() > end:
            raise Violation("D17", left)
        await asyncio.sleep(0.1)


def _running(world: World) -> str:
    """What runs; empty if nothing does."""
    left = {name: count for name, count in world.truth.running.items() if count}
    if left:
        return f"bodies run that nobody waits for: {left}"
    for process in world.processes.values():
        statistics = process.host.statistics()
        for service, peer in statistics.caller.peers.items():
            if peer.deadlines:
                return f"{process.name} has deadlines of {service} for nobody"
        for service, host in statistics.services.items():
            if any(each.running or each.waiting or each.blocked for each in host.sessions):
                return f"{process.name} runs calls of {service} for nobody"
    return ""


async def check_nothing_is_left(world: World, load: Load) -> None:
    """Both ends hold the same; then clients let go of everything, leave, and are forgotten; then
    hosts stop, and nothing of them is there: no task, no timer, no subscription.
    """
    clients = [each for name, each in world.processes.items() if name.startswith("client")]
    await _until(world, lambda: not _differences(world), 20.0, "both ends do not hold the same")
    for asked in load.asked:
        if asked.ending is not None and not asked.ending.done():
            asked.ending.cancel()
    for process in clients:
        process.machine.call_soon(process.host.graph.invalidate_all, _OVER)
    await _until(world, lambda: not any(map(_held, clients)), 5.0, "clients hold what is stale")
    for process in clients:
        await _end(world, process)
    await asyncio.sleep(FORGOTTEN)
    for process in list(world.processes.values()):
        callers = {each.caller.cid for each in world.processes.values()}
        for service, host in process.host.statistics().services.items():
            if any(session.client not in callers for session in host.sessions):
                raise Violation("D17", f"{process.name} remembers clients of {service} that left")
    for process in reversed(list(world.processes.values())):
        await _end(world, process)
    if world.network.interest:
        raise Violation("D17", f"subscriptions are left: {world.network.interest}")


def _held(process: Process) -> int:
    return sum(peer.held for peer in process.caller.peers.values())


def _differences(world: World) -> str:
    """Where a client and a host disagree on what is held."""
    hosts = {}
    for process in world.processes.values():
        for service, host in process.host.statistics().services.items():
            for session in host.sessions:
                key = session.client, service, process.host.iid
                hosts[key] = session.held, session.session.digest
    for process in world.processes.values():
        for service, peer in process.caller.peers.items():
            for each in peer.sessions:
                ours = each.held, each.session.digest
                theirs = hosts.get((process.caller.cid, service, each.host or ""))
                if each.host is not None and theirs != ours:
                    return f"{process.name} of {service}: {ours}, its host {theirs}"
    return ""


async def _end(world: World, process: Process) -> None:
    """A process ends in good order, and leaves nothing."""
    await process.run(process.stop())
    world.processes.pop(process.name)
    await world.universe.idle()
    if tasks := _waiting(process.machine):
        raise Violation("D17", f"tasks of {process.name} are left:\n{_describe(tasks)}")
    for timer in process.machine.timers:
        if timer.when() - process.machine.time() > UNTIL_DUE:
            raise Violation("D17", f"a timer of {process.name} is left: {timer!r}")
    world.universe.shut_off(process.machine)


async def _until(world: World, condition: object, seconds: float, problem: str) -> None:
    assert callable(condition)
    end = world.universe.time() + seconds
    while not condition():
        if world.universe.time() > end:
            raise Violation("D17", f"{problem}: {_differences(world)}")
        await asyncio.sleep(0.1)
