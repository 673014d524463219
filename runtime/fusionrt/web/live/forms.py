"""`Form`: what a form that is sent does, with and without JavaScript."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from html import escape
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from ...errors import WireError
from ...primitives import asked_to_end, new_id
from .arguments import Taken

__all__ = ["Form"]

LARGEST: Final = 256 * 1024
"""Bytes of a form."""
FIELDS: Final = 1000

_log = logging.getLogger("fusionrt")


class Form:
    """Calls a function with what was typed; see `Live.form`."""

    def __init__(
        self,
        name: str,
        function: Callable[..., Awaitable[object]],
        shows: tuple[type[Exception], ...],
    ) -> None:
        self.name: Final = name
        self._function = function
        self._taken = Taken(function)
        self._shows = shows

    def query(self, given: Mapping[str, object]) -> str:
        """See `Taken`."""
        return self._taken.query(given)

    async def sent(self, request: Request) -> Response:
        """Do it. With JavaScript the answer is what went wrong, if something did: what it changed
        comes by itself. Without, the page is shown anew, or what went wrong.
        """
        try:
            arguments = self._taken.arguments({**request.query_params, **await _fields(request)})
            await self._function(request, **arguments)
        except (Exception, asyncio.CancelledError) as error:
            if not isinstance(error, Exception) and asked_to_end():
                raise
            return _problem(request, *self._told(error))
        if _has_script(request):
            return HTMLResponse("")
        return RedirectResponse(_back(request), 303)

    def _told(self, error: BaseException) -> tuple[int, str]:
        if isinstance(error, WireError):
            return 400, str(error)
        if isinstance(error, self._shows):
            return 422, str(error)
        reference = new_id()[:12]
        _log.error("the form %s failed (%s)", self.name, reference, exc_info=error)
        return 500, f"This did not work ({reference})."


async def _fields(request: Request) -> dict[str, str]:
    """Raises:
    WireError: they are no form, or too large.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    if kind != "application/x-www-form-urlencoded":
        raise WireError("a form is sent as application/x-www-form-urlencoded")
    parts: list[bytes] = []
    async for part in request.stream():
        parts.append(part)
        if sum(map(len, parts)) > LARGEST:
            raise WireError("the form is too large")
    try:
        text = b"".join(parts).decode()
        fields: dict[str, Any] = dict(
            parse_qsl(text, keep_blank_values=True, max_num_fields=FIELDS, errors="strict")
        )
    except ValueError:
        raise WireError("the form cannot be read") from None
    return fields


def _has_script(request: Request) -> bool:
    return request.headers.get("hx-request") == "true"


def _back(request: Request) -> str:
    """The page that it was sent from; a path, so that nobody is led elsewhere."""
    referer = urlsplit(request.headers.get("referer", ""))
    path = referer.path if referer.netloc == request.url.netloc else ""
    if not path.startswith("/") or path.startswith("//") or "\\" in path:
        return "/"
    return f"{path}?{referer.query}" if referer.query else path


def _problem(request: Request, status: int, message: str) -> Response:
    if _has_script(request):
        return HTMLResponse(escape(message), status)
    back = escape(_back(request))
    page = f'<!doctype html><p role="alert">{escape(message)}</p><p><a href="{back}">Back</a></p>'
    return HTMLResponse(page, status)
