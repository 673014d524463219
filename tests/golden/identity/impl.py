from collections import defaultdict
from collections.abc import AsyncIterator

from fusionrt import Principal, Session

from .expected.bell import BellService
from .expected.desk import DeskService

ANN, BOB = Principal("ann"), Principal("bob")


class Desk(DeskService):
    def __init__(self) -> None:
        self.drawers: defaultdict[str, list[str]] = defaultdict(list)
        self.ran: list[str] = []

    async def open(self, number: int) -> str:
        return f"nothing in {number}"

    async def mine(self, principal: Principal) -> tuple[str, ...]:
        self.ran.append(f"mine {principal.name}")
        return tuple(self.drawers[principal.name])

    async def some(self, limit: int, who: Principal, /, *, tag: str = "", on: Session) -> str:
        self.ran.append(f"some {who.name}")
        found = [each for each in await self.mine(who) if tag in each]
        return f"{on.id}: {', '.join(found[:limit])}"

    async def first(self, principal: Principal) -> str:
        return ", ".join((await self.mine(principal))[:1])

    async def put(self, principal: Principal, thing: str) -> int:
        self.drawers[principal.name].append(thing)
        return len(self.drawers[principal.name])

    async def clear(self, who: Principal, limit: int, on: Session) -> None:
        self.drawers.clear()

    async def whoami(self, session: Session, principal: Principal) -> str:
        return f"{principal.name} by {session.id}"

    async def things(self, principal: Principal, since: int = 0) -> AsyncIterator[str]:
        for thing in self.drawers[principal.name][since:]:
            yield thing

    async def put_all(self, principal: Principal, things: AsyncIterator[str]) -> int:
        async for thing in things:
            self.drawers[principal.name].append(thing)
        return len(self.drawers[principal.name])

    async def named(
        self, prefix: str, who: Principal, *, on: Session, things: AsyncIterator[str]
    ) -> tuple[str, AsyncIterator[str]]:
        return who.name, (f"{prefix}{thing}" async for thing in things)


class Bell(BellService):
    def __init__(self) -> None:
        self.by: list[str] = []

    async def rung(self) -> int:
        return len(self.by)

    async def ring(self, principal: Principal) -> None:
        self.by.append(principal.name)


async def main() -> None:
    desk = Desk()
    assert await desk.put(ANN, "a pen") == 1
    assert await desk.mine(ANN) == await desk.mine(principal=ANN) == ("a pen",)
    assert await desk.mine(BOB) == ()
    assert desk.ran == ["mine ann", "mine bob"]
    phone = Session("phone")
    assert await desk.some(1, ANN, on=phone) == "phone: a pen"
    await desk.put(BOB, "a cup")
    assert desk.peek.mine(ANN) is not None and desk.peek.mine(BOB) is None
    assert desk.peek.some(1, ANN, on=phone) is not None
    desk.invalidate.mine(ANN)
    assert desk.peek.some(1, ANN, on=phone) is None
    assert [thing async for thing in desk.things(BOB)] == ["a cup"]

    async def sent() -> AsyncIterator[str]:
        yield "a hat"

    assert await desk.put_all(ANN, sent()) == 2
    name, named = await desk.named("my ", ANN, on=phone, things=sent())
    assert (name, [thing async for thing in named]) == ("ann", ["my a hat"])
    await desk.clear(BOB, 1, phone)
    assert await desk.mine(BOB) == ()
    bell = Bell()
    await bell.ring(ANN)
    assert await bell.rung() == 1
