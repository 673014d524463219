"""A small universe around a graph: leaves that are written, sums made from them, and an oracle.

It takes the graph package as an argument, so that mutants of the engine can be run in it.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

LEAVES = 4

# Which nodes each sum is made from; "b" and "c" overlap, so that diamonds and chains arise.
SUMS: dict[str, tuple[str, ...]] = {
    "a": ("0", "1"),
    "b": ("a", "2"),
    "c": ("a", "b", "3"),
    "d": ("c", "b"),
}


def leaves_of(name: str) -> set[int]:
    """The leaves that a node is made from."""
    if name not in SUMS:
        return {int(name)}
    return set().union(*map(leaves_of, SUMS[name]))


READS = (*map(str, range(LEAVES)), *SUMS)
TAG = "tag"
"""A second argument, so that there is something for wildcards to leave open."""


@dataclass
class Universe:
    """Versions of leaves are the ground truth; a node's value maps each leaf to what it saw."""

    graph: ModuleType
    random: Any
    versions: list[int] = field(default_factory=lambda: [0] * LEAVES)
    running: set[str] = field(default_factory=set)
    bodies: int = 0
    watched: list[tuple[Any, list[Any]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        room = self.random.choice((3, 100))
        self.node = self.graph.Function(
            self.graph.Graph(max_computeds=room), "node", self._body, hot=self.graph.new_hot_table()
        )

    async def pause(self) -> None:
        """Let others run, now or after some time, or not at all."""
        chance = self.random.random()
        if chance < 0.3:
            await asyncio.sleep(0)
        elif chance < 0.5:
            await asyncio.sleep(self.random.choice((0.1, 0.2, 0.3)))

    async def _body(self, name: str, _: str) -> dict[int, int]:
        assert name not in self.running, f"G17: two bodies of {name} at a time"
        self.running.add(name)
        self.bodies += 1
        try:
            await self.pause()
            if name not in SUMS:
                seen = {int(name): self.versions[int(name)]}
                await self.pause()
                return seen
            merged: dict[int, int] = {}
            if self.random.random() < 0.5:
                parts = [await self.call(part) for part in SUMS[name]]
            else:
                parts = await asyncio.gather(*(self.call(part) for part in SUMS[name]))
            for part in parts:
                for leaf, version in part.items():
                    merged[leaf] = min(version, merged.get(leaf, version))
            await self.pause()
            return merged
        finally:
            self.running.discard(name)

    async def call(self, name: str) -> dict[int, int]:
        """A call as a woven service makes it."""
        value: dict[int, int] = await self.node.fetch((name, TAG))
        return value

    async def read(self, name: str) -> None:
        """A call; it must not see anything older than what was true when it started (G5b)."""
        floor = list(self.versions)
        seen = await self.call(name)
        assert set(seen) == leaves_of(name), f"G20: {name} gave {seen}"
        for leaf, version in seen.items():
            assert version >= floor[leaf], (
                f"G5b: a read of {name} saw version {version} of leaf {leaf}, "
                f"which had been {floor[leaf]} when it started"
            )

    def write(self, leaf: int) -> None:
        """Change the ground truth and say so; every dependant is stale or flagged then (G7)."""
        self.versions[leaf] += 1
        origin = self.graph.Origin(self.graph.OriginKind.CALL, f"write of {leaf}")
        tag = self.random.choice((TAG, self.graph._core.wildcards.ANY))
        self.node.invalidate((str(leaf), tag), origin)
        for computed in self.node.all():
            if computed.state is self.graph.State.CONSISTENT:
                version = computed._value.get(leaf, self.versions[leaf])
                assert version == self.versions[leaf], f"G7: {computed.key} is not stale"

    async def watch(self, name: str) -> None:
        """Somebody holds a result, and is told once of its end, in time or late."""
        held = await self.node.computed((name, TAG))
        await self.pause()
        told: list[Any] = []

        def handler(computed: Any) -> None:
            told.append(computed)
            for other in self.node.all():
                if other.state is self.graph.State.CONSISTENT:
                    for dependency in other._dependencies:
                        assert dependency.state is self.graph.State.CONSISTENT, "G15b"

        held.on_invalidated(handler)
        self.watched.append((held, told))

    def check(self) -> None:
        """What holds at quiescence."""
        assert not self.running
        for key, computed in self.node.table.items():
            assert computed.state is self.graph.State.CONSISTENT, f"{computed} at quiescence"
            truth = {leaf: self.versions[leaf] for leaf in computed._value}
            assert computed._value == truth, f"G6: {computed.key} is {computed._value}"
            assert computed._key == key
            assert (computed._hit is None) == (key not in self.node.hot)
            assert computed._hit is None or computed._hit is self.node.hot[key]
            for dependency in computed._dependencies:
                assert dependency.state is self.graph.State.CONSISTENT, "G8"
                assert computed in dependency._dependants, "G9"
            for dependant in computed._dependants:
                assert dependant.state is self.graph.State.CONSISTENT, "G9"
                assert computed in dependant._dependencies, "G9"
        assert set(self.node.hot) <= set(self.node.table)
        for held, told in self.watched:
            gone = held.state is self.graph.State.INVALIDATED
            assert told == [held] * gone, "G14"
            outdated = any(seen != self.versions[leaf] for leaf, seen in held._value.items())
            assert gone or not outdated, f"G34: {held.key} is held, and was forgotten"
            for dependency in held._dependencies:
                assert dependency.state is self.graph.State.CONSISTENT, "G8"


async def live(graph: ModuleType) -> None:
    """One universe: readers, writers and cancellers at random; then quiescence."""
    random = asyncio.get_running_loop().fusion_random  # type: ignore[attr-defined]
    universe = Universe(graph, random)

    async def reader() -> None:
        for _ in range(random.randint(1, 4)):
            await universe.pause()
            await universe.read(random.choice(READS))

    async def impatient() -> None:
        for _ in range(random.randint(1, 3)):
            task = asyncio.create_task(universe.read(random.choice(READS)))
            await universe.pause()
            task.cancel()
            try:
                await task
            except asyncio.CancelledError:
                current = asyncio.current_task()
                assert current is not None and not current.cancelling()

    async def writer() -> None:
        for _ in range(random.randint(1, 4)):
            await universe.pause()
            universe.write(random.randrange(LEAVES))

    async def latecomer() -> None:
        name = random.choice(READS)
        old = await universe.node.computed((name, TAG))
        await universe.pause()
        if old.state is graph.State.INVALIDATED:
            successor = universe.node.peek((name, TAG))
            graph.invalidate(old, graph.Origin(graph.OriginKind.CALL, "late"))
            assert universe.node.peek((name, TAG)) is successor, "G13"

    async with asyncio.TaskGroup() as tasks:
        for _ in range(2):
            tasks.create_task(latecomer())
        for _ in range(random.randint(2, 5)):
            tasks.create_task(reader())
        for _ in range(random.randint(0, 2)):
            tasks.create_task(universe.watch(random.choice(READS)))
        for _ in range(random.randint(1, 2)):
            tasks.create_task(impatient())
        for _ in range(random.randint(1, 3)):
            tasks.create_task(writer())
    await asyncio.sleep(10)
    universe.check()
    for name in READS:
        await universe.read(name)
    universe.check()
