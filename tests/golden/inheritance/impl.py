from .expected.pages import PagesContractService
from .parts.bases import Page, Text


class Pages(PagesContractService):
    def __init__(self) -> None:
        self.texts: dict[str, Text] = {}

    async def read(self, id: str) -> Page:
        return Page(self.texts.get(id, Text("")))

    async def size(self, id: str) -> int:
        return len((await self.read(id)).text)

    async def name(self) -> str:
        return "pages"

    async def history(self, id: str, page: Page | None = None) -> tuple[Page, ...]:
        return (await self.read(id),)

    async def write(self, id: str, text: Text) -> None:
        self.texts[id] = text


async def main() -> None:
    pages = Pages()
    assert await pages.size("a") == 0
    await pages.write("a", Text("abc"))
    assert await pages.size("a") == 3
    assert await pages.history("a") == (Page(Text("abc")),)
    assert await pages.name() == "pages"
