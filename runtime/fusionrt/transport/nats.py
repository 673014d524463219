"""The transport over NATS: one link at a time, another one as soon as it is lost."""

from __future__ import annotations

import asyncio
import itertools
import logging
import random
from contextlib import suppress
from typing import Self

from nats.js import JetStreamContext

from ..errors import (
    AuthorizationFailed,
    BadCredentials,
    BrokerUnavailable,
    MessageTooLarge,
    NotPermitted,
)
from ..primitives import background, stop_all
from .base import Handler, Listener, Subscription, TransportStatistics, check_subject
from .credentials import Credentials
from .journal import Journal, Kept
from .kv import KvTable
from .link import Link, LinkOptions, Route
from .signing import public_url
from .stream import StreamJournal
from .table import Table

__all__ = ["NatsTransport"]

RECONNECT_TIMEOUT = 2.0
"""Seconds for one attempt to connect again."""
RECONNECT_WAIT = 0.02, 1.0
"""Seconds between attempts: the first wait and the longest; each is about twice the last."""
MOST_WARNINGS = 100
"""Subjects whose refusal is logged; of more only the first is, by their first three tokens."""
DRAIN_TIMEOUT = 10.0
"""Seconds that `close` gives handlers and the broker."""


_log = logging.getLogger("fusionrt.transport")


class NatsTransport:
    """See `Transport`. Made by `connect`."""

    def __init__(self, urls: list[str], options: LinkOptions) -> None:
        self._urls = itertools.cycle(urls)
        self._options = options
        self._link: Link | None = None
        self._max_payload = 0
        self._routes: dict[Route, None] = {}
        self._listeners: list[Listener] = []
        self._keeper: asyncio.Task[None] | None = None
        self._warned: set[tuple[str, str]] = set()
        self._published = self._received = self._lost = self._reconnects = 0

    @classmethod
    async def connect(
        cls,
        url: str,
        *,
        timeout: float = 3.0,
        name: str = "",
        credentials: Credentials | None = None,
        inbox: str = LinkOptions.inbox,
    ) -> Self:
        """Connect to the first of several servers (`nats://a,nats://b`) that answers.

        timeout: seconds until it fails.
        name: what the broker's monitoring shows.
        credentials: to sign in with; None: those of the environment. A user in the URL signs in
            instead; they are for TLS only, then.
        inbox: what the subjects begin with on which the broker answers requests.

        Raises:
            BrokerUnavailable: none answers.
            AuthorizationFailed: none lets us in.
            BadCredentials: they cannot be used.
            MissingPackage: the credentials need one.
        """
        urls = [part.strip() for part in url.split(",")]
        if credentials is None:
            credentials = Credentials.from_environment()
        options = LinkOptions(name, credentials, inbox)
        transport = cls(urls, options)
        failures: list[BrokerUnavailable] = []
        for part in urls:
            try:
                link = await transport._open(part, timeout / len(urls))
                break
            except BrokerUnavailable as failure:
                failures.append(failure)
        else:  # that we are not let in is more to the point
            raise next((f for f in failures if isinstance(f, AuthorizationFailed)), failures[-1])
        transport._link = link
        transport._max_payload = link.max_payload
        transport._keeper = background(transport._keep(link), f"keep {public_url(part)}")
        return transport

    async def _open(self, url: str, timeout: float) -> Link:
        return await Link.open(url, self._options, timeout, self._on_refused)

    @property
    def max_payload(self) -> int:
        """See `Transport`."""
        return self._max_payload

    def publish(self, subject: str, payload: bytes, reply: str = "", *, held: bool = False) -> None:
        """See `Transport`."""
        check_subject(subject)
        if reply:
            check_subject(reply)
        if len(payload) > self._max_payload:
            raise MessageTooLarge(subject, len(payload), self._max_payload)
        if self._link is not None and self._link.publish(subject, payload, reply, held):
            self._published += 1
        else:
            self._lost += 1

    def push(self) -> None:
        """See `Transport`."""
        if self._link is not None:
            self._link.push()

    async def subscribe(self, subject: str, handler: Handler, queue: str = "") -> Subscription:
        """See `Transport`."""
        check_subject(subject)
        route = Route(subject, handler, queue)
        self._routes[route] = None
        if self._link is not None:
            await self._link.subscribe(route)
        return _NatsSubscription(self, route)

    async def flush(self, *subscriptions: Subscription) -> None:
        """See `Transport`."""
        await self._linked().round_trip()
        for subscription in subscriptions:
            if isinstance(subscription, _NatsSubscription):
                subscription.check()

    def table(self, name: str) -> Table:
        """See `Transport`: a JetStream key-value bucket."""
        return KvTable(name, self)

    def journal(self, name: str, subject: str, kept: Kept) -> Journal:
        """See `Transport`: a JetStream stream."""
        return StreamJournal(name, subject, kept, self)

    def jetstream(self) -> JetStreamContext:
        """JetStream, by the link that there is now.

        Raises:
            BrokerUnavailable: there is none.
        """
        return self._linked().jetstream()

    def _linked(self) -> Link:
        if self._link is None:
            raise BrokerUnavailable("the broker", "the connection is lost")
        return self._link

    async def close(self, drain: bool = True) -> None:
        """See `Transport`."""
        if self._keeper is None:
            return
        keeper, self._keeper = self._keeper, None
        await stop_all([keeper])
        link = self._link
        if link is not None:
            if drain:
                with suppress(BrokerUnavailable, TimeoutError):
                    async with asyncio.timeout(DRAIN_TIMEOUT):
                        await link.drain()
            self._link = None
            await link.end()
        for route in list(self._routes):
            self._forget(route)

    def add_listener(self, listener: Listener) -> None:
        """See `Transport`."""
        self._listeners.append(listener)

    def remove_listener(self, listener: Listener) -> None:
        """See `Transport`."""
        self._listeners.remove(listener)

    def statistics(self) -> TransportStatistics:
        """See `Transport`."""
        received = self._received + sum(route.received for route in self._routes)
        return TransportStatistics(self._published, received, self._lost, 0, self._reconnects)

    async def _keep(self, link: Link) -> None:
        """Replace every link that is lost."""
        while True:
            await link.lost.wait()
            self._link = None
            for listener in list(self._listeners):
                listener.disconnected(public_url(link.url))
            await link.end()
            link = await self._reconnect()
            self._max_payload = link.max_payload
            self._reconnects += 1
            for listener in list(self._listeners):
                listener.reconnected()

    async def _reconnect(self) -> Link:
        """A link that has every subscription, however long it takes."""
        wait, longest = RECONNECT_WAIT
        told = ""
        for url in self._urls:
            try:
                link = await self._open(url, RECONNECT_TIMEOUT)
            except (BrokerUnavailable, BadCredentials) as error:
                refusal = isinstance(error, AuthorizationFailed | BadCredentials)
                if refusal and told != (told := str(error)):  # credentials may be renewed
                    _log.error("this process cannot sign in again; it goes on trying: %s", told)
                await asyncio.sleep(wait * random.uniform(0.5, 1.0))
                wait = min(wait * 2, longest)
                continue
            # From here on `subscribe` serves itself: every route is subscribed once.
            self._link = link
            try:
                for route in list(self._routes):
                    if route in self._routes:
                        await link.subscribe(route)
                await link.round_trip()
                return link
            except BrokerUnavailable:
                self._link = None
                await link.end()
        raise AssertionError("a cycle does not end")

    def _on_refused(self, error: NotPermitted) -> None:
        about = error.action, ".".join(error.subject.split(".")[:3])
        if about not in self._warned and len(self._warned) < MOST_WARNINGS:
            self._warned.add(about)
            _log.warning("%s", error)
        for listener in list(self._listeners):
            listener.refused(error)

    def _forget(self, route: Route) -> None:
        self._received += route.received
        del self._routes[route]

    async def _unsubscribe(self, route: Route) -> None:
        if route in self._routes:
            self._forget(route)
            if self._link is not None:
                await self._link.unsubscribe(route)


class _NatsSubscription:
    """See `Subscription`."""

    def __init__(self, transport: NatsTransport, route: Route) -> None:
        self._transport = transport
        self._route = route

    @property
    def subject(self) -> str:
        return self._route.subject

    def check(self) -> None:
        """Raise `NotPermitted` if the broker has refused it."""
        if self._route.refused is not None:
            raise self._route.refused

    async def unsubscribe(self) -> None:
        await self._transport._unsubscribe(self._route)
