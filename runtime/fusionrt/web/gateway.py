"""`Gateway`: browsers as clients of a host's services, through a server of HTTP."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable
from typing import Final

from starlette.requests import HTTPConnection, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, Router, WebSocketRoute
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from ..errors import FusionError, NotBoundError
from ..host import Host
from ..identity import Session
from ..remote.client import Client
from .cookies import Browser, Cookies, Renewed
from .endings import Ended
from .entrance import Entrance
from .limits import PageLimits
from .origins import Origins, listed
from .page import greeting
from .sockets import TAKE, Take, relay
from .statistics import GatewayStatistics

__all__ = ["Gateway"]

_RENEWED: Final = "this browser has another session by now: come again, with the new cookie"
_FOREIGN: Final = "pages of this origin may not connect here: see Gateway(origins=…)"


class Gateway:
    """An ASGI application that answers browsers, from replicas that it has itself (W10).

        gateway = Gateway(host, [TodosClient, CartsClient])
        app = Starlette(routes=[Mount("/fusion", gateway)])  # or FastAPI().mount("/fusion", …)

    `ws` below its path is where the clients that are generated for JavaScript connect to; a `POST`
    to `todos.get` makes one call, with a JSON array of arguments, or an object of them by name; and
    `ready` tells balancers whether it may be sent pages. It answers while the host runs, and drains
    with it (D22).

    Methods that take a `Session` get that of the browser, which a cookie tells that no script can
    read; their hosts know this process's principal as a gateway's (`Host(gateways=[…])`).

    host: whose clients it uses. contracts: the client classes of what browsers may reach; nothing
    else can be reached here, by any path (W2).
    origins: of pages from elsewhere that may connect, such as `https://app.example.com`; pages of
        the same origin always may (W8).
    servers: all that there are of this site, by their origins, this one among them; each has a
        gateway at the same path. Their pages may connect, and a page of this one is told of them:
        it goes on at another one when its own is lost (W4).
    limits: what one page, and one browser, may cost it (W9).
    secret: makes the cookies that tell browsers apart; all gateways of a system have the same.
        Without one, the environment's `FUSION_SECRET`; without that, one of this process alone, so
        that browsers are strangers after a restart.
    ended: whether a session is over: `users.ended` of a `UsersOf`. Pages of one that is are let go
        within a second, at every gateway, and come back with another one, as does whoever shows its
        cookie later: nothing that was a session's is anybody's any more (W1).

    Raises:
        ArgumentError: what is to be an origin is none.
        NotBoundError: a contract is internal, or given twice, or no client class.
    """

    def __init__(
        self,
        host: Host,
        contracts: Iterable[type[Client]],
        *,
        origins: Iterable[str] = (),
        servers: Iterable[str] = (),
        limits: PageLimits = PageLimits(),  # noqa: B008 - immutable
        secret: str | None = None,
        ended: Ended | None = None,
    ) -> None:
        key = secret or os.environ.get("FUSION_SECRET") or secrets.token_hex()
        self._host: Final = host
        self._classes: Final = _checked(contracts)
        self._cookies: Final = Cookies("fusion_session", key.encode())
        places = listed("servers", servers, scheme="https?")
        self._greeting: Final = greeting(places)
        self._origins: Final = Origins((*listed("origins", origins), *places))
        self._limits: Final = limits
        self._ended: Final = ended
        self._renewed: Final = Renewed()
        self._entrance: Entrance | None = None
        routes = [
            WebSocketRoute("/ws", self._socket),
            Route("/ready", self._ready),
            Route("/{call}", self._post, methods=["POST"]),
        ]
        self._router: Final = Router(routes=routes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._router(scope, receive, send)

    def session(self, request: HTTPConnection) -> Session | None:
        """The session of the browser that makes a request to the application; None of one that has
        none yet.
        """
        principal = self._cookies.shown(request)
        return Session(principal) if principal else None

    def renew(self, request: HTTPConnection, response: Response) -> Session:
        """Give the browser that makes a request another session, by a cookie of the response: call
        this whenever somebody signs in or out, so that a session that was known before is worth
        nothing after (W1).

            @app.post("/sign-in")
            async def sign_in(request: Request) -> Response:
                user = await checked(request)
                response = RedirectResponse("/", 303)
                await users.signed_in(gateway.renew(request, response).id, user)
                return response

        Its pages that are connected here come back with the new one; what they had is let go.
        """
        before = self._cookies.shown(request)
        browser = self._cookies.renewed(request)
        response.headers.append("set-cookie", browser.cookie)
        if before:
            self._renewed.add(before)
            if self._entrance is not None:
                self._entrance.renew(before)
        return Session(browser.principal)

    async def drain(self) -> None:
        """Take nobody in, ask those who are here to move to another gateway, and return when they
        did, or do not answer (D22).
        """
        if self._entrance is not None:
            await self._entrance.drain()

    def statistics(self) -> GatewayStatistics:
        """What it does now, and what it did since its host was entered."""
        return GatewayStatistics() if self._entrance is None else self._entrance.statistics()

    def _opened(self) -> Entrance:
        """Where pages come in, while the host runs, and does not drain.

        Raises:
            NotBoundError: it does not run, or is about to stop.
        """
        if self._entrance is None or self._entrance.is_closed:
            self._entrance = Entrance.open(
                self._host, self._classes, self._limits, self._ended, self._greeting
            )
        if self._entrance.is_draining:
            raise NotBoundError("this gateway is about to stop: come to another one")
        return self._entrance

    async def _browser(self, connection: HTTPConnection) -> Browser:
        """Who comes; whoever shows a session that is over is somebody new."""
        browser = self._cookies.browser(connection)
        if self._ended is None or browser.cookie:
            return browser
        over = await self._ended(Session(browser.principal))
        return self._cookies.renewed(connection) if over else browser

    async def _ready(self, request: Request) -> Response:
        try:
            self._opened()
        except NotBoundError as error:
            return PlainTextResponse(str(error), 503)
        problems = self._host.health().problems
        return PlainTextResponse("; ".join(problems) or "ready", 503 if problems else 200)

    async def _post(self, request: Request) -> Response:
        if not self._origins.allow(request):
            return PlainTextResponse(_FOREIGN, 403)
        try:
            entrance = self._opened()
            browser = await self._browser(request)
        except FusionError as error:
            return PlainTextResponse(str(error), 503)
        return await entrance.posted.answer(request, browser)

    async def _socket(self, socket: WebSocket) -> None:
        if not self._origins.allow(socket):
            await socket.send_denial_response(PlainTextResponse(_FOREIGN, 403))
            return
        try:
            entrance = self._opened()
            browser = await self._browser(socket)
        except FusionError as error:
            await socket.send_denial_response(PlainTextResponse(str(error), 503))
            return
        if browser.principal in self._renewed:
            await socket.send_denial_response(PlainTextResponse(_RENEWED, 401))
            return
        headers = [(b"set-cookie", browser.cookie.encode())] if browser.cookie else []
        await socket.accept(headers=headers)
        page = entrance.page(browser.principal)
        take: Take | None = socket.scope.get("extensions", {}).get(TAKE)
        if take is None:
            await relay(socket, page)
        else:
            take(page)


def _checked(contracts: Iterable[type[Client]]) -> dict[str, type[Client]]:
    classes: dict[str, type[Client]] = {}
    for cls in contracts:
        if not (isinstance(cls, type) and issubclass(cls, Client)):
            raise NotBoundError(f"a gateway takes generated …Client classes, not {cls!r}")
        contract = cls._fusion_contract
        if contract.internal:
            raise NotBoundError(f"{contract.name} is internal: no gateway serves it (W2)")
        if contract.name in classes:
            raise NotBoundError(f"{contract.name} is given twice to a gateway")
        classes[contract.name] = cls
    return classes
