"""Notes in a dict, and a log of the bodies that ran."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from tests.services.contracts import Note
from tests.services.generated.notes import NotesService

__all__ = ["NotesInMemory", "notes_of"]


@dataclass
class NotesInMemory(NotesService):
    """A plain class: not a word on caching."""

    notes: dict[int, Note] = field(default_factory=dict)
    ran: list[str] = field(default_factory=list)

    async def get(self, id: int) -> Note | None:
        self.ran.append(f"get {id!r}")
        return self.notes.get(id)

    async def ids(self, owner: str, *, tag: str = "", limit: int = 20) -> tuple[int, ...]:
        self.ran.append(f"ids {owner} {tag} {limit}")
        found = [n.id for n in self.notes.values() if n.owner == owner and tag in n.text]
        return tuple(found[:limit])

    async def kind(self, value: int | bool | float | str) -> str:
        self.ran.append(f"kind {value!r}")
        return type(value).__name__

    async def half(self, value: float) -> float:
        self.ran.append(f"half {value!r}")
        return value / 2

    async def digest(self, owner: str) -> str:
        self.ran.append(f"digest {owner}")
        notes = [await self.get(id) for id in await self.ids(owner)]
        return ", ".join(note.text for note in notes if note is not None)

    async def put(self, note: Note) -> Note:
        self.notes[note.id] = note
        return note

    async def touch(self, id: int) -> Note:
        return self.notes[id]

    async def put_all(self, notes: tuple[Note, ...]) -> None:
        for note in notes:
            await self.put(note)

    async def ping(self) -> str:
        return "pong"

    async def events(self) -> AsyncIterator[int]:
        for id in self.notes:
            yield id

    def took(self) -> list[str]:
        """The bodies that ran since the last call of this."""
        ran = list(self.ran)
        self.ran.clear()
        return ran


def notes_of(*texts: str, owner: str = "me") -> NotesInMemory:
    """A service with notes of one owner, numbered from 0."""
    return NotesInMemory({id: Note(id, owner, text) for id, text in enumerate(texts)})
