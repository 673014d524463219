"""What happened, in order; the same scenario makes the same log."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Final, NamedTuple

from fusionrt.errors import WireError
from fusionrt.wire.envelopes import decode_client_envelope, decode_host_envelope

__all__ = ["Event", "Log"]


class Event(NamedTuple):
    """at: seconds. who: a process; empty for the world. what: `sent`, `came`, or words."""

    at: float
    who: str
    what: str
    subject: str = ""
    payload: bytes = b""

    def __str__(self) -> str:
        text = f"{self.at:8.3f}  {self.who:<10} {self.what}"
        return f"{text} {_short(self.subject)}: {_frames(self.payload)}" if self.subject else text


class Log:
    """Of one run."""

    def __init__(self, now: Callable[[], float]) -> None:
        self.events: Final[list[Event]] = []
        self._now: Final = now

    def say(self, who: str, what: str) -> None:
        """Something happened."""
        self.events.append(Event(self._now(), who, what))

    def message(self, what: str, who: str, subject: str, payload: bytes) -> None:
        """A message was sent, or came."""
        self.events.append(Event(self._now(), who, what, subject, payload))

    @property
    def digest(self) -> str:
        """Of all of it."""
        digest = hashlib.sha256()
        for event in self.events:
            digest.update(repr(tuple(event)).encode())
        return digest.hexdigest()


def _short(subject: str) -> str:
    """A subject with short ids."""
    return ".".join(token[:6] if len(token) == 24 else token for token in subject.split("."))


def _frames(payload: bytes) -> str:
    """The frames of a message; arguments and results are bytes that fit a line."""
    if not payload:
        return "nobody listens"
    for decode in (decode_client_envelope, decode_host_envelope):
        try:
            envelope = decode(payload)
        except WireError:
            continue
        number = getattr(envelope, "number", None)
        frames = ", ".join(repr(frame)[:140] for frame in envelope.frames) or "nothing new"
        return frames if number is None else f"#{number} {frames}"
    return f"{len(payload)} bytes"
