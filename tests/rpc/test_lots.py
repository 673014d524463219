"""Calls that are made together have one book; each is still itself."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Sequence
from typing import Any

import pytest

from fusionrt import Host
from fusionrt.remote.way import Way
from fusionrt.transport.memory import MemoryNetwork
from tests.lab import LabClient, TinyLab
from tests.waiting import until

TOGETHER = 10


class Patient(TinyLab):
    """Some of its bodies wait."""

    async def echo(self, text: str) -> str:
        if text.startswith("never"):
            self.waiting += 1
            try:
                await asyncio.Event().wait()
            finally:
                self.done.append(text)
        return text


async def test_D19_one_of_many_that_is_closed_by_hand_stops_on_its_host() -> None:
    """Before its lot has left, and after; the others go on."""
    network = MemoryNetwork()
    serving, calling = Host(transport=network.connect("a")), Host(transport=network.connect("b"))
    async with serving, calling:
        lab = Patient()
        await serving.serve(lab)
        client = calling.client(LabClient)
        await client.echo("the session is open")
        calls = [client.echo(f"never {n}") for n in range(TOGETHER)]
        for call in calls:
            call.send(None)
        calls[3].close()
        await until(lambda: lab.waiting == TOGETHER - 1)
        calls[7].close()
        await until(lambda: lab.done == ["never 7"])
        peer = calling.statistics().caller.peers["lab"]
        assert (peer.calls, peer.deadlines) == (TOGETHER - 2, TOGETHER - 2)
        for call in calls:
            call.close()
        await until(lambda: len(lab.done) == TOGETHER - 1)
        peer = calling.statistics().caller.peers["lab"]
        assert (peer.calls, peer.deadlines) == (0, 0)


async def test_D17_answers_are_let_go_while_one_of_their_lot_is_awaited(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A call that never ends keeps nothing of those that were made with it."""

    class Large:
        pass

    results: list[weakref.ref[Large]] = []

    def decode_all(self: Way, payloads: Sequence[bytes]) -> Sequence[Any]:
        values = [Large() for _ in payloads]
        results.extend(map(weakref.ref, values))
        return values

    network = MemoryNetwork()
    serving, calling = Host(transport=network.connect("a")), Host(transport=network.connect("b"))
    async with serving, calling:
        lab = Patient()
        await serving.serve(lab)
        client = calling.client(LabClient)
        await client.echo("the session is open")
        monkeypatch.setattr(Way, "decode_all", decode_all)
        tasks = [asyncio.create_task(client.echo(f"soon {n}")) for n in range(TOGETHER)]
        never = asyncio.create_task(client.echo("never"))
        await asyncio.wait(tasks)
        await until(lambda: lab.waiting == 1)
        del tasks
        await until(lambda: not any(result() for result in results))
        assert len(results) >= TOGETHER - 1
        never.cancel()
        await asyncio.wait({never})
