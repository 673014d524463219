"""`Live`: the components and forms of an application, and where browsers find them."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable
from html import escape
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import parse_qsl

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route, Router
from starlette.types import Receive, Scope, Send

from ...errors import NotBoundError, WireError
from ..origins import Origins
from .component import Component, Function
from .forms import Form

__all__ = ["Live"]

STREAMS: Final = 10_000
"""Components that are kept up to date at a time; others stay as they were rendered."""
_STATIC: Final = Path(__file__).parent / "static"
_PARTS: Final = ("htmx.min.js", "hx-sse.min.js", "live.js")
_SCRIPT: Final = b";\n".join((_STATIC / name).read_bytes() for name in _PARTS)
"""One script: htmx looks at the page in the turn after its own, whether or not the next script has
come by then, and leaves components as they are that one would have brought to life."""
_VERSION: Final = hashlib.sha256(_SCRIPT).hexdigest()[:16]
_FRESH: Final = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
_FOR_EVER: Final = {"Cache-Control": "public, max-age=31536000, immutable"}
_CONFIG: Final = json.dumps(
    {"sse": {"reconnectDelay": 300, "reconnectMaxDelay": 3000, "pauseOnBackground": True}}
)
_C = TypeVar("_C", bound=Function)
_F = TypeVar("_F", bound=Callable[..., Awaitable[object]])


class Live:
    """Pages without a front end: a server renders them, and keeps what they show up to date.

        live = Live("templates")

        @live.component("todos.html")
        async def todo_list(request: Request, folder: str) -> dict[str, object]:
            ids = await todos.items(folder)
            return {"items": [await todos.get(id) for id in ids], "folder": folder}

        @live.form(shows=[UnknownItem])
        async def add(request: Request, folder: str, title: str) -> None:
            await todos.add(folder, title)

        async def home(request: Request) -> Response:
            return await live.page(request, "home.html")

        app = Starlette(routes=[Route("/", home), Mount("/live", live)])

    A page says `{{ live.head }}` in its head, and `{{ live.todo_list(folder="home") }}` where the
    component stands. A component is rendered anew when something that its function read is
    invalidated; what it shows travels over one connection a component (SSE), and is morphed in
    place. For CSS its root says `data-live-state`: `current`, `stale` or `failed`; and what is
    around it `data-live-offline` while nothing is heard of the server.
    `<form {{ live.add(folder="home") }}>` sends what is typed there; an `<output>` in it tells what
    went wrong. Without JavaScript pages are complete, and forms work (W13).

    Every value in a template is escaped. Arguments of a component come back from the browser: they
    are as trustworthy as any URL.

    templates: a folder of Jinja2 templates. path: where this is mounted.
    origins: of pages from elsewhere that may send forms; see `Gateway`.
    """

    def __init__(
        self,
        templates: str | os.PathLike[str],
        *,
        path: str = "/live",
        origins: Iterable[str] = (),
    ) -> None:
        self._jinja: Final = Environment(
            loader=FileSystemLoader(templates),
            autoescape=True,
            enable_async=True,
            undefined=StrictUndefined,
        )
        self._path: Final = path.rstrip("/")
        self._origins: Final = Origins(origins)
        self._components: Final[dict[str, Component]] = {}
        self._forms: Final[dict[str, Form]] = {}
        self._streams = 0
        routes = [
            Route("/static/{version}.js", _script),
            Route("/{name}", self._shown, methods=["GET"]),
            Route("/{name}", self._sent, methods=["POST"]),
        ]
        self._router: Final = Router(routes=routes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._router(scope, receive, send)

    def component(self, template: str) -> Callable[[_C], _C]:
        """Make a component of a function: `async def name(request, …) -> dict`, whose values the
        template shows. Its other parameters have types, and come from the page.

        Raises:
            NotBoundError: there is one of that name.
            TypeError: a parameter has no type.
        """

        def made(function: _C) -> _C:
            name = self._new(function)
            self._components[name] = Component(name, template, function, self._jinja)
            return function

        return made

    def form(self, *, shows: Iterable[type[Exception]] = ()) -> Callable[[_F], _F]:
        """Make a form of a function: `async def name(request, …)`, whose other parameters are its
        fields, and what the page gives along.

        shows: exceptions whose text people may read; of all others they learn a reference to the
            log.

        Raises:
            NotBoundError, TypeError: as `component`.
        """

        def made(function: _F) -> _F:
            name = self._new(function)
            self._forms[name] = Form(name, function, tuple(shows))
            return function

        return made

    def _new(self, function: Callable[..., object]) -> str:
        name = function.__name__
        if name in self._components or name in self._forms or name in ("head", "static"):
            raise NotBoundError(f"{name} is the name of something else here: choose another")
        return name

    async def page(
        self, request: Request, template: str, status: int = 200, **values: object
    ) -> Response:
        """A page, complete: its components are rendered in it."""
        made = self._jinja.get_template(template)
        live = _Page(self, request)
        html = await made.render_async({"request": request, "live": live, **values})
        return HTMLResponse(html.encode(errors="replace"), status)

    @property
    def streams(self) -> int:
        """Components that are kept up to date now."""
        return self._streams

    # -- what templates ask for --

    def head(self) -> Markup:
        """What belongs into the head of a page."""
        return Markup(f'<script defer src="{escape(self._path)}/static/{_VERSION}.js"></script>')

    async def placed(self, request: Request, name: str, given: dict[str, object]) -> Markup:
        """A component, in its place."""
        component = self._components[name]
        try:
            asked = component.query(given)
        except Exception as error:
            return Markup(component.failed(error))
        url, config = escape(f"{self._path}/{name}{asked}"), escape(_CONFIG)
        html = await component.rendered(request, _read(asked), live=_Page(self, request))
        return Markup(
            f'<div data-live="{escape(name)}" hx-sse:connect="{url}" hx-swap="innerMorph" '
            f'hx-target="this" hx-config="{config}">{html}</div>'
        )

    def attributes(self, name: str, given: dict[str, object]) -> Markup:
        """Those of a form."""
        url = escape(f"{self._path}/{name}{self._forms[name].query(given)}")
        return Markup(
            f'method="post" action="{url}" hx-post="{url}" hx-target="find output" '
            f'hx-swap="innerHTML"'
        )

    def has_component(self, name: str) -> bool:
        """Whether there is one of that name; else there may be a form.

        Raises:
            AttributeError: there is neither.
        """
        if name in self._components:
            return True
        if name in self._forms:
            return False
        raise AttributeError(f"there is no component and no form {name}")

    # -- what browsers ask for --

    async def _shown(self, request: Request) -> Response:
        component = self._components.get(request.path_params["name"])
        if component is None:
            return PlainTextResponse("there is no such component", 404)
        live = _Page(self, request)
        if "text/event-stream" not in request.headers.get("accept", ""):
            html = await component.rendered(request, request.query_params, live=live)
            return HTMLResponse(html, headers=_FRESH)
        try:
            arguments = component.arguments(request.query_params)
        except WireError as problem:
            return PlainTextResponse(str(problem), 400)
        if self._streams >= STREAMS:
            return Response(status_code=204)  # what was rendered stays
        events = self._counted(component.events(request, arguments, live=live))
        return StreamingResponse(events, media_type="text/event-stream", headers=_FRESH)

    async def _counted(self, events: AsyncGenerator[str, None]) -> AsyncIterator[str]:
        self._streams += 1
        try:
            async for event in events:
                yield event
        finally:
            self._streams -= 1
            await events.aclose()

    async def _sent(self, request: Request) -> Response:
        form = self._forms.get(request.path_params["name"])
        if form is None:
            return PlainTextResponse("there is no such form", 404)
        if not self._origins.allow(request):
            return PlainTextResponse("pages of this origin may not send forms here", 403)
        return await form.sent(request)


async def _script(request: Request) -> Response:
    """Kept by browsers, unless the page came from a server of another version."""
    same = request.path_params["version"] == _VERSION
    headers = _FOR_EVER if same else _FRESH
    return Response(_SCRIPT, media_type="text/javascript", headers=headers)


def _read(asked: str) -> dict[str, str]:
    return dict(parse_qsl(asked.removeprefix("?"), keep_blank_values=True))


class _Page:
    """What a template knows as `live`."""

    def __init__(self, live: Live, request: Request) -> None:
        self._live = live
        self._request = request

    @property
    def head(self) -> Markup:
        return self._live.head()

    def __getattr__(self, name: str) -> Any:
        live, request = self._live, self._request
        if live.has_component(name):
            return lambda **given: live.placed(request, name, given)
        return lambda **given: live.attributes(name, given)
