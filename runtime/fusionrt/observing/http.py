"""`/livez`, `/readyz` and `/metrics` over HTTP: for probes and scrapers, and nothing else.

A connection is good for one request, and for few seconds. h11 reads and writes the protocol.
"""

from __future__ import annotations

import asyncio
import errno
import json
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any, Final, NamedTuple, Protocol

from ..errors import MissingPackage, NotBoundError, PortTaken
from .health import Health
from .prometheus import CONTENT_TYPE, exposition
from .statistics import HostStatistics

__all__ = ["Observed", "observe"]

PATIENCE: Final = 5.0
"""Seconds that a connection gets."""
LARGEST: Final = 16 * 1024
"""Bytes of a request's head."""
CONNECTIONS: Final = 64
"""Open at a time; more are closed at once."""

_log = logging.getLogger("fusionrt")


class Observed(Protocol):
    """What is told of: a host, which may start or stop meanwhile."""

    def health(self) -> Health:
        """How it is."""

    def statistics(self) -> HostStatistics:
        """What it counts.

        Raises:
            NotBoundError: it does not run.
        """


class _Page(NamedTuple):
    status: HTTPStatus
    type: str
    body: str
    allow: str = ""


def _text(status: HTTPStatus, body: str, allow: str = "") -> _Page:
    return _Page(status, "text/plain; charset=utf-8", body + "\n", allow)


def _livez(observed: Observed) -> _Page:
    return _text(HTTPStatus.OK, "alive")  # the loop answered


def _readyz(observed: Observed) -> _Page:
    health = observed.health()
    told = {
        "ready": health.ready,
        "problems": health.problems,
        "broker": "connected" if health.broker else "lost",
        "dependencies": dict(health.dependencies),
        "services": health.services,
    }
    status = HTTPStatus.OK if health.ready else HTTPStatus.SERVICE_UNAVAILABLE
    return _Page(status, "application/json", json.dumps(told, indent=2) + "\n")


def _metrics(observed: Observed) -> _Page:
    try:
        told = observed.statistics()
    except NotBoundError as problem:
        return _text(HTTPStatus.SERVICE_UNAVAILABLE, str(problem))
    return _Page(HTTPStatus.OK, CONTENT_TYPE, exposition(told))


_PAGES: Final[dict[str, Callable[[Observed], _Page]]] = {
    "/livez": _livez,
    "/readyz": _readyz,
    "/metrics": _metrics,
}


def _page(observed: Observed, method: str, target: str) -> _Page:
    make = _PAGES.get(target.partition("?")[0])
    if make is None:
        return _text(HTTPStatus.NOT_FOUND, f"there is {', '.join(_PAGES)}")
    if method not in ("GET", "HEAD"):
        return _text(HTTPStatus.METHOD_NOT_ALLOWED, "GET it", allow="GET, HEAD")
    return make(observed)


@asynccontextmanager
async def observe(observed: Observed, port: int, address: str | None = None) -> AsyncIterator[int]:
    """Answer probes while in this block; gives the port.

    port: 0: a free one. address: to listen at; default: every one of this machine.

    Raises:
        PortTaken: something else listens there, or this process may not.
        MissingPackage: the extra `health` is not installed.
    """
    h11 = _h11()
    server = _Server(observed, h11)
    try:
        listening = await asyncio.start_server(server.connected, address, port)
    except OSError as error:
        taken = error.errno == errno.EADDRINUSE
        problem = "is taken" if taken else f"cannot be used ({error.strerror or error})"
        raise PortTaken(
            address or "*", port, f"{problem}: name another one with --health PORT"
        ) from None
    try:
        yield listening.sockets[0].getsockname()[1]
    finally:
        listening.close()
        await server.close()


def _h11() -> Any:
    try:
        import h11
    except ImportError:
        raise MissingPackage("the health endpoint", "fusiongen[health]") from None
    return h11


class _Server:
    def __init__(self, observed: Observed, h11: Any) -> None:
        self._observed = observed
        self._h11 = h11
        self._tasks: set[asyncio.Task[Any]] = set()

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request."""
        task = asyncio.current_task()
        assert task is not None
        if len(self._tasks) >= CONNECTIONS:
            writer.transport.abort()
            return
        self._tasks.add(task)
        try:
            async with asyncio.timeout(PATIENCE):
                await self._answer(reader, writer)
                writer.close()
                await writer.wait_closed()
        except (TimeoutError, OSError):
            pass  # whoever asked is too slow, or gone
        except Exception:
            _log.exception("a request to the health endpoint failed")
        finally:
            self._tasks.discard(task)
            writer.transport.abort()  # what a peer does not take is not kept for it

    async def close(self) -> None:
        """End the connections that are open."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        h11 = self._h11
        connection = h11.Connection(h11.SERVER, max_incomplete_event_size=LARGEST)
        method = "GET"
        try:
            request = await self._request(connection, reader)
            if request is None:
                return
            method = request.method.decode("ascii")
            page = _page(self._observed, method, request.target.decode("ascii"))
        except h11.RemoteProtocolError as problem:
            page = _text(HTTPStatus(problem.error_status_hint), str(problem))
        except Exception:
            _log.exception("the health endpoint cannot answer")
            page = _text(HTTPStatus.INTERNAL_SERVER_ERROR, "it is in the host's log")
        writer.write(self._encoded(connection, page, with_body=method != "HEAD"))

    async def _request(self, connection: Any, reader: asyncio.StreamReader) -> Any:
        """The head of a request; None if none came."""
        while True:
            event = connection.next_event()
            if event is self._h11.NEED_DATA:
                connection.receive_data(await reader.read(4096))
            elif isinstance(event, self._h11.Request):
                return event
            else:
                return None

    def _encoded(self, connection: Any, page: _Page, *, with_body: bool) -> bytes:
        h11 = self._h11
        body = page.body.encode()
        headers = [
            ("content-type", page.type),
            ("content-length", str(len(body))),
            ("cache-control", "no-store"),
            ("connection", "close"),
        ]
        if page.allow:
            headers.append(("allow", page.allow))
        response = h11.Response(status_code=page.status, headers=headers, reason=page.status.phrase)
        sent: bytes = connection.send(response)
        return sent + body if with_body else sent
