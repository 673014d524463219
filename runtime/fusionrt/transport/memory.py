"""A broker and its clients in memory, with the faults of a network, for simulations.

Like NATS it keeps the order from one client to another, and loses messages without an error. A
client's messages travel one way to the broker and another from it; each way has delays and faults
of its own. The same seed gives the same faults, on a loop that replays (`fusionrt.testing`).
"""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict, deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Final, TypeVar

from ..errors import BrokerUnavailable, MessageTooLarge
from ..primitives import now
from .base import (
    Handler,
    Listener,
    Message,
    Subscription,
    TransportStatistics,
    check_subject,
)
from .journal import Journal, Kept
from .memory_journal import MemoryJournal, MemoryStream
from .memory_table import MemoryStore, MemoryTable
from .table import Table

__all__ = ["Faults", "MemoryNetwork", "MemoryTransport"]

PATIENCE: Final = 1.0
"""Seconds that the broker has to answer."""

_T = TypeVar("_T")


@dataclass(frozen=True)
class Faults:
    """What happens to a message on its way to the broker, and again on its way from there.

    delay: the least and the most seconds that it takes; order is kept.
    drop, duplicate: the probability of either.
    """

    delay: tuple[float, float] = (0.0, 0.0)
    drop: float = 0.0
    duplicate: float = 0.0


class MemoryNetwork:
    """The broker. `faults` may be changed at any time."""

    def __init__(self, seed: int = 0, faults: Faults | None = None) -> None:
        self.faults = faults or Faults()
        self._random = random.Random(seed)
        self._transports: dict[str, MemoryTransport] = {}
        self._interest: dict[_Route, MemoryTransport] = {}
        self._apart: frozenset[str] = frozenset()
        self._stores: defaultdict[str, MemoryStore] = defaultdict(MemoryStore)
        self.streams: defaultdict[str, MemoryStream] = defaultdict(MemoryStream)
        """The journals, by name."""

    def connect(self, name: str) -> MemoryTransport:
        """A new client; the name of one that closed or crashed may be used again."""
        assert name not in self._transports, f"{name} is connected"
        transport = self._transports[name] = MemoryTransport(self, name)
        return transport

    def partition(self, *names: str) -> None:
        """From now on no message passes between these clients and the others, until `heal`; the
        tables are with the others."""
        self._apart = frozenset(names)

    def heal(self) -> None:
        """End the partition; what was lost stays lost."""
        self._apart = frozenset()
        self._tell_tables()

    def disconnect(self, name: str) -> None:
        """Break a client's connection, with all that is on its ways; it is told."""
        transport = self._transports[name]
        self._cut(transport)
        transport._connected = False
        transport._tell(lambda listener: listener.disconnected("memory"))

    def reconnect(self, name: str) -> None:
        """End what `disconnect` began; the client has its subscriptions again, and is told."""
        transport = self._transports[name]
        transport._connected = True
        self._interest.update(dict.fromkeys(transport._routes, transport))
        transport._reconnects += 1
        transport._tell(lambda listener: listener.reconnected())
        self._tell_tables()

    def crash(self, name: str) -> None:
        """End a client: it hears nothing, not even of this, and what it says goes nowhere."""
        transport = self._transports.pop(name)
        self._cut(transport)
        transport._connected = False
        transport._routes.clear()

    def overflow(self, name: str, subject: str) -> None:
        """Tell a client that its subscription of this subject lost messages."""
        transport = self._transports[name]
        transport._gaps += 1
        transport._tell(lambda listener: listener.gap(subject))

    def _tell_tables(self) -> None:
        for store in self._stores.values():
            for follower in store.followers:
                follower.tell()

    def _cut(self, transport: MemoryTransport) -> None:
        for route in transport._routes:
            self._interest.pop(route, None)
        transport._to_broker.clear()
        transport._from_broker.clear()
        for flush in list(transport._flushes):
            if not flush.done():
                flush.set_exception(BrokerUnavailable("memory", "the connection was lost"))

    def _route(self, sender: MemoryTransport, subject: str, payload: bytes, reply: str) -> None:
        """Take a message at the broker, and send it on its ways to those who want it."""
        groups: defaultdict[tuple[str, str], list[_Route]] = defaultdict(list)
        receivers: list[_Route] = []
        for route in self._interest:
            if route.matches(subject):
                if route.queue:
                    groups[route.subject, route.queue].append(route)
                else:
                    receivers.append(route)
        receivers += (self._random.choice(members) for members in groups.values())
        message = Message(subject, payload, None, reply)
        for route in receivers:
            receiver = self._interest[route]
            if (sender.name in self._apart) == (receiver.name in self._apart):
                receiver._from_broker.send(partial(receiver._deliver, route, message))
        if reply and not receivers:
            message = Message(reply, b"", no_responders=subject)
            for route in sender._routes:
                if route.matches(reply):
                    sender._from_broker.send(partial(sender._deliver, route, message))


class MemoryTransport:
    """See `Transport`. Made by `MemoryNetwork.connect`."""

    def __init__(self, network: MemoryNetwork, name: str) -> None:
        self.max_payload: Final = 1024 * 1024
        self.name = name
        self._network = network
        self._connected = True
        self._to_broker = _Way(network)
        self._from_broker = _Way(network)
        self._routes: dict[_Route, None] = {}
        self._flushes: dict[asyncio.Future[None], None] = {}
        self._listeners: list[Listener] = []
        self._published = self._received = self._lost = self._gaps = self._reconnects = 0

    def publish(self, subject: str, payload: bytes, reply: str = "", *, held: bool = False) -> None:
        """See `Transport`."""
        check_subject(subject)
        if reply:
            check_subject(reply)
        if len(payload) > self.max_payload:
            raise MessageTooLarge(subject, len(payload), self.max_payload)
        if not self._connected:
            self._lost += 1
            return
        self._published += 1
        self._to_broker.send(partial(self._network._route, self, subject, payload, reply))

    def push(self) -> None:
        """See `Transport`; what was published is on its way."""

    async def subscribe(self, subject: str, handler: Handler, queue: str = "") -> Subscription:
        """See `Transport`."""
        check_subject(subject)
        route = _Route(self, subject, handler, queue)
        self._routes[route] = None
        if self._connected:
            self._to_broker.send_surely(partial(self._register, route))
        return route

    async def flush(self, *subscriptions: Subscription) -> None:
        """See `Transport`; none is refused."""
        if not self._connected:
            raise BrokerUnavailable("memory", "the connection is lost")
        back: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._flushes[back] = None
        back.add_done_callback(self._flushes.pop)
        arrive = partial(_settle, back)
        self._to_broker.send_surely(partial(self._from_broker.send_surely, arrive))
        await back

    def table(self, name: str) -> Table:
        """See `Transport`."""
        return MemoryTable(self._network._stores[name], self)

    def journal(self, name: str, subject: str, kept: Kept) -> Journal:
        """See `Transport`."""
        return MemoryJournal(name, self._network.streams[name], kept, self)

    @property
    def connected(self) -> bool:
        """Whether there is a connection, as far as this client knows."""
        return self._connected

    async def asked(self, ask: Callable[[], _T]) -> _T:
        """What the broker itself answers.

        Raises:
            BrokerUnavailable: there was no answer in time.
        """
        answer: asyncio.Future[_T] = asyncio.get_running_loop().create_future()

        def settle(result: _T) -> None:
            if not answer.done():
                answer.set_result(result)

        self.ask(lambda: self.hear(partial(settle, ask()), faulty=True))
        try:
            async with asyncio.timeout(PATIENCE):
                return await answer
        except TimeoutError:
            raise BrokerUnavailable("memory", "no answer in time") from None

    def ask(self, arrive: Callable[[], object]) -> None:
        """Send something to the broker itself."""
        if self._connected and self.name not in self._network._apart:
            self._to_broker.send(lambda: self._reached(arrive))

    def hear(self, arrive: Callable[[], object], *, faulty: bool = False) -> None:
        """Something comes from the broker itself; it may be lost on its way if it is `faulty`."""
        if self._connected and self.name not in self._network._apart:
            way = self._from_broker
            (way.send if faulty else way.send_surely)(lambda: self._reached(arrive))

    def _reached(self, arrive: Callable[[], object]) -> None:
        if self.name not in self._network._apart:
            arrive()

    async def close(self, drain: bool = True) -> None:
        """See `Transport`."""
        network = self._network
        if network._transports.get(self.name) is not self:
            return
        if drain and self._connected:
            self._to_broker.send_surely(partial(self._withdraw, list(self._routes)))
            with suppress(BrokerUnavailable):
                await self.flush()
                await self.flush()  # what the handlers published
        network.crash(self.name)

    def add_listener(self, listener: Listener) -> None:
        """See `Transport`."""
        self._listeners.append(listener)

    def remove_listener(self, listener: Listener) -> None:
        """See `Transport`."""
        self._listeners.remove(listener)

    def statistics(self) -> TransportStatistics:
        """See `Transport`."""
        return TransportStatistics(
            self._published, self._received, self._lost, self._gaps, self._reconnects
        )

    def _tell(self, event: Callable[[Listener], None]) -> None:
        for listener in list(self._listeners):
            event(listener)

    def _register(self, route: _Route) -> None:
        if route in self._routes:
            self._network._interest[route] = self

    def _withdraw(self, routes: list[_Route]) -> None:
        for route in routes:
            self._network._interest.pop(route, None)

    def _deliver(self, route: _Route, message: Message) -> None:
        if route in self._routes:
            self._received += 1
            route.handler(message)

    def _unsubscribe(self, route: _Route) -> None:
        if self._routes.pop(route, self) is None and self._connected:
            self._to_broker.send_surely(partial(self._withdraw, [route]))


class _Route:
    """One subscription; see `Subscription`."""

    def __init__(
        self, transport: MemoryTransport, subject: str, handler: Handler, queue: str
    ) -> None:
        self.subject = subject
        self.handler = handler
        self.queue = queue
        self._transport = transport

    async def unsubscribe(self) -> None:
        self._transport._unsubscribe(self)

    def matches(self, subject: str) -> bool:
        return _matches(self.subject, subject)


class _Way:
    """What is on its way in one direction; things arrive in the order in which they were sent."""

    def __init__(self, network: MemoryNetwork) -> None:
        self._network = network
        self._things: deque[tuple[float, Callable[[], None]]] = deque()
        self._latest = 0.0
        self._timer: asyncio.Handle | None = None

    def send(self, arrive: Callable[[], None]) -> None:
        """Send what may be lost, doubled and delayed."""
        chance = self._network._random.random
        faults = self._network.faults
        if faults.drop and chance() < faults.drop:
            return
        self.send_surely(arrive)
        if faults.duplicate and chance() < faults.duplicate:
            self.send_surely(arrive)

    def send_surely(self, arrive: Callable[[], None]) -> None:
        """Send what may only be delayed."""
        delay = self._network._random.uniform(*self._network.faults.delay)
        self._latest = max(self._latest, now() + delay)
        self._things.append((self._latest, arrive))
        if self._timer is None:
            self._wait()

    def clear(self) -> None:
        """Lose everything."""
        self._things.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _wait(self) -> None:
        loop = asyncio.get_running_loop()
        delay = self._things[0][0] - now()
        later = partial(loop.call_later, delay) if delay > 0 else loop.call_soon
        self._timer = later(self._arrive)

    def _arrive(self) -> None:
        # One at a time: whatever else can run may run between two messages.
        self._timer = None
        _, arrive = self._things.popleft()
        if self._things:
            self._wait()
        arrive()


def _settle(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


@lru_cache(maxsize=4096)
def _matches(pattern: str, subject: str) -> bool:
    """Whether a NATS pattern takes a subject: `*` is one token, a last `>` one or more."""
    wanted = pattern.split(".")
    tokens = subject.split(".")
    if wanted[-1] == ">":
        wanted.pop()
        if len(tokens) <= len(wanted):
            return False
        del tokens[len(wanted) :]
    return len(wanted) == len(tokens) and all(
        want in ("*", token) for want, token in zip(wanted, tokens, strict=True)
    )
