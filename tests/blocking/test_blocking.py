"""Clients for code that does not await."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from decimal import Decimal
from types import FrameType

import pytest

from fusionrt import (
    BrokerUnavailable,
    FrameworkError,
    Host,
    NotBoundError,
    RemoteError,
    WrongThread,
)
from fusionrt.errors import CallTimeout
from fusionrt.transport.memory import MemoryNetwork
from tests.golden.blocking.expected.accounts import AccountsClient
from tests.golden.blocking.expected.accounts.blocking import AccountsBlocking
from tests.golden.blocking.impl import Accounts
from tests.golden.tiny.expected.button import ButtonClient
from tests.waiting import until


class Slow(Accounts):
    """Its rates never come; its payments never end."""

    def __init__(self) -> None:
        super().__init__()
        self.running: set[str] = set()

    async def rate(self, client: str) -> float:
        self.running.add(client)
        try:
            await asyncio.Event().wait()
            raise AssertionError("it never comes")
        finally:
            self.running.discard(client)

    async def payments(self, owner: str) -> AsyncIterator[tuple[str, Decimal]]:
        self.running.add(owner)
        try:
            while True:
                yield owner, Decimal(1)
                await asyncio.sleep(0)
        finally:
            self.running.discard(owner)


@contextmanager
def served(service: Accounts) -> Iterator[Host]:
    """A host without a loop of this thread's, which serves this and calls it."""
    network = MemoryNetwork()
    with Host(transport=network.connect("host")) as host:
        host.graph.call_from_thread(host.serve, service)
        yield host


def test_a_script_calls_without_a_loop(nats_server: str) -> None:
    """`with Host(url)` runs it in a thread; a client of another such host sees what changed."""
    with Host(nats_server) as host, Host(nats_server) as caller:
        host.graph.call_from_thread(host.serve, Accounts())
        accounts = caller.blocking(AccountsClient)
        assert accounts.balance("ann") == 0
        accounts.pay("ann", Decimal(2))
        assert accounts.balance("ann") == 2
        assert list(accounts.payments("ann")) == [("ann", Decimal(2))]
    assert not [each for each in threading.enumerate() if each.name == "fusion host"]


def test_what_a_body_raises_is_raised() -> None:
    """The error of a body comes out of the call."""
    with served(Accounts()) as host, pytest.raises(RemoteError, match="it raised"):
        host.blocking(AccountsClient).pay("ann", Decimal(0))


async def test_it_shares_what_is_cached(nats_server: str) -> None:
    """What a thread read is a hit for the client that awaits."""
    async with Host(nats_server) as host, Host(nats_server) as caller:
        await host.serve(Accounts())
        accounts = caller.client(AccountsClient)
        await asyncio.to_thread(caller.blocking(AccountsClient).balance, "ann")
        replica = accounts.peek.balance("ann")
        assert replica is not None
        assert await accounts.computed.balance("ann") is replica


async def test_the_thread_of_the_loop_must_not_wait_for_itself(nats_server: str) -> None:
    """There every call raises, of a stream at its first item."""
    async with Host(nats_server) as host:
        accounts = host.blocking(AccountsClient)
        with pytest.raises(WrongThread):
            accounts.balance("ann")
        with pytest.raises(WrongThread):
            next(accounts.payments("ann"))


def test_a_client_generated_without_it_says_how_to_have_it(nats_server: str) -> None:
    """At run time; a type checker says it before."""
    with Host(nats_server) as host, pytest.raises(FrameworkError, match="blocking = true"):
        host.blocking(ButtonClient)  # type: ignore[arg-type]


def test_a_host_that_cannot_start_raises() -> None:
    """What entering it raises comes out of `with`, and its thread has ended."""
    with pytest.raises(BrokerUnavailable), Host("nats://127.0.0.1:1"):
        pass
    assert not [each for each in threading.enumerate() if each.name == "fusion host"]


def test_after_the_host_there_is_nothing_to_call() -> None:
    """Not a hang: an error that says so."""
    with served(Accounts()) as host:
        accounts = host.blocking(AccountsClient)
    with pytest.raises(NotBoundError):
        accounts.balance("ann")
    with pytest.raises(NotBoundError):
        host.blocking(AccountsClient)


def test_a_stream_that_nobody_reads_on_ends() -> None:
    """Its body stops when the iterator is closed (D19)."""
    slow = Slow()
    with served(slow) as host:
        payments = host.blocking(AccountsClient).payments("ann")
        assert next(payments) == ("ann", Decimal(1))
        del payments
        host.graph.call_from_thread(until, lambda: not slow.running)


def test_a_deadline_ends_a_call() -> None:
    """Its options are those of the client that awaits."""
    with served(Slow()) as host, pytest.raises(CallTimeout):
        host.blocking(AccountsClient).with_options(timeout=0.05).rate("ann")


def test_a_signal_that_raises_ends_the_call() -> None:
    """Whoever is interrupted while he waits leaves no call behind (D19)."""
    slow = Slow()

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    def interrupted(accounts: AccountsBlocking) -> None:
        with pytest.raises(KeyboardInterrupt):
            accounts.rate("ann")

    before = signal.signal(signal.SIGUSR1, interrupt)
    try:
        with served(slow) as host:

            async def once_it_runs() -> None:
                await until(lambda: slow.running)
                signal.raise_signal(signal.SIGUSR1)

            waiting = asyncio.run_coroutine_threadsafe(once_it_runs(), host.graph.loop)
            interrupted(host.blocking(AccountsClient))
            waiting.result()
            host.graph.call_from_thread(until, lambda: not slow.running)
    finally:
        signal.signal(signal.SIGUSR1, before)
