"""`fusiongen operations` over a JetStreamLog: the log's tail, and what each host was sent of it."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from pathlib import Path

import pytest

from fusiongen.operations import found, show, shown
from fusionrt import JetStreamUnavailable
from tests.commands.console import fusiongen
from tests.waiting import until

from .hosts import STREAM, jetstream_of, site


async def test_it_shows_who_reads_and_what_was_stored(jetstream: str, tmp_path: Path) -> None:
    """By a process of its own; hosts by their names, though the broker knows consumers only."""
    async with site(jetstream, jetstream) as made:
        for number in range(3):
            await made.labs[0].put("a", number)
        done = await asyncio.to_thread(
            fusiongen, "operations", "-n", "2", "--nats", jetstream, cwd=tmp_path
        )
        assert done.returncode == 0, done.stderr
        rows = [line.split("\t") for line in done.stdout.splitlines()]
        iids = [host._open().iid for host in made.hosts]
        hosts = [row for row in rows if row[0] == "host"]
        assert sorted(row[2] for row in hosts) == sorted(iids)
        assert {tuple(row[3:]) for row in hosts} == {("lag 0.0 s", "0 unread")}
        entries = rows[len(hosts) :]
        assert [(row[1], row[3]) for row in entries] == [("lab.put", iids[0])] * 2
        assert all("lab.get" in row[2] for row in entries)


async def test_it_follows(jetstream: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each operation once; a record that is none; a host that leaves."""
    monkeypatch.setattr(show, "PERIOD", 0.05)
    async with (
        site(jetstream, jetstream) as made,
        found(None, jetstream, "fusion", None) as sources,
        aclosing(shown(sources, 5, follow=True)) as coming,
    ):
        for _ in made.hosts:
            assert (await anext(coming)).startswith("host\t")
        await made.labs[0].put("a", 1)
        assert "lab.put" in await anext(coming)
        async with jetstream_of(jetstream) as js:
            await js.publish("fusion.log.op", b"\xc1")
        assert "\t?\teverything\t" in await anext(coming)
        await made.leaving[1].aclose()
        assert (await anext(coming)).startswith("left\t")


async def test_a_log_that_is_not_there_is_not_made(jetstream: str) -> None:
    """Looking makes no stream."""
    async with found(None, jetstream, "fusion", None) as sources:
        with pytest.raises(JetStreamUnavailable, match="there is no such stream"):
            _ = [line async for line in shown(sources, 5, follow=False)]
    async with jetstream_of(jetstream) as js:
        assert STREAM not in [each.config.name for each in await js.streams_info()]


async def test_a_broker_without_jetstream_is_told(nats_server: str) -> None:
    """As a host tells it."""
    async with found(None, nats_server, "fusion", None) as sources:
        with pytest.raises(JetStreamUnavailable, match="start the server with JetStream"):
            _ = [line async for line in shown(sources, 5, follow=False)]


async def test_a_stream_by_its_name(jetstream: str) -> None:
    """That of `JetStreamLog(stream=…)`."""
    async with site(jetstream, stream="other") as made:
        await made.labs[0].put("a", 1)
        async with found(None, jetstream, "fusion", "other") as sources:
            told = [line async for line in shown(sources, 5, follow=False)]
        assert len(told) == 2
        await until(lambda: made.log(0).statistics().stored == 1)
