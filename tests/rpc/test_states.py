"""The state machine of a session over a transport: its table is whole, drawn, and wholly used."""

from __future__ import annotations

from typing import Any, cast

import pytest

from fusionrt import Host
from fusionrt.rpc.client.states import SESSION, SessionState
from fusionrt.transport.memory import MemoryNetwork
from fusionrt.wire.client_events import Draining
from tests.lab import LabClient, TinyLab
from tests.waiting import until
from tests.wire.test_states import Arrow, Watched, arrows, drawn


def test_the_diagram_is_the_table() -> None:
    """Every arrow that is drawn is in the table, and every one of the table is drawn."""
    assert set(drawn(SessionState)) == arrows(SESSION)
    assert list(SESSION) == list(SessionState)


async def _used() -> None:
    """A session whose host shuts down, and says so twice; one that ends before that."""
    network = MemoryNetwork(1)
    async with Host(transport=network.connect("serving")) as serving:
        await serving.serve(lab := TinyLab({"a": 1}))
        async with Host(transport=network.connect("calling")) as calling:
            client = calling.client(LabClient)
            await client.echo("x")
            waiting = client.wait()
            waiting.send(None)
            await until(lambda: lab.waiting)
            (session,) = client._fusion._peer._sessions.values()
            session._apply(Draining())
            session._apply(Draining())
            assert session.statistics().leaving
            waiting.close()
            assert session.over
            await client.echo("through another session")


async def test_nothing_in_the_table_is_dead(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every transition happens."""
    came: set[Arrow] = set()
    for state, ways in list(SESSION.items()):
        monkeypatch.setitem(cast(Any, SESSION), state, Watched(state, ways, came))
    await _used()
    assert came == arrows(SESSION)
