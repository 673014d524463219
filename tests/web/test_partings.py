"""What a gateway has begun for its pages when they, or its host, go at that very moment (W11)."""

from __future__ import annotations

import asyncio
import gc
from typing import Any

import pytest
from starlette.requests import ClientDisconnect, Request
from starlette.websockets import WebSocket

from fusionrt.graph.running import running_graph
from fusionrt.identity import Session
from fusionrt.testing import run
from fusionrt.web.departures import Departures
from fusionrt.web.endings import Endings
from fusionrt.web.limits import PageLimits
from fusionrt.web.page import Page
from fusionrt.web.posted import _unless_left
from fusionrt.web.sockets import _Relayed


class Nobody:
    """Hears nothing."""

    def came(self, page: Page) -> None: ...

    def heard(self, page: Page, message: bytes) -> None: ...

    def left(self, page: Page) -> None: ...


@pytest.mark.parametrize("seed", range(8))
def test_W11_whoever_watches_a_session_ends_with_the_host(seed: int) -> None:
    """Before its page is let go, or after it."""

    async def main() -> None:
        async def over(_: Session) -> bool:
            await asyncio.sleep(1)
            return False

        endings = Endings(over, lambda _: None)
        endings.came("browser")
        await asyncio.sleep(seed % 3)
        running_graph().close()
        await asyncio.sleep(seed % 2)
        endings.left("browser")

    run(main(), seed=seed)


def test_W11_a_page_that_leaves_a_gateway_that_has_ended_sets_no_timer() -> None:
    """There is nobody to be told of it."""

    async def main() -> None:
        told: list[object] = []
        departures = Departures(told.append)
        departures.close()
        page = Page("browser", PageLimits(), Nobody())
        page.cid, page.went_away = "c1", True
        departures.left(page)
        await asyncio.sleep(60)
        assert not told

    run(main(), seed=0)


async def test_W11_a_socket_that_ends_as_it_is_closed_leaves_nothing() -> None:
    """No coroutine that never began: Python would say so."""

    async def unused(*_: Any) -> Any:
        raise AssertionError

    relayed = _Relayed(WebSocket({"type": "websocket"}, unused, unused), None)  # type: ignore[arg-type]
    relayed.close(1012, "leaving")
    relayed.ends()
    for _ in range(3):
        await asyncio.sleep(0)
    del relayed
    gc.collect()


@pytest.mark.parametrize("seed", range(4))
def test_D19_a_request_that_is_left_loses_no_error(seed: int) -> None:
    """Whatever its call raises as it is cancelled is for nobody."""

    async def main() -> None:
        async def call() -> bytes:
            try:
                await asyncio.sleep(60)
            finally:
                raise ValueError("as it was cancelled")
            return b""

        async def receive() -> dict[str, Any]:
            await asyncio.sleep(1)
            return {"type": "http.disconnect"}

        with pytest.raises(ClientDisconnect):
            await _unless_left(Request({"type": "http"}, receive), call)

    run(main(), seed=seed)
