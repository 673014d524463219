"""One caller that leaves, or an error that cannot be told, costs nobody else (G19, G37, D29)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pytest

from fusionrt import Host
from fusionrt.errors import CallTimeout, RemoteError
from tests.lab import Broken, LabClient, TinyLab
from tests.waiting import until

Leave = Callable[[LabClient, TinyLab], Coroutine[Any, Any, None]]


class Untold(Broken):
    """A declared error, but for its text."""

    def __str__(self) -> str:
        raise LookupError("no text")

    __repr__ = __str__


@dataclass(eq=False)
class CutOff(TinyLab):
    """The first run of `slow` fails as it is cancelled; the second one is quick."""

    swallows: bool = False

    async def slow(self, key: str) -> int:
        self.ran.append(f"slow {key}")
        if len(self.ran) > 1:
            return 7
        try:
            await self._at_gate()
        except asyncio.CancelledError:
            if self.swallows:
                return 0
            raise RuntimeError("connection is closed") from None
        return -1

    async def fail(self, how: str) -> int:
        raise Untold("pump", count=2)


@pytest.fixture(params=[False, True], ids=["fails", "swallows"])
async def lab(request: pytest.FixtureRequest, nats_server: str) -> AsyncIterator[CutOff]:
    """In a host of its own."""
    async with Host(nats_server) as host:
        service = CutOff(swallows=request.param)
        await host.serve(service)
        yield service


async def by_deadline(client: LabClient, lab: TinyLab) -> None:
    """The client's own, in which the body has begun."""
    with pytest.raises(CallTimeout):
        await client.with_options(timeout=1.0).slow("a")
    assert "slow a" in lab.ran


async def by_cancellation(client: LabClient, lab: TinyLab) -> None:
    """Of the task that called, a while after the body has begun: others may join it."""
    call = asyncio.create_task(client.slow("a"))
    await until(lambda: lab.waiting)
    await asyncio.wait([call], timeout=0.2)
    call.cancel()
    with suppress(asyncio.CancelledError):
        await call


@pytest.mark.parametrize("leave", [by_deadline, by_cancellation])
async def test_G19_a_client_that_leaves_fails_no_other(
    lab: CutOff, nats_server: str, leave: Leave
) -> None:
    """Neither one that waits for the same result, nor one that comes later, nor the service."""
    async with Host(nats_server) as first, Host(nats_server) as second:
        impatient, innocent = first.client(LabClient), second.client(LabClient)
        leaving = asyncio.create_task(leave(impatient, lab))
        await until(lambda: lab.waiting)
        waiting = asyncio.create_task(innocent.slow("a"))
        await leaving
        assert await waiting == 7
        assert await impatient.slow("a") == 7 and await innocent.slow("a") == 7
        assert await lab.slow("a") == 7
        assert len(lab.ran) == 2


@pytest.mark.parametrize("leave", [by_deadline, by_cancellation])
async def test_G20_a_client_that_left_alone_finds_a_fresh_result(
    lab: CutOff, nats_server: str, leave: Leave
) -> None:
    """What the body came to when nobody waited is kept nowhere."""
    async with Host(nats_server) as host:
        client = host.client(LabClient)
        await leave(client, lab)
        await until(lambda: lab.waiting == 0)
        assert await client.slow("a") == 7 and await lab.slow("a") == 7


async def test_G40_a_body_that_invalidates_what_it_read_is_slowed_for_clients_too(
    nats_server: str,
) -> None:
    """A client that watches it does not ask again as fast as the network goes."""

    @dataclass(eq=False)
    class Vain(TinyLab):
        async def double(self, key: str) -> int:
            value = await self.get(key)
            self.ran.append("double")
            self.invalidate.get(key)
            return 2 * value

    async with Host(nats_server) as host, Host(nats_server) as other:
        lab = Vain()
        await host.serve(lab)
        client = other.client(LabClient)
        with suppress(TimeoutError):
            async with asyncio.timeout(1):
                async for _ in client.changes.double("a"):
                    pass
        assert 2 <= lab.ran.count("double") < 40


async def test_G37_D29_an_error_without_a_text_fails_its_own_call(
    lab: CutOff, nats_server: str
) -> None:
    """It arrives as far as it can be told; what was called with it is answered."""
    async with Host(nats_server) as host:
        client = host.client(LabClient).with_options(timeout=3)
        calls = [client.get("a"), client.fail("any"), client.echo("still there"), client.get("b")]
        one, error, echo, two = await asyncio.gather(*calls, return_exceptions=True)
        assert (one, echo, two) == (0, "still there", 0)
        assert isinstance(error, Broken | RemoteError)
        assert not isinstance(error, CallTimeout)
