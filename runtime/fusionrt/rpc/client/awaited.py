"""`Awaited`: what a session's calls and streams wait for, and what is held for it (D3, D4, D5)."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from ...wire import client_events as events
from ...wire.client import ClientSession
from ...wire.frames import Ending, Mark
from .ahead import Ahead
from .answer import Ask, Pending
from .lots import Lots
from .registration import Registration
from .reply import deliver
from .stream import Incoming

if TYPE_CHECKING:
    from .session import Session

__all__ = ["Awaited"]


class Awaited:
    """By id, what the session has to tell of; it is told by message, not by call.

    calls: without an answer. lots: those that were made together. streams: without an end.
    ahead: calls that nobody waits for yet. held: what the host holds for this process.
    """

    def __init__(self, session: Session, wire: ClientSession) -> None:
        self.calls: dict[int, Pending] = {}
        self.lots = Lots()
        self.streams: dict[int, Incoming] = {}
        self.ahead: dict[int, Ahead] = {}
        self.held: dict[int, Registration] = {}
        self._session = session
        self._wire = wire

    def __len__(self) -> int:
        """How many calls and streams wait."""
        return len(self.calls) + len(self.lots) + len(self.streams)

    def find(self, id: int) -> Pending | Incoming | None:
        """What has no answer, or no end, yet."""
        call = self.calls.get(id) or self.lots.find(id) or self.ahead.get(id)
        return call or self.streams.get(id)

    def pop(self, id: int) -> Pending | Incoming | None:
        """The same, which is over."""
        return self.pop_call(id) or self.streams.pop(id, None)

    def pop_call(self, id: int) -> Pending | None:
        """A call that is over."""
        return self.calls.pop(id, None) or self.lots.pop(id) or self.ahead.pop(id, None)

    def next_due(self) -> float:
        """When the first caller has waited long enough."""
        due = min((call.due for call in self.calls.values()), default=math.inf)
        return min(due, self.lots.next_due())

    def late(self, now: float) -> list[Pending]:
        """Whose callers have waited long enough."""
        late = [call for call in self.calls.values() if call.due <= now]
        return late + self.lots.late(now)

    # What the host says.

    def hear(self, event: events.ClientEvent) -> None:
        """Apply what is of no other news than for what waits, and for what is held."""
        match event:
            case events.Failed(id, code, message, data, held):
                self.failed(id, Ending(code, message, data), held)
            case events.Told(ids):
                for id in ids:
                    self.calls.pop(id).told()
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

    def completed(self, ids: tuple[int, ...], payloads: Sequence[bytes], held: bool) -> None:
        """Calls of one `Ask` have results: decoded at once, unless one is bad (D29)."""
        if len(ids) == 1 and not held:  # as below; a message a call is common, too
            if (call := self.pop_call(ids[0])) is not None:
                call.settle(payloads[0])
            return
        if held:
            found = list(map(self.pop_call, ids))
            calls = [call for call in found if call is not None]
            self._hold(calls)
            if calls:
                answers = [None if call is None else call.answer for call in found]
                _settle_all(calls[0].ask, answers, payloads)
            return
        ask, answers, others = self.lots.take(ids)
        for place in others:
            if (call := self.calls.pop(ids[place], None)) is not None:
                ask, answers[place] = call.ask, call.answer
        if ask is not None:
            _settle_all(ask, answers, payloads)

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
        call = self.pop_call(id)
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
        waiting.update(self.lots.all())
        waiting.update(self.streams)
        return waiting

    def clear(self) -> dict[int, Pending | Incoming]:
        """Forget what waits; whoever watches may ask ahead anew, of the next host."""
        for ahead in self.ahead.values():
            ahead.answer.cancel()
        self.ahead.clear()
        waiting = self.all()
        self.calls, self.streams = {}, {}
        self.lots.clear()
        return waiting


def _settle_all(
    ask: Ask, answers: Sequence[asyncio.Future[Any] | None], payloads: Sequence[bytes]
) -> None:
    """Hand out results. None: a call that was given up by whom an event before was told."""
    try:
        values = ask.decode_all(payloads)
    except Exception:  # of one of them: it is told by that one
        for answer, payload in zip(answers, payloads, strict=True):
            if answer is not None:
                Pending(ask, b"", math.inf, "", answer).settle(payload)
        return
    deliver(answers, values)
