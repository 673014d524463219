"""A table in a bucket of a real JetStream, of which the operator takes something away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass

import nats
import pytest
from nats.js import JetStreamContext
from nats.js.api import ConsumerInfo
from nats.js.kv import KeyValue

from fusionrt import BrokerUnavailable
from fusionrt.transport import Entry, Outdated, Table, kv
from fusionrt.transport.nats import NatsTransport
from tests.waiting import until

BUCKET = "the-table"
STREAM = f"KV_{BUCKET}"


@dataclass
class Tables:
    """Two processes that share a table, and the operator."""

    one: Table
    other: Table
    operator: JetStreamContext

    async def followed_by(self, count: int) -> None:
        """Return when the broker tells so many of the bucket."""
        async with asyncio.timeout(20.0):
            while len([each for each in await self.consumers() if each.push_bound]) != count:  # noqa: ASYNC110
                await asyncio.sleep(0.01)

    async def consumers(self) -> list[ConsumerInfo]:
        """Who is known to the broker as following it."""
        return await self.operator.consumers_info(STREAM)

    async def put(self, key: str, value: bytes) -> None:
        """By the first process, until it is done."""
        await put(self.one, key, value)

    async def told(self, value: bytes) -> None:
        """Return when the first process knows of this one of `own`."""
        await until(lambda: self.one.entries.get("own", Entry(b"", 0)).value == value)


async def put(table: Table, key: str, value: bytes) -> None:
    """Set it, whatever it was."""
    async with asyncio.timeout(20.0):
        while True:
            with suppress(BrokerUnavailable, Outdated):
                await table.put(key, value, table.entries.get(key, Entry(b"", 0)).revision)
                return
            await asyncio.sleep(0.01)


@asynccontextmanager
async def tables(url: str) -> AsyncIterator[Tables]:
    async with AsyncExitStack() as exits:
        opened: list[Table] = []
        for _ in range(2):
            transport = await NatsTransport.connect(url)
            exits.push_async_callback(transport.close)
            table = transport.table(BUCKET)
            await table.open(lambda: None)
            exits.push_async_callback(table.close)
            opened.append(table)
        operator = await exits.enter_async_context(await nats.connect(url))
        yield Tables(opened[0], opened[1], operator.jetstream(timeout=30.0))


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is not told is missed soon."""
    monkeypatch.setattr(kv, "DEAF", 0.05)


async def test_D20_a_bucket_that_is_deleted_is_made_anew(jetstream: str, impatient: None) -> None:
    """By whoever changes something next; from then on all see the same again."""
    async with tables(jetstream) as it:
        for number in range(50):  # the new one does not count so far
            await it.put("old", str(number).encode())
        await until(lambda: "old" in it.other.entries)
        await it.operator.delete_stream(STREAM)
        await it.put("new", b"2")
        assert set(it.one.entries) <= {"new"}
        with pytest.raises(Outdated):
            await it.other.put("old", b"3", it.other.entries["old"].revision)
        assert set(it.other.entries) == set()
        await put(it.other, "own", b"4")
        await until(lambda: it.one.entries.keys() == {"new", "own"})
        while it.other.entries != it.one.entries:
            await put(it.other, "own", b"5")
            await asyncio.sleep(0.02)
        assert it.one.entries["own"].revision < 50


async def test_D20_who_is_told_nothing_any_more_finds_out_by_what_it_changes(
    jetstream: str, impatient: None
) -> None:
    """A server of a cluster that held what follows the bucket is gone, or an operator deleted it:
    the connection is as it was.
    """
    async with tables(jetstream) as it:
        for consumer in await it.consumers():
            await it.operator.delete_consumer(STREAM, consumer.name)
        await it.other.put("theirs", b"1", 0)
        assert "theirs" not in it.one.entries
        while "theirs" not in it.one.entries:
            await it.put("own", b"2")
        await it.put("own", b"3")
        await it.told(b"3")


async def test_D20_who_is_told_what_he_changes_goes_on_as_he_was(
    jetstream: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is read anew."""
    monkeypatch.setattr(kv, "DEAF", 0.5)  # longer than a busy machine takes to be told
    async with tables(jetstream) as it:
        before = {each.name for each in await it.consumers()}
        for value in (b"1", b"2"):
            await it.put("own", value)
            await it.told(value)
            await asyncio.sleep(2 * kv.DEAF)
        assert {each.name for each in await it.consumers()} == before


async def test_D20_a_table_that_is_closed_is_told_nothing_any_more(jetstream: str) -> None:
    """Though the connection goes on."""
    async with tables(jetstream) as it:
        await it.followed_by(2)
        await it.one.close()
        await it.followed_by(1)


async def test_D20_a_reading_that_failed_is_told_nothing_any_more(
    jetstream: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A table that cannot be read is read again and again."""

    async def late(watcher: object) -> None:
        raise TimeoutError

    async with tables(jetstream) as it:
        transport = await NatsTransport.connect(jetstream)
        with monkeypatch.context() as patched:
            patched.setattr(KeyValue.KeyWatcher, "__anext__", late)
            with pytest.raises(BrokerUnavailable):
                await transport.table(BUCKET).open(lambda: None)
        assert len(await it.consumers()) == 3
        await it.followed_by(2)
        await transport.close()
