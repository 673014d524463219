"""Fixtures: a client of notes that another host serves."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from fusionrt import Host
from tests.services.generated.notes import NotesClient
from tests.services.memory import notes_of


@pytest.fixture
async def client(nats_server: str) -> AsyncIterator[NotesClient]:
    """A client of a service with one note; each in a host of its own."""
    async with Host(nats_server) as serving, Host(nats_server) as calling:
        await serving.serve(notes_of("a"))
        yield calling.client(NotesClient)
