"""A broker, and the links of processes to it, as core NATS behaves.

At most once: a message is lost without a word when a link is cut, when its reader is too slow, and
with a connection that breaks. Each link has a way up and a way down, which keep their order;
between links there is none. One of each queue group gets a message; who publishes with `reply` is
told if nobody listens. The broker knows a process that ended, not one that is silent.

What hosts tell each other of commands (`fusion.op.`) arrives at once, whatever the weather, and
whatever becomes of a host that has written: so it is where hosts share an operation log (O4), and
no law holds without one for two hosts of a service with commands.
"""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeAlias

from fusionrt.errors import BrokerUnavailable, MessageTooLarge
from fusionrt.transport import (
    Handler,
    Journal,
    Kept,
    Listener,
    Message,
    Subscription,
    Table,
    TransportStatistics,
)
from fusionrt.transport.base import check_subject
from fusionrt.transport.memory import _matches

from .universe import Machine, Universe

__all__ = ["CALM", "Link", "Network", "Note", "Weather"]

Note: TypeAlias = Callable[[str, str, str, bytes], None]
"""Hears of a message: `sent` or `came`, the process, the subject, the payload."""

OPERATIONS: Final = "fusion.op."
UNNOTICED: Final = 8.0
"""Seconds until the broker learns that a machine is lost, which did not say so."""


@dataclass(frozen=True)
class Weather:
    """What happens to a message on one way of a link. Probabilities, and seconds."""

    least: float = 0.001
    most: float = 0.02
    drop: float = 0.0
    duplicate: float = 0.0


CALM: Final = Weather()


class Network:
    """The broker. `note` hears of every message."""

    def __init__(self, universe: Universe, note: Note) -> None:
        self.universe: Final = universe
        self.note: Final = note
        self.links: dict[str, Link] = {}
        self._routes: dict[_Route, None] = {}
        self._chance: Final = random.Random(f"broker {universe.seed}")

    def connect(self, machine: Machine) -> Link:
        """A process joins."""
        link = self.links[machine.name] = Link(self, machine)
        return link

    @property
    def interest(self) -> list[str]:
        """The subjects that somebody listens on."""
        return [route.subject for route in self._routes]

    def forget(self, link: Link) -> None:
        """The broker learns that a process is gone."""
        for route in [route for route in self._routes if route.link is link]:
            del self._routes[route]

    def register(self, route: _Route) -> None:
        """A subscription arrived."""
        self._routes[route] = None

    def withdraw(self, route: _Route) -> None:
        """And is no more."""
        self._routes.pop(route, None)

    def publish(self, sender: Link, subject: str, payload: bytes, reply: str) -> None:
        """A message arrived: hand it on."""
        groups: defaultdict[str, list[_Route]] = defaultdict(list)
        receivers: list[_Route] = []
        for route in self._routes:
            if _matches(route.subject, subject):
                (groups[route.queue] if route.queue else receivers).append(route)
        receivers += (self._chance.choice(members) for members in groups.values())
        message = Message(subject, payload)
        for route in receivers:
            route.link.hand_down(route, message)
        if reply and not receivers:
            message = Message(reply, b"", no_responders=subject)
            for route in self._routes:
                if route.link is sender and _matches(route.subject, reply):
                    sender.hand_down(route, message)

    def tell_hosts(self, subject: str, payload: bytes) -> None:
        """See the head of this file."""
        message = Message(subject, payload)
        for link in self.links.values():
            for route in list(link.routes):
                if route.subject == subject:
                    link.machine.call_soon(link.handle, route, message)


class Link:
    """A process's connection; see `Transport`. It is cut without a word, or breaks and is told.

    up, down: the weather. cut_up, cut_down: how many faults hold that way shut. held: until when
    what is sent stays on its way. skip: so many of the next messages find no room in the reader's
    buffer.
    """

    max_payload: Final = 1024 * 1024

    def __init__(self, network: Network, machine: Machine) -> None:
        self.machine: Final = machine
        self.up = self.down = CALM
        self.cut_up = self.cut_down = 0
        self.skip = 0
        self.held = {"up": 0.0, "down": 0.0}
        self.routes: dict[_Route, None] = {}
        self.open = True
        self._network: Final = network
        self._chance: Final = random.Random(f"{network.universe.seed} link {machine.name}")
        self._breaks = 0
        self._latest = {"up": 0.0, "down": 0.0}
        self._epoch = 0
        self._flushes: dict[asyncio.Future[None], None] = {}
        self._listeners: list[Listener] = []
        self._published = self._received = self._lost = self._gaps = self._reconnects = 0

    # What happens to it.

    def break_off(self) -> None:
        """The connection is lost with all that is on its ways; the process is told when it runs."""
        self._breaks += 1
        if self._breaks == 1 and self.open:
            self._end()
            self.machine.call_soon(self._tell, "disconnected", "nats://simulated")

    def join_again(self) -> None:
        """A new connection, with all subscriptions, if nothing else keeps it down."""
        self._breaks -= 1
        if self._breaks == 0 and self.open:
            self.machine.call_soon(self._joined)

    def _joined(self) -> None:
        """The process has noticed: it asks for its subscriptions anew."""
        if self._breaks == 0 and self.open:
            for route in self.routes:
                self._network.register(route)
            self._reconnects += 1
            self._tell("reconnected")

    def vanish(self, *, known: bool) -> None:
        """The process is gone. known: to the broker, too, as when it was killed; not if the whole
        machine is lost.
        """
        self.open = False
        if known:
            self._network.forget(self)
        else:
            self._network.universe.call_later(UNNOTICED, self._network.forget, self)
        self._network.links.pop(self.machine.name, None)
        self._epoch += 1
        self._give_up_flushes()

    @property
    def connected(self) -> bool:
        """Whether there is a connection, as far as the process can know."""
        return self.open and self._breaks == 0

    def _end(self) -> None:
        self._network.forget(self)
        self._epoch += 1
        self._give_up_flushes()

    def _give_up_flushes(self) -> None:
        for flush in list(self._flushes):
            if not flush.done():
                flush.set_exception(BrokerUnavailable("nats://simulated", "the link was lost"))

    def _tell(self, event: str, *details: str) -> None:
        for listener in list(self._listeners):
            getattr(listener, event)(*details)

    # Its ways.

    def _send(self, way: str, arrive: Callable[[], None], *, surely: bool = True) -> None:
        """surely: what is part of the connection is lost only with it: subscriptions, flushes."""
        universe = self._network.universe
        weather = self.up if way == "up" else self.down
        due = universe.time() + self._chance.uniform(weather.least, weather.most)
        due = self._latest[way] = max(due, self.held[way], self._latest[way] + 1e-7)
        universe.call_at(due, self._arrive, way, self._epoch, arrive, surely)

    def _arrive(self, way: str, epoch: int, arrive: Callable[[], None], surely: bool) -> None:
        cut = self.cut_up if way == "up" else self.cut_down
        if epoch == self._epoch and (surely or not cut):
            arrive()

    def _send_badly(self, way: str, arrive: Callable[[], None]) -> None:
        weather = self.up if way == "up" else self.down
        chance = self._chance.random
        if weather.drop and chance() < weather.drop:
            return
        self._send(way, arrive, surely=False)
        if weather.duplicate and chance() < weather.duplicate:
            self._send(way, arrive, surely=False)

    def hand_down(self, route: _Route, message: Message) -> None:
        """The broker has something for this process."""
        if not message.subject.startswith(OPERATIONS):
            self._send_badly("down", partial(self._reach, route, message))

    def _reach(self, route: _Route, message: Message) -> None:
        """It lies in the socket; the process reads it when it runs."""
        if self.open:
            self.machine.call_soon(self._read, route, message)

    def _read(self, route: _Route, message: Message) -> None:
        if self.skip > 0:
            self.skip -= 1
            if self.skip == 0:
                self._gaps += 1
                self._tell("gap", route.subject)
            return
        self.handle(route, message)

    def handle(self, route: _Route, message: Message) -> None:
        """The subscription has it."""
        if route in self.routes and self.open:
            self._received += 1
            self._network.note("came", self.machine.name, message.subject, message.payload)
            route.handler(message)

    # What the process calls; see `Transport`.

    def publish(self, subject: str, payload: bytes, reply: str = "", *, held: bool = False) -> None:
        check_subject(subject)
        if reply:
            check_subject(reply)
        if len(payload) > self.max_payload:
            raise MessageTooLarge(subject, len(payload), self.max_payload)
        if not self.open or self.machine.off:
            return
        network = self._network
        network.note("sent", self.machine.name, subject, payload)
        if subject.startswith(OPERATIONS):
            network.tell_hosts(subject, payload)
        elif not self.connected:
            self._lost += 1
        else:
            self._published += 1
            self._send_badly("up", partial(network.publish, self, subject, payload, reply))

    def push(self) -> None: ...

    async def subscribe(self, subject: str, handler: Handler, queue: str = "") -> Subscription:
        check_subject(subject)
        route = _Route(self, subject, handler, queue)
        self.routes[route] = None
        if self.connected:
            self._send("up", partial(self._registered, route))
        return route

    def _registered(self, route: _Route) -> None:
        if route in self.routes:
            self._network.register(route)

    def unsubscribe(self, route: _Route) -> None:
        """See `Subscription`."""
        if self.routes.pop(route, self) is None and self.connected:
            self._send("up", partial(self._network.withdraw, route))

    async def flush(self, *subscriptions: Subscription) -> None:
        if not self.connected:
            raise BrokerUnavailable("nats://simulated", "the link is lost")
        back: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._flushes[back] = None
        back.add_done_callback(self._flushes.pop)
        self._send("up", partial(self._send, "down", partial(self._come_back, back)))
        await back

    def _come_back(self, flush: asyncio.Future[None]) -> None:
        self.machine.call_soon(_settle, flush)

    def table(self, name: str) -> Table:
        raise NotImplementedError("no service here is sharded")

    def journal(self, name: str, subject: str, kept: Kept) -> Journal:
        raise NotImplementedError("no host here has a log")

    async def close(self, drain: bool = True) -> None:
        if not self.open:
            return
        if self.machine.off:
            self.vanish(known=True)
            return
        if drain and self.connected:
            for route in list(self.routes):
                self._send("up", partial(self._network.withdraw, route))
            with suppress(BrokerUnavailable, TimeoutError):
                async with asyncio.timeout(10.0):
                    await self.flush()
                    await self.flush()
        self.vanish(known=True)
        self.routes.clear()

    def add_listener(self, listener: Listener) -> None:
        self._listeners.append(listener)

    def remove_listener(self, listener: Listener) -> None:
        self._listeners.remove(listener)

    def statistics(self) -> TransportStatistics:
        return TransportStatistics(
            self._published, self._received, self._lost, self._gaps, self._reconnects
        )


class _Route:
    """One subscription; see `Subscription`."""

    def __init__(self, link: Link, subject: str, handler: Handler, queue: str) -> None:
        self.link = link
        self.subject = subject
        self.handler = handler
        self.queue = queue

    async def unsubscribe(self) -> None:
        self.link.unsubscribe(self)


def _settle(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
