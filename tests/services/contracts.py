"""A contract with a bit of everything that a service in one process can have."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol

from fusionrt import ANY, command, compute, service  # noqa: F401 - `invalidates` names ANY


@dataclass(frozen=True)
class Note:
    """Something that somebody wrote down."""

    id: int
    owner: str
    text: str


@service
class Notes(Protocol):
    """Notes of many owners."""

    @compute
    async def get(self, id: int) -> Note | None: ...

    @compute
    async def ids(self, owner: str, *, tag: str = "", limit: int = 20) -> tuple[int, ...]: ...

    @compute
    async def kind(self, value: int | bool | float | str) -> str: ...

    @compute
    async def half(self, value: float) -> float: ...

    @compute
    async def digest(self, owner: str) -> str: ...

    @command(invalidates=["get(note.id)", "ids(note.owner, tag=ANY, limit=ANY)"])
    async def put(self, note: Note) -> Note: ...

    @command(invalidates=["get(result.id)", "ids(result.owner, tag=ANY, limit=ANY)"])
    async def touch(self, id: int) -> Note: ...

    @command(invalidates=["get(note.id) for note in notes"])
    async def put_all(self, notes: tuple[Note, ...]) -> None: ...

    async def ping(self) -> str: ...

    def events(self) -> AsyncIterator[int]: ...
