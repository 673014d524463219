"""`Component`: a template and the function that gives it its values (W13)."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, Final

from jinja2 import Environment
from starlette.requests import Request

from ...errors import WireError
from ...graph import Computed, ComputedState, FixedDelayer
from ...primitives import asked_to_end, new_id, spawn, stop_all
from .arguments import Taken

__all__ = ["ALIVE", "Component"]

DELAY: Final = FixedDelayer(0.05)
"""However often what it shows changes, a component is rendered so many seconds after the last."""
ALIVE: Final = 5.0
"""Seconds after which a page hears that its connection lives, if nothing else is to be said."""

_LINE_END: Final = re.compile(r"\r\n|\r|\n")
"""Of an event; `splitlines` knows more, and they belong to what is shown."""

_log = logging.getLogger("fusionrt")

Function = Callable[..., Awaitable[Mapping[str, object]]]


class Component:
    """Rendered into a page first, then kept up to date there; see `Live.component`."""

    def __init__(self, name: str, template: str, function: Function, jinja: Environment) -> None:
        self.name: Final = name
        self._template = template
        self._function = function
        self._taken = Taken(function)
        self._jinja = jinja

    def arguments(self, given: Mapping[str, str]) -> dict[str, Any]:
        """See `Taken`."""
        return self._taken.arguments(given)

    def query(self, given: Mapping[str, object]) -> str:
        """See `Taken`."""
        return self._taken.query(given)

    async def rendered(self, request: Request, given: Mapping[str, str], **names: object) -> str:
        """What it shows now; what went wrong is told there, and nowhere else.

        names: more that the template knows.
        """
        try:
            return _shown(await self._render(request, self.arguments(given), names), "current")
        except (Exception, asyncio.CancelledError) as error:
            if not isinstance(error, Exception) and asked_to_end():
                raise
            return self.failed(error)

    async def events(
        self, request: Request, arguments: dict[str, Any], **names: object
    ) -> AsyncGenerator[str, None]:
        """What it shows, from now on, as events that a browser reads (SSE); nothing of it is left
        when nobody reads on.
        """

        async def compute() -> str:
            return await self._render(request, arguments, names)

        async with ComputedState(compute, delayer=DELAY, name=f"live {self.name}") as state:
            changes = state.changes()
            following = spawn(_next(changes), name="fusion live")
            try:
                while True:
                    done, _ = await asyncio.wait({following}, timeout=ALIVE)
                    if not done:
                        yield "event: alive\ndata:\n\n"
                        continue
                    computed = following.result()
                    if computed is None:
                        return
                    yield _event(self._text(computed))
                    following = spawn(_next(changes), name="fusion live")
            finally:
                await stop_all([following])

    def _text(self, computed: Computed[str]) -> str:
        if computed.error is not None:
            return self.failed(computed.error)
        return _shown(computed.value, "stale" if computed.is_suspended else "current")

    async def _render(
        self, request: Request, arguments: dict[str, Any], names: Mapping[str, object]
    ) -> str:
        values = await self._function(request, **arguments)
        template = self._jinja.get_template(self._template)
        html = await template.render_async({**names, "request": request, **values})
        return html.encode(errors="replace").decode()  # half a character cannot be sent

    def failed(self, error: BaseException) -> str:
        """What it shows instead; nobody but the log is told what went wrong (D21)."""
        if isinstance(error, WireError):
            return _shown("<p role=alert>This part was asked for in a wrong way.</p>", "failed")
        reference = new_id()[:12]
        _log.error("the component %s failed (%s)", self.name, reference, exc_info=error)
        told = f"This part cannot be shown at the moment ({reference})."
        return _shown(f"<p role=alert>{told}</p>", "failed")


async def _next(changes: AsyncIterator[Computed[str]]) -> Computed[str] | None:
    return await anext(changes, None)


def _shown(html: str, state: str) -> str:
    return f'<div data-live-state="{state}">{html}</div>'


def _event(html: str) -> str:
    lines = "\n".join(f"data: {line}" for line in _LINE_END.split(html))
    return f"{lines}\n\n"
