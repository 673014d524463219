"""What the tests of the graph share: a graph with named functions and a readable event log."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from fusionrt.graph import Function, Graph, Origin, OriginKind, new_hot_table, running_graph

TEST = Origin(OriginKind.CALL, "test")


class Lab:
    """Functions over mutable `data`; `log` tells what the engine did."""

    def __init__(self, max_computeds: int | None = None) -> None:
        self.graph = Graph(max_computeds=max_computeds) if max_computeds else running_graph()
        self.log: list[str] = []
        self.data: dict[str, Any] = {}
        self.graph.events.subscribe(lambda event: self.log.append(str(event)))

    def function(self, name: str, body: Callable[..., Awaitable[Any]]) -> Function[Any]:
        """A compute method of no service."""
        return Function(self.graph, name, body, hot=new_hot_table())

    def leaf(self, name: str) -> Function[Any]:
        """A function that reads its argument's entry in `data`."""

        async def body(key: str) -> Any:
            return self.data[key]

        return self.function(name, body)

    def took(self) -> list[str]:
        """The log since the last call of this."""
        log = list(self.log)
        self.log.clear()
        return log


class Gate:
    """A body that waits here until it is opened; `arrived` tells how many came."""

    def __init__(self) -> None:
        self.arrived = 0
        self._opened = asyncio.Event()

    async def __call__(self) -> None:
        self.arrived += 1
        await self._opened.wait()

    def open(self) -> None:
        """Let everyone through, from now on."""
        self._opened.set()


async def settled() -> None:
    """Return when all tasks are blocked: nothing else can run, and no timer is due."""
    loop: Any = asyncio.get_running_loop()
    async with asyncio.timeout(10):
        await asyncio.sleep(0)
        while _can_run(loop):  # noqa: ASYNC110 - a loop has no event for it
            await asyncio.sleep(0)


def _can_run(loop: Any) -> bool:
    return bool(loop._ready) or any(timer.when() <= loop.time() for timer in loop._scheduled[:1])
