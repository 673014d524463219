"""One connection to one NATS server, from connect to loss. It is never revived.

nats-py does the protocol. What it gets wrong for us is mended here, and only here, below its
public surface where there is no other way:

- Its reconnect hangs on the bytes that a frozen server never took, and gives up on some errors of
  the server. We let a link die, abort its socket, and open another.
- Its reader ends without a word on a header that it cannot parse, or on the answer to a ping that
  was given up. The end of the reader is the end of the link; no ping is given up but with its link.
- It writes in a task of its own, a turn of the loop later: see `writing`.
- It reads in tasks, two turns of the loop late: see `reading`.
- Its pings overtake what it buffers, so its `flush` and `drain` end too early. Two pings in a row
  do not (the buffer is written before the first is answered), and we drain with them.
- It signs in without TLS, whatever was asked for: see `signing`.
- It connects by `wait_for`, which on Python 3.11 loses a cancellation that comes with what it waits
  for. The task still knows.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections import deque
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from math import ceil
from typing import Any, Self

import nats.errors
from nats.aio.subscription import Subscription
from nats.js import JetStreamContext

from ..errors import AuthorizationFailed, BrokerUnavailable, NotPermitted
from ..primitives import background
from ..seldom import Seldom
from .base import Handler, Message
from .credentials import Credentials
from .signing import SigningClient, parsed_url, public_url

__all__ = ["Link", "LinkOptions", "Route"]

PING_PERIOD = 2.0
"""Seconds from one ping to the next."""
PING_TIMEOUT = 4
"""Seconds that a server has to answer a ping."""
JETSTREAM_TIMEOUT = 1.0
"""Seconds that JetStream has to answer."""
MAX_QUEUED = 64 * 1024 * 1024
"""Bytes that may wait for a server that takes them too slowly; more condemns the link."""

ROOM = 256 * 1024
"""Bytes that nats-py may have to write until further messages wait: it takes so many without
waiting itself."""

_UNWANTED = "authorization violation", "authentication", "certificate required", "bad certificate"
_VIOLATION = re.compile(r'permissions violation for (publish|subscription) to "([^"]*)"', re.I)

_END_TIMEOUT = 1.0
_NEVER = 10 * 365 * 86_400

_log = logging.getLogger("fusionrt.transport")


@dataclass(frozen=True)
class LinkOptions:
    """How to connect.

    name: shown by the server's monitoring.
    credentials: to sign in with, if the URL does not say who does; and for TLS.
    inbox: what the subjects begin with on which the broker answers requests.
    """

    name: str = ""
    credentials: Credentials = field(default_factory=Credentials)
    inbox: str = "_INBOX"


class Route:
    """A subscription that lives longer than a link: every link subscribes it anew."""

    def __init__(self, subject: str, handler: Handler, queue: str) -> None:
        self.subject = subject
        self.handler = handler
        self.queue = queue
        self.received = 0
        self.refused: NotPermitted | None = None
        """That the broker does not permit it."""


class Link:
    """A connection: open until `lost` is set, then only good for `end`."""

    def __init__(
        self, url: str, options: LinkOptions, refused: Callable[[NotPermitted], None]
    ) -> None:
        self.url = url
        self.lost = asyncio.Event()
        self._options = options
        self._refused = refused
        self._client = SigningClient()
        self._seldom = Seldom(_log)
        self._problem: Exception | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._subscriptions: dict[Route, Subscription] = {}
        self._outgoing: deque[tuple[str, bytes, str] | asyncio.Future[None]] = deque()
        self._queued = 0
        self._loop = asyncio.get_running_loop()
        self._pushing = False
        """Whether the loop's next turn begins with a push."""
        self._wake = asyncio.Event()

    @classmethod
    async def open(
        cls,
        url: str,
        options: LinkOptions,
        timeout: float,
        refused: Callable[[NotPermitted], None],
    ) -> Self:
        """Connect within `timeout` seconds; `refused` hears of what the server does not permit.

        Raises:
            BrokerUnavailable: no server answers at the URL.
            AuthorizationFailed: it does not let us in.
            BadCredentials: they cannot be used.
            MissingPackage: the credentials need one.
        """
        link = cls(url, options, refused)
        signing_in = link._signing_in()
        before = _cancellations()
        try:
            async with asyncio.timeout(timeout):
                await link._connect(timeout, signing_in)
            if _cancellations() > before:
                raise asyncio.CancelledError
        except BaseException as error:
            await link.end()
            if _cancellations() > before:
                raise asyncio.CancelledError from None
            if isinstance(error, OSError | nats.errors.Error):
                raise link._failure(error, timeout) from None
            raise
        return link

    def _signing_in(self) -> dict[str, Any]:
        """What nats-py is told of who we are, and whom we trust."""
        url, credentials = parsed_url(self.url), self._options.credentials
        if url.username is not None:
            credentials = credentials.tls_only()
        # Over wss there is TLS before the server says its first word.
        demanded = credentials.demands_tls or url.scheme == "tls"
        self._client.demands_tls = demanded and url.scheme != "wss"
        return {"tls": credentials.context(), **credentials.options()}

    async def _connect(self, timeout: float, signing_in: Mapping[str, Any]) -> None:
        client = self._client
        await client.connect(
            servers=[self.url],
            name=self._options.name or None,
            inbox_prefix=self._options.inbox,
            **signing_in,
            error_cb=self._on_error,
            connect_timeout=ceil(timeout),
            # One attempt: else the first connect is repeated without a word and without end.
            allow_reconnect=False,
            max_reconnect_attempts=1,
            reconnect_time_wait=0,
            ping_interval=_NEVER,
            skip_subject_validation=True,  # we make them of tokens
        )
        client.connected()
        reader = client._reading_task
        assert reader is not None
        reader.add_done_callback(lambda _: self.lost.set())
        self._spawn(self._pump(), "send")
        self._spawn(self._watch(), "ping")

    @property
    def max_payload(self) -> int:
        """What the server takes, in bytes."""
        return self._client.max_payload

    def publish(self, subject: str, payload: bytes, reply: str, held: bool) -> bool:
        """Send a message; all that one tick sends leaves in one write. False: the link is lost.

        It goes to nats-py at once while that has room, else when there is some again: nothing
        waits for a turn of the loop that need not.
        """
        if self.lost.is_set():
            return False
        client = self._client
        unwritten = client.unwritten + len(payload)
        if unwritten < ROOM and not self._outgoing:
            client.hold(subject, payload, reply)
            if not held and not self._pushing:
                self._pushing = True
                self._loop.call_soon(self._push_soon)
            return True
        if self._queued + unwritten > MAX_QUEUED:
            self._condemn(f"{MAX_QUEUED} bytes wait for a server that does not take them")
        self._queued += len(payload)
        self._outgoing.append((subject, payload, reply))
        self._wake.set()
        return True

    def push(self) -> None:
        """Write now what was held, and what nats-py would write in the loop's next turn, if nothing
        waits for the socket: two turns less for a call, and what it leads to begins while this
        process goes on.
        """
        client = self._client
        if not client.push() and not client.woken:
            self._begin(client.wake())

    def _push_soon(self) -> None:
        self._pushing = False
        if not self.lost.is_set():
            self.push()

    def _begin(self, writing: Coroutine[Any, Any, object]) -> None:
        """What nats-py does at once, while it has room."""
        try:
            writing.send(None)
        except StopIteration:
            return
        except (OSError, nats.errors.Error) as error:
            self._condemn(f"a message was not taken: {error}")
        else:  # with room it waits for one thing only: the end of what writes
            writing.close()
            self._condemn("nothing is written any more")

    async def subscribe(self, route: Route) -> None:
        """Deliver the route's messages, if the link lives. `round_trip` tells that it is done."""
        route.refused = None

        def deliver(
            subject: str, reply: str, payload: bytes, headers: dict[str, str] | None
        ) -> None:
            if self.lost.is_set():
                return
            route.received += 1
            dead = None
            if headers and headers.get("Status") == "503":
                dead = headers.get("Nats-Subject", "")
            try:
                route.handler(Message(subject, payload, dead, reply))
            except Exception:
                self._seldom.exception("the handler of %s failed", subject)

        with suppress(nats.errors.Error):
            self._subscriptions[route] = await self._client.subscribe_at_once(
                route.subject, route.queue, deliver
            )

    async def unsubscribe(self, route: Route) -> None:
        """Deliver nothing more of the route."""
        if subscription := self._subscriptions.pop(route, None):
            with suppress(nats.errors.Error):
                await subscription.unsubscribe()

    async def round_trip(self) -> None:
        """Return when the server has what was published and subscribed before.

        Raises:
            BrokerUnavailable: the link is lost.
        """
        trip = self._spawn(self._trip(), "round trip")
        # Not a plain await: a caller that is cancelled must not cancel a ping.
        await asyncio.wait({trip})
        if trip.cancelled() or self.lost.is_set():
            raise BrokerUnavailable(public_url(self.url), "the connection was lost")

    def jetstream(self) -> JetStreamContext:
        """JetStream, over this link."""
        return self._client.jetstream(timeout=JETSTREAM_TIMEOUT)

    async def drain(self) -> None:
        """Take no new messages; handle those that are here, and send what was published.

        Raises:
            BrokerUnavailable: the link is lost.
        """
        for subscription in self._subscriptions.values():
            await self._client._send_unsubscribe(subscription._id)
        await self.round_trip()  # to what it brought there may be answers
        await self.round_trip()

    async def end(self) -> None:
        """Close the socket, and drop what was not sent or handled yet."""
        self.lost.set()
        for task in self._tasks:
            task.cancel()
        # A frozen server never takes what is buffered: nats-py's close would wait for it.
        if writer := self._client.writer:
            writer.transport.abort()
        try:
            with suppress(OSError, nats.errors.Error):
                async with asyncio.timeout(_END_TIMEOUT):
                    await self._client.close()
        finally:
            for subscription in self._subscriptions.values():
                subscription._stop_processing()

    async def _pump(self) -> None:
        # nats-py swallows a cancellation, hence the condition.
        while not self.lost.is_set():
            await self._wake.wait()
            self._wake.clear()
            while self._outgoing and not self.lost.is_set():
                item = self._outgoing.popleft()
                if isinstance(item, tuple):
                    self._queued -= len(item[1])
                    try:
                        await self._client.publish(*item)
                    except (OSError, nats.errors.Error) as error:
                        self._condemn(f"a message was not taken: {error}")
                else:
                    item.set_result(None)

    async def _trip(self) -> None:
        pumped: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._outgoing.append(pumped)
        self._wake.set()
        await pumped
        await self._ping()
        await self._ping()

    async def _watch(self) -> None:
        while not self.lost.is_set():
            await asyncio.sleep(PING_PERIOD)
            await self._ping()

    async def _ping(self) -> None:
        try:
            await self._client.flush(PING_TIMEOUT)
        except (OSError, nats.errors.Error):
            self._condemn(f"the server left a ping unanswered for {PING_TIMEOUT} s")

    def _condemn(self, reason: str) -> None:
        if not self.lost.is_set():
            _log.warning("giving up the connection to %s: %s", public_url(self.url), reason)
            self.lost.set()

    async def _on_error(self, error: Exception) -> None:
        if violation := _VIOLATION.search(str(error)):
            self._forbidden(*violation.groups())
        else:
            self._problem = error
            _log.debug("%s: %s", public_url(self.url), error)

    def _forbidden(self, action: str, subject: str) -> None:
        """The server does not permit it. nats-py tells the subject in small letters."""
        url = public_url(self.url)
        if action == "publish":
            self._refused(NotPermitted(action, subject, url))
            return
        for route in list(self._subscriptions):
            if route.subject.lower() == subject:
                route.refused = NotPermitted("subscribe", route.subject, url)
                self._refused(route.refused)

    def _spawn(self, coroutine: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        task = background(coroutine, f"{name} {public_url(self.url)}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _failure(self, error: Exception, timeout: float) -> BrokerUnavailable:
        problem = self._explain(error, timeout)
        if self._client.wants_certificate and "certificate" not in problem:
            # With TLS 1.3 its word on ours may come after the end.
            problem = f"{problem}; it demands a certificate that it trusts: certificate required"
        unwanted = any(words in problem.lower() for words in _UNWANTED)
        failure = AuthorizationFailed if unwanted else BrokerUnavailable
        return failure(public_url(self.url), problem)

    def _explain(self, error: Exception, timeout: float) -> str:
        cause = self._problem if isinstance(error, nats.errors.NoServersError) else error
        if isinstance(cause, TimeoutError):
            return f"no answer within {timeout:g} s"
        if isinstance(cause, ConnectionRefusedError) or "Connect call failed" in str(cause):
            return "connection refused"
        return str(cause).removeprefix("nats: ").strip("'") or type(cause).__name__


def _cancellations() -> int:
    """How often this task was cancelled."""
    task = asyncio.current_task()
    return task.cancelling() if task is not None else 0
