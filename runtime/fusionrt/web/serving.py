"""Running a gateway alone: what `fusiongen gateway` does."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import socket
from collections.abc import Callable, Iterator
from typing import Any, Final

from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import ASGIApp

from ..applications import named
from ..errors import MissingPackage, PortTaken
from ..host import Host
from ..signals import stop_signals
from .gateway import Gateway
from .limits import LARGEST

try:
    import uvicorn

    from .taken import Accepting
except ImportError:
    raise MissingPackage("fusiongen gateway", "fusiongen[web]") from None

__all__ = ["Server", "listening", "serve"]

WANTED: Final = "def gateway(host: Host) -> Gateway"
PATH: Final = "/fusion"
"""Where a gateway is that comes without an application."""
UNREAD: Final = 30.0
"""Seconds after which a connection is lost whose other end takes nothing, where the system can."""


class Server(uvicorn.Server):
    """Leaves signals to who runs it."""

    def __init__(self, app: ASGIApp) -> None:
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            lifespan="auto",
            ws=Accepting,
            ws_max_size=LARGEST + 1024,  # what is larger is not read at all, and closed with 1009
            ws_per_message_deflate=False,  # 100 KB a socket; what is dear to send can be packed
            timeout_graceful_shutdown=5,
        )
        super().__init__(config)
        self.listens: Final = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """See uvicorn."""
        await super().startup(sockets)
        if self.started:
            self.listens.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    def accept_no_more(self) -> None:
        """Let nobody connect any more; who is connected stays."""
        for each in self.servers if self.started else ():
            each.close()


async def serve(
    target: str,
    nats_url: str | None,
    address: str,
    port: int,
    started: Callable[[Host, int], None],
) -> None:
    """Run a gateway until SIGTERM or SIGINT; then let its pages move to another one (D22).

    target: `def gateway(host: Host) -> Gateway` as `MODULE:ATTR`: it is served at `/fusion`. Any
        ASGI application may be returned instead, which has mounted it where it likes.
    started: called when it listens, with its port.

    Raises:
        PortTaken: that port cannot be listened on.
        TargetError: there is no such function.
        BrokerUnavailable: no broker answers.
        Exception: what the function raises.
    """
    make = named(target, WANTED)
    with stop_signals() as stop, listening(address, port) as sock:
        async with Host(nats_url) as host:
            made = make(host)
            app: ASGIApp = await made if inspect.isawaitable(made) else made
            if isinstance(app, Gateway):
                app = Starlette(routes=[Mount(PATH, app)])
            server = Server(app)
            serving = asyncio.create_task(server.serve([sock]))
            stopping = asyncio.create_task(stop.wait())
            listens = asyncio.create_task(server.listens.wait())
            tasks: set[asyncio.Task[Any]] = {serving, stopping}
            await asyncio.wait({*tasks, listens}, return_when=asyncio.FIRST_COMPLETED)
            if listens.done():
                started(host, sock.getsockname()[1])
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            stopping.cancel()
            listens.cancel()
            server.accept_no_more()
        server.should_exit = True
        await serving


@contextlib.contextmanager
def listening(address: str, port: int) -> Iterator[socket.socket]:
    """A socket that listens there; 0 is any free port.

    Raises:
        PortTaken: it cannot.
    """
    # What says that it is TCP, asyncio lets send at once (TCP_NODELAY).
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if hasattr(socket, "TCP_USER_TIMEOUT"):  # those that it accepts have it, too
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(UNREAD * 1000))
        try:
            sock.bind((address, port))
        except OSError as error:
            problem = f"cannot be listened on ({error.strerror}): choose another with --port"
            raise PortTaken(address, port, problem) from None
        yield sock
