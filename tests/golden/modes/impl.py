from collections.abc import AsyncIterator

from .expected.notes import NotesService


class Notes(NotesService):
    def __init__(self) -> None:
        self.texts: list[str] = []

    async def find(self, text: str, *, limit: int = 20) -> tuple[str, ...]:
        return tuple(each for each in self.texts if text in each)[:limit]

    async def lines(self, since: int = 0) -> AsyncIterator[str]:
        for each in self.texts[since:]:
            yield each

    async def note(self, text: str) -> None:
        self.texts.append(text)

    async def beat(self) -> None:
        self.texts.append("")

    async def write(self, text: str) -> None:
        await self.note(text)

    async def append(self, text: str) -> int:
        self.texts.append(text)
        return len(self.texts)


async def main() -> None:
    notes = Notes()
    await notes.note("bread")
    assert await notes.append("butter") == 2
    assert await notes.find("tt") == ("butter",)
    assert [line async for line in notes.lines(since=1)] == ["butter"]
