"""What templates, functions and browsers hand to each other arrives as it is, or fails in its place
(W13)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from fusionrt.web import Live

from .serving import served


class Colour(str, Enum):  # noqa: UP042 - as many are
    """A text that shows as something else."""

    RED = "red"


@dataclass(frozen=True)
class Point:
    """What has no codec until its type is known."""

    x: int


@asynccontextmanager
async def page_of(
    folder: Path, function: Callable[..., Awaitable[Any]], **values: Any
) -> AsyncIterator[httpx.AsyncClient]:
    """A page between the components `before` and `after`, with `function` in the middle."""
    live = Live(folder)
    (folder / "value.html").write_text("{{ value }}")
    given = ", ".join(f"{name}={name}" for name in values)
    middle = f"live.{function.__name__}({given})"
    (folder / "page.html").write_text(f"{{{{ live.beside() }}}}<main>{{{{ {middle} }}}}</main>")

    @live.component("value.html")
    async def beside(request: Request) -> dict[str, object]:
        return {"value": "beside it"}

    async def page(request: Request) -> Response:
        return await live.page(request, "page.html", **values)

    live.component("value.html")(function)
    app = Starlette(routes=[Route("/", page), Mount("/live", live)])
    async with served(app) as at, httpx.AsyncClient(base_url=at.http, timeout=10) as http:
        yield http


ARGUMENTS: dict[str, tuple[Any, object]] = {
    "none": (str | None, None),
    "the text null": (str | None, "null"),
    "number": (int | str, 5),
    "the text of a number": (int | str, "5"),
    "enum": (Colour, Colour.RED),
    "dataclasses": (tuple[Point, ...], (Point(1), Point(2))),
    "decimal": (Decimal, Decimal("1.50")),
    "flag": (bool, False),
}


@pytest.mark.parametrize(("tp", "value"), ARGUMENTS.values(), ids=ARGUMENTS.keys())
async def test_W13_a_component_is_called_with_what_its_place_says(
    tmp_path: Path, tp: Any, value: object
) -> None:
    """In the page, and again when a browser asks: also where a text could be two values."""
    called: list[object] = []

    async def component(request: Request, given: Any) -> dict[str, object]:
        called.append(given)
        return {"value": ""}

    component.__annotations__["given"] = tp
    async with page_of(tmp_path, component, given=value) as http:
        page = (await http.get("/")).text
        (asked,) = [part for part in page.split('"') if part.startswith("/live/component")]
        await http.get(asked)
    assert called == [value, value]
    assert [type(each) for each in called] == [type(value)] * 2


async def _cut_off(request: Request, given: Any) -> dict[str, object]:
    task = asyncio.create_task(asyncio.sleep(1000))
    task.cancel()
    await task
    return {}


async def _shows(request: Request, given: str) -> dict[str, object]:
    return {"value": given}


@pytest.mark.parametrize(
    ("function", "given"),
    [(_cut_off, "x"), (_shows, object()), (_shows, "\ud83d")],
    ids=["cancelled by what it awaits", "no type that travels", "half a character"],
)
async def test_W13_whatever_a_component_fails_by_shows_in_its_place(
    tmp_path: Path, function: Callable[..., Awaitable[Any]], given: object
) -> None:
    """Be it before its function is called; the rest of the page is there."""
    _cut_off.__annotations__["given"] = str
    async with page_of(tmp_path, function, given=given) as http:
        answer = await http.get("/")
    beside, _, middle = answer.text.partition("<main>")
    assert answer.status_code == 200 and "beside it" in beside
    assert "cannot be shown" in middle and middle.endswith("</main>")


async def test_W13_what_cannot_be_sent_costs_a_character(tmp_path: Path) -> None:
    """Half of one, as of a text that a browser cut: in the page, and in what comes later."""

    async def component(request: Request) -> dict[str, object]:
        return {"value": "smile: \ud83d"}

    async with page_of(tmp_path, component) as http:
        assert "smile: ?" in (await http.get("/")).text
        assert "smile: ?" in await _first_event(http)


async def test_W13_an_update_shows_what_the_page_shows(tmp_path: Path) -> None:
    """Only what ends a line of an event is taken for the end of one."""
    text = "a\u2028b\u2029c\x85d\x0ce\x1cf\x0bg"

    async def component(request: Request) -> dict[str, object]:
        return {"value": f"{text}\nh"}

    async with page_of(tmp_path, component) as http:
        assert f">{text}\nh<" in (await http.get("/")).text
        assert f">{text}\ndata: h<" in await _first_event(http)


async def _first_event(http: httpx.AsyncClient) -> str:
    headers = {"Accept": "text/event-stream"}
    async with http.stream("GET", "/live/component", headers=headers) as answer:
        seen = ""
        async for part in answer.aiter_text():
            seen += part
            if "\n\n" in seen:
                return seen
    raise AssertionError(seen)
