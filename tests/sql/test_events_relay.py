"""Other systems hear of events over JetStream (O16, O18)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import nats
import pytest
from nats.js.api import StreamInfo
from sqlalchemy import update

from fusionrt import ArgumentError, operation
from fusionrt.sql.outbox import claimer
from fusionrt.sql.tables import events
from tests.natsserver import NatsServer
from tests.services.contracts import Note
from tests.sql.reminders import Asking, Due, Other, asking, stored
from tests.sql.shelf import ShelfHost

STREAM = "fusion-events"


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[NatsServer]:
    """A broker that is killed and started again."""
    server = NatsServer(tmp_path, "-js", "-sd", str(tmp_path / "jetstream"))
    yield server
    server.close()


async def store(one: ShelfHost, *asked: object) -> None:
    """Store events, with their places as ids."""

    async def ask(note: Note) -> None:
        for id, event in enumerate(asked):
            await operation.event(event, id=str(id))

    await cast(Asking, one.notes).put_with(ask)


async def done(one: ShelfHost, *, error: str = "") -> Any:
    """The first event, when all are done, or it waits with such an error."""
    async with asyncio.timeout(15):
        while True:
            rows = await stored(one.db)
            if error and error in (rows["0"].error or ""):
                return rows["0"]
            if all(row.state == "done" for row in rows.values()):
                return rows["0"]
            await asyncio.sleep(0.02)


async def told(url: str) -> list[tuple[str, str, Any]]:
    """What is in the stream: subject, message id, value."""
    async with await nats.connect(url) as client:
        js = client.jetstream(timeout=30.0)
        info: StreamInfo = await js.stream_info(STREAM)
        assert info.state.messages is not None
        found = []
        for position in range(1, info.state.messages + 1):
            message = await js.get_msg(STREAM, position)
            assert message.headers is not None and message.data is not None
            id = message.headers["Nats-Msg-Id"]
            found.append((message.subject or "", id, json.loads(message.data)))
        return sorted(found)


async def test_O16_events_are_told_as_json_with_their_ids(jetstream: str, url: str) -> None:
    """At a subject for each type: the one that was named, or the type's name."""
    async with asking(jetstream, url) as one:
        one.host.relay(Due, "note.due")
        one.host.relay(Other)
        await store(one, Due(1, "ä"), Other(2))
        await done(one)
        assert await told(jetstream) == [
            ("fusion.events.note.due", "0", {"note": 1, "text": "ä"}),
            ("fusion.events.other.type", "1", {"note": 2}),
        ]


async def test_O16_an_event_that_is_told_twice_is_in_the_stream_once(
    jetstream: str, url: str
) -> None:
    """Its process died before it was written down that it had told it."""
    async with asking(jetstream, url) as one:
        one.host.relay(Due)
        await store(one, Due(1))
        await done(one)
        async with one.db.begin() as session:
            await session.execute(update(events).values(state="open", due=0.0))
        cast(Any, one.open_log)._claimers[0].poke()
        assert (await done(one)).tries == 2
        assert len(await told(jetstream)) == 1


async def test_O18_while_the_broker_is_away_events_wait(
    broker: NatsServer, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """None is given up, and none of the tries is used; commands go on."""
    monkeypatch.setattr(claimer, "FIRST_WAIT", 0.01)
    async with asking(broker.url, url) as one:
        one.host.relay(Due)
        broker.kill()
        await store(one, Due(1))
        waits = await done(one, error="JetStream")
        assert (waits.state, one.log.dead) == ("open", 0)
        broker.start()
        assert (await done(one)).tries == 1
        assert len(await told(broker.url)) == 1


async def test_O16_without_jetstream_events_wait(
    nats_server: str, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is missing stands beside them."""
    async with asking(nats_server, url) as one:
        one.host.relay(Due)
        await store(one, Due(1))
        waits = await done(one, error="nats-server -js")
        assert (waits.state, waits.tries, waits.claimant) == ("open", 0, None)


async def test_O16_what_no_message_takes_is_dead(jetstream: str, url: str) -> None:
    """It would never be told."""
    async with asking(jetstream, url) as one:
        one.host.relay(Due)
        await store(one, Due(1, "a" * 2**20))
        assert "no message takes it" in (await done(one, error="no message")).error


async def test_a_subject_is_words_with_dots(nats_server: str, url: str) -> None:
    """Nothing that NATS would read as another one."""
    async with asking(nats_server, url) as one:
        for subject in ("", "a b", "a..b", ".a", "a.*", "a.>", "ä"):
            with pytest.raises(ArgumentError, match="subject"):
                one.host.relay(Due, subject)
