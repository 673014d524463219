"""`Page`: one WebSocket of a browser: what came, and what waits to be sent (W9)."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from enum import IntEnum
from typing import Final, Protocol

import msgspec

from .limits import LARGEST, PARTING, Pace, PageLimits
from .sockets import Socket

__all__ = ["Code", "Hall", "Page", "framed", "greeting", "unframed"]

_FRAMING: Final = 256
"""Bytes that the name of a service takes, at most."""
_GOING_AWAY: Final = 1001
"""By which a browser closes the sockets of a page that it leaves (RFC 6455)."""


class Code(IntEnum):
    """Why a gateway closes a WebSocket."""

    LEAVING = 1012
    """It stops: come to another one, at once."""
    UNREADABLE = 4400
    """A message was none of this protocol's."""
    RENEWED = 4401
    """Its browser signed in or out: come back, at once, with the new cookie."""
    SLOW = 4408
    """It read nothing for too long, though something waited for it."""
    REPLACED = 4409
    """The same client has come by another one."""
    TOO_LARGE = 4413
    """A message was too large."""
    FLOODING = 4429
    """It sent too many messages."""
    FULL = 4503
    """There are as many pages as there may be, of this browser or of all."""


def framed(service: str, envelope: bytes) -> bytes:
    """A message: the length of the service's name in a byte, the name, an envelope of `wire`."""
    name = service.encode()
    return bytes((len(name),)) + name + envelope


def unframed(message: bytes) -> tuple[str, bytes]:
    """The service and the envelope.

    Raises:
        ValueError: it has no such form.
    """
    if not message or len(message) <= (length := message[0]):
        raise ValueError("a message is cut off")
    return message[1 : 1 + length].decode(), message[1 + length :]


def greeting(servers: Sequence[str]) -> bytes:
    """What a gateway says to a page before any service does: where it can go on (W4). Nothing, if
    nowhere else.
    """
    return framed("", msgspec.msgpack.encode(servers)) if servers else b""


class Hall(Protocol):
    """Where pages are guests."""

    def came(self, page: Page) -> None:
        """It has its socket."""

    def heard(self, page: Page, message: bytes) -> None:
        """It said something."""

    def left(self, page: Page) -> None:
        """It is gone."""


class Page:
    """One WebSocket that was accepted; it is a `Speaker`.

    principal: of its browser. cid: of the client that speaks there, once it has. waiting: bytes
    that are to be sent. why: it is closed, once it is. went_away: it was closed by its browser.
    """

    __slots__ = (
        "_gone",
        "_hall",
        "_limits",
        "_messages",
        "_pace",
        "_paused",
        "_socket",
        "_timer",
        "cid",
        "principal",
        "waiting",
        "went_away",
        "why",
    )

    _socket: Socket

    def __init__(self, principal: str, limits: PageLimits, hall: Hall) -> None:
        self.principal: Final = principal
        self.cid = ""
        self.waiting = 0
        self.why: Code | None = None
        self.went_away = False
        self._limits: Final = limits
        self._hall: Final = hall
        self._pace = Pace(limits.messages)
        self._messages: deque[bytes] | None = None
        self._paused = False
        self._timer: asyncio.TimerHandle | None = None
        """Until it is taken for slow, or, once it is closed, has had its time to read why."""
        self._gone = False

    def begins(self, socket: Socket) -> None:
        self._socket = socket
        self._hall.came(self)

    # -- what is sent --

    def send(self, message: bytes) -> bool:
        """Send a message in its turn. False: it is lost, for nobody is there any more, or too much
        waits already: the page asks again for what it lacks, when it has read that.
        """
        full = self.waiting > 0 and self.waiting + len(message) > self._limits.waiting
        if self._gone or self.why is not None or full:
            return False
        if not self._paused:
            self._socket.write(message)
            return True
        if self._messages is None:
            self._messages = deque()
        self._messages.append(message)
        self.waiting += len(message)
        return True

    def paused(self) -> None:
        self._paused = True
        if self._timer is None:
            self._timer = _later(self._limits.patience, self._late)

    def resumed(self) -> None:
        self._paused = False
        if self.why is None:
            self._untimed()
        self._go_on()

    def _late(self) -> None:
        self._timer = None
        self.close(Code.SLOW)

    def _go_on(self) -> None:
        """Send what waits, and then why it is closed."""
        while self._messages and not self._paused:
            message = self._messages.popleft()
            self.waiting -= len(message)
            self._socket.write(message)
        if not self._messages:
            self._messages = None
            if self.why is not None and not self._paused and not self._gone:
                self._socket.close(self.why, self.why.name.lower())
                self._leave()

    # -- what comes --

    def received(self, message: bytes) -> None:
        if self.why is not None or self._gone:
            return
        if len(message) > LARGEST + _FRAMING:
            self.close(Code.TOO_LARGE)
        elif not self._pace.took():
            self.close(Code.FLOODING)
        else:
            self._hall.heard(self, message)

    def unreadable(self) -> None:
        self.close(Code.UNREADABLE)

    # -- its end --

    def close(self, why: Code) -> None:
        """End it. Who is to go elsewhere is told what waits first."""
        if self.why is not None or self._gone:
            return
        self.why = why
        if why not in (Code.LEAVING, Code.RENEWED):
            self._forget()
        self._untimed()
        self._timer = _later(PARTING, self._socket.abort)
        self._go_on()

    def lost(self, code: int | None) -> None:
        self.went_away = code == _GOING_AWAY
        self._untimed()
        self._forget()
        self._leave()

    def _untimed(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _forget(self) -> None:
        self._messages = None
        self.waiting = 0

    def _leave(self) -> None:
        if not self._gone:
            self._gone = True
            self._hall.left(self)


def _later(seconds: float, run: Callable[[], None]) -> asyncio.TimerHandle:
    return asyncio.get_running_loop().call_later(seconds, run)
