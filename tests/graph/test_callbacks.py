"""What users wrote, called by the engine, raises anything or calls back into the graph (G37)."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest

from fusionrt import ComputeOptions
from fusionrt.graph import Computed, Function, Graph, kind_of
from fusionrt.testing import run
from fusionrt.testing.loop import SeededLoop
from tests.sizes import size

from .lab import TEST

KEYS = "abc"


class Odd(BaseException):
    """No `Exception`."""


class World:
    """Functions over each other, and what happens whenever the engine asks what users wrote."""

    def __init__(self, seed: int) -> None:
        self.draw = draw = random.Random(seed)
        self.calm = False
        self.depth = 0
        self.data = dict.fromkeys(KEYS, 0)
        self.graph = Graph(max_computeds=draw.choice([3, 50]), is_transient=self._judges)
        self.functions: list[Function[Value]] = []
        low = self._function("low", self._read, ComputeOptions())
        delay, expiry = draw.choice([None, 0.5]), draw.choice([None, 3.0])
        options = ComputeOptions(invalidation_delay=delay, auto_invalidate=expiry)
        middle = self._function("middle", self._half_of(low), options)
        high = self._function("high", self._half_of(middle), ComputeOptions(consolidate=0.5))
        self._function("highest", self._half_of(high), ComputeOptions(consolidate=0.2))

    def _function(
        self, name: str, body: Callable[[str], Awaitable[Value]], options: ComputeOptions
    ) -> Function[Value]:
        self.functions.append(kind_of(options)(self.graph, name, body, options=options))
        return self.functions[-1]

    def _judges(self, error: Exception) -> bool:
        self.asked()
        return self.draw.random() < 0.5

    async def _read(self, key: str) -> Value:
        if self.draw.random() < 0.3:
            await asyncio.sleep(self.draw.choice([0, 0.1]))
        if not self.calm and self.draw.random() < 0.15:
            raise self.draw.choice([Touchy(self), Odd()])
        return Value(self, self.data[key])

    def _half_of(self, below: Function[Value]) -> Callable[[str], Awaitable[Value]]:
        async def body(key: str) -> Value:
            return Value(self, (await below.fetch((key,))).number // 2)

        return body

    def asked(self, *_: object) -> None:
        """The engine asks; no deeper than three such answers."""
        draw = self.draw
        if self.calm or self.depth == 3 or draw.random() < 0.5:
            return
        self.depth += 1
        try:
            match draw.randrange(8):
                case 0:
                    raise draw.choice([ValueError(), Odd(), asyncio.CancelledError()])
                case 1:
                    self.graph.prune()
                case 2:
                    self.graph.invalidate_all()
                case 3:
                    draw.choice(self.functions).invalidate((draw.choice(KEYS),), TEST)
                case 4:
                    self.graph.diagram("mermaid")
        finally:
            self.depth -= 1

    async def reads(self) -> None:
        """Read this and that, and listen to what was read."""
        for _ in range(20):
            with suppress(Touchy, Odd):
                function, key = self.draw.choice(self.functions), self.draw.choice(KEYS)
                there: Computed[Value] = await function.computed((key,))
                there.on_invalidated(self.asked)
            await asyncio.sleep(self.draw.choice([0, 0.1, 0.5]))

    async def writes(self) -> None:
        """Change what they read. That never raises (G15)."""
        for _ in range(10):
            key = self.draw.choice(KEYS)
            self.data[key] = self.draw.randrange(9)
            self.functions[0].invalidate((key,), TEST)
            await asyncio.sleep(self.draw.choice([0, 0.2, 1]))


class Value:
    """One that asks the world when it is compared, or shown."""

    def __init__(self, world: World, number: int) -> None:
        self.world = world
        self.number = number

    def __eq__(self, other: object) -> bool:
        self.world.asked()
        return isinstance(other, Value) and self.number == other.number

    __hash__ = None  # type: ignore[assignment]


class Touchy(Exception):
    """One that asks the world whatever it is asked."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world

    def __str__(self) -> str:
        self.world.asked()
        return "touchy"

    @property
    def retry_after(self) -> float:
        self.world.asked()
        return 1.0


def told(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """What users wrote raised, as it should; asyncio itself has nothing to tell."""
    message = context["message"]
    if message.startswith(("nobody took", "Exception in callback")) or "never" in message:
        assert isinstance(loop, SeededLoop)
        loop.unhandled.append(context.get("exception") or AssertionError(message))


@pytest.mark.search
def test_G37_whatever_users_wrote_does_when_it_is_asked_nothing_is_stale_or_stranded() -> None:
    """All callers come to an end; when it is calm again, every result is what recomputing gives."""

    async def main(seed: int) -> None:
        asyncio.get_running_loop().set_exception_handler(told)
        world = World(seed)
        async with asyncio.timeout(600):
            await asyncio.gather(world.writes(), *(world.reads() for _ in range(3)))
        world.calm = True
        await asyncio.sleep(100)
        for key, number in world.data.items():
            found = [(await each.fetch((key,))).number for each in world.functions]
            assert found == [number, number // 2, number // 4, number // 8], f"seed {seed}"
        world.graph.close()

    for seed in range(size(60, 3000)):
        run(main(seed), seed=seed)
