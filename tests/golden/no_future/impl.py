from typing import Literal

from .contract import Key, Note
from .expected.notes import NotesService


class Notes(NotesService):
    def __init__(self) -> None:
        self.notes: dict[Key, Note] = {}

    async def find(self, key: Key) -> Note | None:
        return self.notes.get(key)

    async def names(
        self, mode: Literal["all", "mine"] = "all", prefix: str | None = None
    ) -> tuple[str, ...]:
        return (mode, prefix or "")

    async def save(self, note: Note, text: str) -> None:
        self.notes[note.key] = note


async def main() -> None:
    notes = Notes()
    key = Key(id="a")
    assert await notes.find(key) is None
    mine = await notes.computed.names("mine")
    await notes.save(Note(key=key, text="x"), "short")
    assert not mine.is_consistent
    assert await notes.find(Key(id="a")) == Note(key=key, text="x")
    assert await notes.names() == ("all", "")
