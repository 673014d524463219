"""What others say of a host's changes is a hint to read the log, and proves nothing (O5, D15)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from fusionrt.operations.nudges import Nudges, _encode, _Nudge
from fusionrt.operations.stored import StoredOperation, whole
from fusionrt.transport import Message
from fusionrt.wire.frames import Mark
from tests.services.contracts import Note
from tests.sql.shelf import ShelfHost, serving
from tests.waiting import until

HUGE = 10**9


@pytest.fixture
async def hosts(nats_server: str, url: str) -> AsyncIterator[tuple[ShelfHost, ShelfHost]]:
    """Two of one database; the second one has applied a command of the first."""
    async with serving(nats_server, url) as first, serving(nats_server, url) as second:
        await first.notes.put(Note(1, "me", "a"))
        await until(lambda: second.log.applied == 1)
        await until(lambda: nudges_of(second)._reading is None)
        yield first, second


async def turns() -> None:
    """Whatever is ready runs."""
    for _ in range(10):
        await asyncio.sleep(0)


def nudges_of(host: ShelfHost) -> Nudges:
    """Of one host."""
    return host.host._open().commits.nudges


def mark_of(host: ShelfHost, number: int, *, stored: bool = True) -> Mark:
    """What a client tells that a command of this host changed."""
    iid = nudges_of(host)._iid
    return Mark("notes", f"{iid}/{host.open_log.name}" if stored else iid, number)


def forge(first: ShelfHost, second: ShelfHost) -> None:
    """Tell the second host that the first has told it of very many operations."""
    nudges = nudges_of(first)
    operation = StoredOperation("x", nudges._iid, "notes.put", whole(["notes"]))
    payload = _encode(_Nudge(operation, HUGE, first.open_log.name))
    nudges_of(second)._received("notes", Message("subject", payload))


def claim(first: ShelfHost, second: ShelfHost) -> None:
    """Say so as a client would."""
    assert nudges_of(second).missing([mark_of(first, HUGE)])


@pytest.mark.parametrize("lie", [forge, claim])
async def test_D15_a_number_that_is_made_up_is_not_believed(
    hosts: tuple[ShelfHost, ShelfHost],
    lie: Callable[[ShelfHost, ShelfHost], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whoever asks for what came after it waits until the log was read since."""
    first, second = hosts
    lie(first, second)
    await until(lambda: nudges_of(second)._reading is None)
    may_read = asyncio.Event()
    catch_up = second.open_log.catch_up

    async def later() -> None:
        await may_read.wait()
        await catch_up()

    monkeypatch.setattr(second.open_log, "catch_up", later)
    (done,) = nudges_of(second).missing([mark_of(first, 2)])
    await turns()
    assert not done.done()
    may_read.set()
    assert await done


async def test_D15_the_log_does_not_tell_of_what_is_not_stored(
    hosts: tuple[ShelfHost, ShelfHost],
) -> None:
    """A transient command, or one whose outcome is unknown, is told by its nudge alone: that has
    come, or everything is invalidated."""
    first, second = hosts
    kept = await second.notes.computed.get(1)
    (done,) = nudges_of(second).missing([mark_of(first, 1, stored=False)])
    await second.open_log.catch_up()
    await turns()
    assert not done.done() and kept.is_consistent
    assert await done
    assert not kept.is_consistent


async def test_D15_a_host_reflects_its_own_commands_at_once(
    hosts: tuple[ShelfHost, ShelfHost],
) -> None:
    """They are applied before they return (O2)."""
    first, _ = hosts
    for stored in (True, False):
        assert nudges_of(first).missing([mark_of(first, 1, stored=stored)]) == []
