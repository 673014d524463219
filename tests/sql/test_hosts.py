"""A committed change is seen by every host of the database."""

from __future__ import annotations

from fusionrt import Host
from tests.services.contracts import Note
from tests.services.generated.notes import NotesClient
from tests.sql.shelf import serving
from tests.waiting import until


async def test_O1_what_a_command_wrote_is_seen_by_its_host_and_by_others(
    nats_server: str, url: str
) -> None:
    """Its own when it returns (O2), the others soon after."""
    async with serving(nats_server, url) as first, serving(nats_server, url) as second:
        assert [await each.notes.get(1) for each in (first, second)] == [None, None]
        await first.notes.put(Note(1, "me", "a"))
        assert await first.notes.get(1) == Note(1, "me", "a")
        await until(lambda: second.notes.peek.get(1) is None)
        assert await second.notes.get(1) == Note(1, "me", "a")
        assert (first.log.stored, first.log.applied) == (1, 0)
        assert (second.log.stored, second.log.applied) == (0, 1)


async def test_D15_a_client_reads_what_it_wrote_on_whatever_host(
    nats_server: str, url: str
) -> None:
    """Each host has read the log as far as the command before it answers."""
    async with (
        serving(nats_server, url),
        serving(nats_server, url),
        Host(nats_server) as host,
    ):
        client = host.client(NotesClient)
        for text in "abc":
            await client.put(Note(1, "me", text))
            assert await client.get(1) == Note(1, "me", text)
