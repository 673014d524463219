"""The page as the server renders it: no JavaScript of ours, and complete without any."""

from asyncio import gather
from pathlib import Path

from fusionrt import Host
from fusionrt.web import Live
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route

from todo.generated.todos import TodosClient
from todo.records import UnknownItem

TEMPLATES = Path(__file__).parent.parent / "web" / "templates"


def rendered(host: Host) -> list[BaseRoute]:
    """The page, and what keeps it up to date."""
    live = Live(TEMPLATES)

    @live.component("items.html")
    async def folder(request: Request, name: str) -> dict[str, object]:
        todos = host.client(TodosClient)
        items = await gather(*(todos.get(id) for id in await todos.items(name)))
        return {"items": filter(None, items), "summary": await todos.summary(name)}

    @live.form()
    async def add(request: Request, folder: str, title: str) -> None:
        await host.client(TodosClient).add(folder, title)

    @live.form(shows=[UnknownItem])
    async def tick(request: Request, id: int, done: bool) -> None:
        await host.client(TodosClient).tick(id, done)

    @live.form(shows=[UnknownItem])
    async def remove(request: Request, id: int) -> None:
        await host.client(TodosClient).remove(id)

    async def page(request: Request) -> Response:
        name = request.query_params.get("folder", "home")
        return await live.page(request, "page.html", name=name)

    return [Route("/rendered.html", page), Mount("/live", live)]
