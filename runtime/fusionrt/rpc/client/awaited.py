"""`Awaited`: what a session's calls and streams wait for, and what is held for it (D3, D4, D5)."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from itertools import repeat
from typing import TYPE_CHECKING

from ...wire import client_events as events
from ...wire.client import ClientSession
from ...wire.frames import Ending, Mark
from .answer import Pending
from .registration import Registration
from .stream import Incoming

if TYPE_CHECKING:
    from .session import Session

__all__ = ["Awaited"]


class Awaited:
    """By id, what the session has to tell of; it is told by message, not by call.

    calls: without an answer. streams: without an end. held: what the host holds for this process.
    """

    def __init__(self, session: Session, wire: ClientSession) -> None:
        self.calls: dict[int, Pending] = {}
        self.streams: dict[int, Incoming] = {}
        self.held: dict[int, Registration] = {}
        self._session = session
        self._wire = wire

    @property
    def waiting(self) -> bool:
        """Whether anything waits."""
        return bool(self.calls or self.streams)

    def find(self, id: int) -> Pending | Incoming | None:
        """What has no answer, or no end, yet."""
        return self.calls.get(id) or self.streams.get(id)

    def pop(self, id: int) -> Pending | Incoming | None:
        """The same, which is over."""
        return self.calls.pop(id, None) or self.streams.pop(id, None)

    def next_due(self) -> float:
        """When the first caller has waited long enough."""
        return min((call.due for call in self.calls.values()), default=math.inf)

    def late(self, now: float) -> list[Pending]:
        """Whose callers have waited long enough."""
        return [call for call in self.calls.values() if call.due <= now]

    # What the host says.

    def hear(self, event: events.ClientEvent) -> None:
        """Apply what is of no other news than for what waits, and for what is held."""
        match event:
            case events.Failed(id, code, message, data, held):
                self.failed(id, Ending(code, message, data), held)
            case events.Told(ids):
                for id in ids:
                    self.calls.pop(id).told()
            case events.Invalidated(ids, reason, True):
                self.invalidated(ids, reason)
            case events.ItemsReceived(id, index, payloads, skipped):
                if id in self.streams:
                    self.streams[id].received(index, payloads, skipped)
            case events.Unread(id):
                if (stream := self.streams.get(id)) is not None and stream.upload is not None:
                    stream.upload.close()
            case events.Ended(id, ending):
                if id in self.streams:
                    self.streams.pop(id).ended(ending)
            case events.Upstream(suspended, resumed):
                self.upstream(suspended, resumed)

    def completed(self, ids: Sequence[int], payloads: Sequence[bytes], held: bool) -> None:
        """Calls of one `Ask` have results: decoded at once, unless one is bad (D29)."""
        if len(ids) == 1 and not held:  # as below; a message a call is common, too
            if (call := self.calls.pop(ids[0], None)) is not None:
                call.settle(payloads[0])
            return
        found = list(map(self.calls.pop, ids, repeat(None)))
        calls = [call for call in found if call is not None]
        if len(calls) < len(found):  # given up by whom an event before this one was told
            payloads = [payload for payload, call in zip(payloads, found, strict=True) if call]
        if held:
            self._hold(calls)
        if len(calls) > 1:
            try:
                values = calls[0].ask.decode_all(payloads)
            except Exception:  # of one of them: it is told by that one
                pass
            else:
                _settle_all(calls, values)
                return
        for call, payload in zip(calls, payloads, strict=True):
            call.settle(payload)

    def wrote(self, ids: Iterable[int], marks: tuple[Mark, ...]) -> None:
        """Calls changed something; their answers follow (D15)."""
        for id in ids:
            if (call := self.find(id)) is not None:
                call.wrote = marks

    def failed(self, id: int, failure: Ending, held: bool) -> None:
        """There is no result, and will be none."""
        stream = self.streams.pop(id, None)
        if stream is not None:
            stream.ended(failure)
            return
        call = self.calls.pop(id, None)
        if call is not None:
            if held:
                self._hold([call])
            call.refuse(failure)

    def _hold(self, calls: Iterable[Pending]) -> None:
        unwanted = []
        for call in calls:
            registration = call.registration
            if registration is None:
                unwanted.append(call.id)
            else:
                registration.session = self._session
                registration.id = call.id
                self.held[call.id] = registration
        if unwanted:
            self._wire.unsubscribe(unwanted)

    def invalidated(self, ids: Iterable[int], reason: str) -> None:
        """Results that are held became stale."""
        registrations = [self.held.pop(id, None) for id in ids]
        for registration in registrations:
            if registration is not None:
                registration.invalidated(reason)

    def upstream(self, suspended: Collection[int], resumed: Collection[int]) -> None:
        """The host cannot vouch for some of what is held itself, or can again (D6c)."""
        for id in suspended & self.held.keys():
            self.held[id].suspended()
        for id in resumed & self.held.keys():
            self.held[id].resumed()

    # The end.

    def lose_held(self, reason: str) -> None:
        """Nothing that is held can be proven by this session any more (D2, D16)."""
        held, self.held = self.held, {}
        for rank, registration in enumerate(held.values()):
            registration.lost(reason, rank)

    def all(self) -> dict[int, Pending | Incoming]:
        """Calls and streams."""
        waiting: dict[int, Pending | Incoming] = {}
        waiting.update(self.calls)
        waiting.update(self.streams)
        return waiting

    def clear(self) -> dict[int, Pending | Incoming]:
        """Forget what waits."""
        waiting = self.all()
        self.calls, self.streams = {}, {}
        return waiting


def _settle_all(calls: Iterable[Pending], values: Iterable[object]) -> None:
    for call, value in zip(calls, values, strict=True):
        answer = call.answer
        if not answer.done():  # else its caller has left
            answer.set_result(value)
