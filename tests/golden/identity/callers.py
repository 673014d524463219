"""Who asks is an argument of a service, and none of a client."""

from collections.abc import AsyncIterator
from typing import assert_type

from fusionrt import Computed, Host, Principal, Session

from .contract import Bell, Desk
from .expected.bell import BellClient, BellLive, BellService
from .expected.desk import DeskClient, DeskLive, DeskService


class Loud(DeskClient):
    """A client with methods of its own in the place of generated ones."""

    async def mine(self) -> tuple[str, ...]:
        return (*await super().mine(), "!")


async def as_client(host: Host) -> None:
    """A client says nothing of it."""
    desk = host.client(DeskClient)
    assert_type(await desk.mine(), tuple[str, ...])
    assert_type(await desk.some(3, tag="a"), str)
    assert_type(await desk.put("a pen"), int)
    await desk.clear(1)
    assert_type(await desk.whoami(), str)
    assert_type(desk.things(since=1), AsyncIterator[str])
    assert_type(await desk.put_all(desk.things()), int)
    assert_type(await desk.named("my ", things=desk.things()), tuple[str, AsyncIterator[str]])
    assert_type(await desk.computed.mine(), Computed[tuple[str, ...]])
    assert_type(desk.peek.some(3), Computed[str] | None)
    async for found in desk.changes.mine():
        assert_type(found, Computed[tuple[str, ...]])
    assert_type(await desk.computed.open(1), Computed[str])
    await desk.with_options(timeout=1.0).mine()
    shares(desk)
    bells(host.client(BellClient))


async def in_process(desk: DeskService, who: Principal, on: Session) -> None:
    """A service is told."""
    assert_type(await desk.mine(who), tuple[str, ...])
    assert_type(await desk.some(3, who, on=on), str)
    assert_type(desk.peek.mine(principal=who), Computed[tuple[str, ...]] | None)
    assert_type(await desk.computed.open(1), Computed[str])
    desk.invalidate.mine(who)
    shares(desk)
    by_contract: Desk = desk
    assert_type(await by_contract.put(who, "a pen"), int)


def shares(desk: DeskLive) -> None:
    """Both have what does not depend on it."""
    assert_type(desk.peek.open(1), Computed[str] | None)


def bells(bell: BellLive) -> None:
    assert_type(bell.peek.rung(), Computed[int] | None)


async def refused(desk: DeskClient, service: DeskService, who: Principal) -> None:
    """What no type checker lets pass."""
    await desk.mine(who)  # type: ignore[call-arg] # pyright: ignore[reportCallIssue] # ty: ignore
    await service.mine()  # type: ignore[call-arg] # pyright: ignore[reportCallIssue] # ty: ignore
    desk.peek.mine(who)  # type: ignore[call-arg] # pyright: ignore[reportCallIssue] # ty: ignore
    by_contract(desk)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType] # ty: ignore


def by_contract(desk: Desk) -> None:
    """The Protocol takes who asks: a service is one, a client is none."""


def fits(desk: DeskService, bell: BellService) -> Bell:
    by_contract(desk)
    return bell
