"""Rooms whose truth outlives every host, which is what a database would be; and who served when."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from fusionrt import fencing_token
from fusionrt.primitives import now
from tests.shards.generated.rooms import RoomsService

__all__ = ["Ran", "Refused", "RoomsInMemory", "Truth"]


class Refused(Exception):
    """A write carried the token of a former owner."""


@dataclass
class Ran:
    """One body: where it ran, for which room, under which token, from when to when."""

    host: str
    room: str
    what: str
    token: int
    began: float
    ended: float = float("inf")


@dataclass
class Truth:
    """What was said, by room; and the highest token that the store has seen, by room."""

    said: dict[str, list[str]] = field(default_factory=dict)
    tokens: dict[str, int] = field(default_factory=dict)
    ran: list[Ran] = field(default_factory=list)

    def write(self, room: str, text: str, token: int) -> int:
        """Add a line, unless a later owner wrote before."""
        if token < self.tokens.get(room, 0):
            raise Refused(f"{token} is no token of the owner of {room}")
        self.tokens[room] = token
        lines = self.said.setdefault(room, [])
        assert text not in lines, "a command ran twice (D13)"
        lines.append(text)
        return len(lines)

    def check(self) -> None:
        """No two owners of a shard ran bodies at the same time, and tokens only rise (D20)."""
        by_room: dict[str, list[Ran]] = {}
        for ran in self.ran:
            by_room.setdefault(ran.room, []).append(ran)
        for room, bodies in by_room.items():
            bodies.sort(key=lambda ran: ran.began)
            for index, ran in enumerate(bodies):
                for later in bodies[index + 1 :]:
                    assert later.token >= ran.token, f"{room}: {ran} came before {later}"
                    together = later.began < ran.ended and later.token != ran.token
                    assert not together, f"{room}: {ran} and {later} ran together"


@dataclass(eq=False)
class RoomsInMemory(RoomsService):
    """The bodies. pause: seconds that each of them takes."""

    host: str
    truth: Truth
    pause: float = 0.0
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    waiting: int = 0

    @asynccontextmanager
    async def _body(self, room: str, what: str) -> AsyncIterator[None]:
        """A body that runs."""
        ran = Ran(self.host, room, what, fencing_token(), now())
        assert ran.token > 0, "a body has no fencing token"
        self.truth.ran.append(ran)
        try:
            await asyncio.sleep(self.pause)
            yield
        finally:
            ran.ended = now()

    async def count(self, room: str) -> int:
        async with self._body(room, "count"):
            return len(self.truth.said.get(room, ()))

    async def starting(self, letter: str, *, room: str) -> int:
        async with self._body(room, "starting"):
            return sum(text.startswith(letter) for text in self.truth.said.get(room, ()))

    async def say(self, room: str, text: str) -> int:
        async with self._body(room, "say"):
            return self.truth.write(room, text, fencing_token())

    async def owner(self, room: str) -> str:
        async with self._body(room, "owner"):
            return self.host

    async def wait(self, room: str) -> str:
        async with self._body(room, "wait"):
            self.waiting += 1
            try:
                await self.gate.wait()
            finally:
                self.waiting -= 1
            return self.host

    async def look(self, room: str) -> str:
        return await self.wait(room)

    async def knock(self, room: str) -> None:
        async with self._body(room, "knock"):
            pass

    async def lines(self, room: str, since: int = 0) -> AsyncIterator[str]:
        for text in self.truth.said.get(room, ())[since:]:
            yield text
        await asyncio.Event().wait()

    async def tell(self, room: str, texts: AsyncIterator[str]) -> int:
        async with self._body(room, "tell"):
            count = 0
            async for text in texts:
                count = self.truth.write(room, text, fencing_token())
            return count

    async def enter(self, room: str, texts: AsyncIterator[str]) -> tuple[str, AsyncIterator[str]]:
        async with self._body(room, "enter"):
            return self.host, texts
