"""The client's end of a session with one host, from hello until it is gone (D6, D9, D10).

It has no clock and no loop: every input says what time it is, outputs are pulled. After each input
take `events()`, and send `outgoing(now)`; call `tick` at `next_tick()`. Every `now` is seconds on a
clock that also runs while the machine is suspended. Its states are `ClientState`'s.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from . import client_events as events
from .admission import FULL
from .batch import batches, call_size, overhead
from .calls import CallTable
from .client_events import ClientSessionStatistics, Outgoing
from .client_outbox import ClientOutbox
from .envelopes import HostEnvelope, encode_client_envelope
from .frames import (
    VERSION,
    Bye,
    ClientFrame,
    Hello,
    KeepAlive,
    Rejected,
    Welcome,
)
from .hearing import Hearing
from .lease import Lease
from .limits import Limits, Timing
from .refusals import RETRY_AFTER, refusal
from .runs import Asked
from .states import CLIENT, ClientInput, ClientState, Machine

__all__ = ["ClientSession"]

_TIMING = Timing()
_LIMITS = Limits()
_REJECTED = {"unknown": "its host does not know this client any more"}
_SUCCEEDED = "another host answers in its place"


class ClientSession:
    """One client process with one host process, for one service."""

    def __init__(
        self,
        *,
        cid: str,
        principal: str,
        gen: int,
        now: float,
        timing: Timing = _TIMING,
        limits: Limits = _LIMITS,
    ) -> None:
        """gen: names this session; a new random number below 2^53 for each."""
        self.cid = cid
        self.principal = principal
        self.gen = gen
        self.iid: str | None = None
        self._machine: Machine[ClientState, ClientInput] = Machine(CLIENT, ClientState.HELLO)
        self._batch_bytes = limits.batch_bytes
        self._largest = limits.max_bytes - overhead(cid, principal)
        self._events: list[events.ClientEvent] = []
        self._calls = CallTable(self._events, limits)
        self._outbox = ClientOutbox(self._calls, limits, min(limits.batch_bytes, self._largest))
        self._add = self._calls.queue.add
        self._roomy = (self._largest - call_size(b"", "")) // 4
        """So much of arguments and operation fits into a message whatever their characters are."""
        self.room = self._outbox.room
        """At least so many calls may be made now that need not wait for others."""
        self._parting: list[Outgoing] = []
        self._lease = Lease(timing, now)
        self._hearing = Hearing(self._events, self._calls, self._lease, self._machine)
        self._told_live = False
        self._received = self._foreign = self._damaged = 0

    @property
    def state(self) -> ClientState:
        """Where the session is."""
        return self._machine.state

    @property
    def _gone(self) -> bool:
        return self._machine.state is ClientState.GONE

    @property
    def _bound(self) -> bool:
        """Whether a host has it."""
        return self._machine.state not in (ClientState.HELLO, ClientState.GONE)

    # What the room above asks.

    def call(self, request: Asked) -> int:
        """Make a call; its id. It waits in here until there is a host to take it."""
        if self._machine.state is ClientState.GONE:
            self._events.append(events.Unsent(id := self._calls.queue.skip()))
            return id
        length = len(request.arguments)
        if length + len(request.operation) > self._roomy:
            if call_size(request.arguments, request.operation) > self._largest:
                problem = f"its arguments have {length:,} bytes, too many for a message"
                id = self._calls.queue.skip()
                self._events.append(events.Failed(id, "too_large", problem, b"", False))
                return id
        self.room -= 1
        return self._add(request)

    def refuses(self, left: float, now: float) -> float:
        """Whether a call made now could not be served in so many seconds: those after which to try
        again; 0 if it can (D27).
        """
        self.room = self._outbox.room
        return 0.0 if self.room > 0 else self._outbox.refuses(left, now)

    @property
    def pressed(self) -> bool:
        """Whether to take `outgoing` again soon: more calls are to be refused."""
        return self._outbox.pressed

    @property
    def last_id(self) -> int:
        """Of the newest call."""
        return self._calls.queue.last_id

    def unsent(self, id: int) -> bool:
        """Whether the call still waits in here."""
        return id in self._calls.queue

    def recall(self) -> list[int]:
        """Give up the calls that wait in here, to make them elsewhere: their ids."""
        return self._calls.queue.clear()

    def cancel(self, id: int) -> None:
        """Give up a call or stream; its host is told, if it was sent (D19)."""
        self._outbox.cancel(id)

    def unsubscribe(self, ids: Iterable[int]) -> None:
        """Let go of held results (D17)."""
        self._outbox.unsubscribe(ids)

    def consumed(self, id: int, index: int) -> bool:
        """The reader of a stream took the items up to this index: more may come (D18).

        Whether there is something to tell the host now.
        """
        return self._calls.consumed(id, index)

    def bye(self) -> None:
        """Leave. The host forgets the session; nothing more is reported."""
        if not self._gone:
            self._leave()

    def live(self, now: float) -> bool:
        """Whether what is held is provably fresh at this moment (D6)."""
        return self._machine.state is ClientState.OPEN and not self._lease.doubtful(now)

    def suspended(self, id: int) -> bool:
        """Whether the host said that it cannot vouch for this result itself (D6c)."""
        return id in self._hearing.upstream.suspended

    def events(self) -> list[events.ClientEvent]:
        """What happened since the last time, in order."""
        told = self._events[:]
        self._events.clear()
        return told

    def statistics(self) -> ClientSessionStatistics:
        """What went through, and what went wrong."""
        return ClientSessionStatistics(
            self._received,
            self._foreign,
            self._damaged,
            self._hearing.repeated,
            self._hearing.skipped,
            self._hearing.resyncs,
            len(self._calls),
            len(self._calls.queue),
            self._calls.digest.value,
        )

    # What the transport reports.

    def receive(self, envelope: HostEnvelope, now: float) -> None:
        """A message came."""
        self._received += 1
        self._damaged += envelope.damaged
        if self._gone or envelope.gen != self.gen:
            self._foreign += 1
        elif envelope.number == 0:
            self._aside(envelope, now)
        elif self._machine.state is ClientState.HELLO:
            self._welcomed(envelope, now)
        elif envelope.iid != self.iid:
            self._other_host(envelope, now)
        else:
            self._lease.trusted(now)
            self._hearing.hear(envelope, now)
            self.room = self._outbox.room
        self._notice(now)

    def no_responders(self, now: float) -> None:
        """Nobody listens at the instance's subject (D9)."""
        if self._bound and self._lease.suspected(now):
            self._lose("its host is gone")
        self._notice(now)

    def no_host(self, now: float) -> None:
        """Nobody listens where hosts are found."""
        if self._machine.state is ClientState.HELLO:
            self._events.append(events.NoHost())
        self._notice(now)

    def reconnected(self, now: float) -> None:
        """The connection was lost and is back: anything may be lost (D10)."""
        if self._bound:
            self._hearing.resync(now)
        else:
            self._lease.hello_due = now
        self._notice(now)

    def gap(self, now: float) -> None:
        """Something was lost: a slow consumer, or a message that is no envelope (D11)."""
        if self._bound and self._hearing.sequence.following:
            self._hearing.resync(now)
        self._notice(now)

    def tick(self, now: float) -> None:
        """Time went by."""
        self._notice(now)

    def next_tick(self) -> float:
        """When there is something to do without any input: `tick`, then `outgoing`."""
        if self._gone:
            return math.inf
        return self._lease.next(self._told_live) if self._bound else self._lease.hello_due

    def outgoing(self, now: float) -> list[Outgoing]:
        """The messages to send now; the time that is left to calls is told as of `now`.

        Calls that cannot be served in time are refused here: take `events()` again.
        """
        out = self._parting
        self._parting = []
        if self._gone:
            return out
        doubtful = self._lease.doubtful(now)
        if doubtful and now >= self._lease.hello_due:
            hello = Hello(self._lease.hello(now), VERSION, self.iid or "")
            out.append(Outgoing(None, self._encode((hello,))))
        if not self._bound:
            return out
        # A host in doubt gets only probes: calls that never left can go to any other one.
        frames = [] if doubtful else self._outbox.drain(now)
        if now >= self._lease.probe_due:
            frames.extend(self._probe(now))
        for batch in batches(frames, min(self._batch_bytes, self._largest)):
            out.append(Outgoing(self.iid, self._encode(batch)))
        return out

    # How it works.

    def _probe(self, now: float) -> list[ClientFrame]:
        """What is asked of the host. It comes last, so that its lists are true at its place."""
        number = self._lease.probe(now)
        if self._hearing.sequence.resyncing:
            return self._outbox.resync(number)
        digest = self._calls.digest
        return [*self._calls.all_credits(), KeepAlive(number, digest.count, digest.value)]

    def _encode(self, frames: tuple[ClientFrame, ...]) -> bytes:
        last = self._hearing.sequence.last
        return encode_client_envelope(self.cid, self.principal, self.gen, last, frames)

    def _aside(self, envelope: HostEnvelope, now: float) -> None:
        """A message outside of the sequence: a host that does not know this session."""
        for frame in envelope.frames:
            match frame:
                case Rejected(reason) if reason == FULL and self.iid is None:
                    return self._turned_away()
                case Rejected(reason) if self.iid in (None, envelope.iid):
                    return self._lose(_REJECTED.get(reason, f"its host refuses: {reason}"))
                case Welcome() if self.iid not in (None, envelope.iid):
                    if self._lease.doubtful(now):
                        return self._lose(_SUCCEEDED)

    def _welcomed(self, envelope: HostEnvelope, now: float) -> None:
        """The first welcome wins; whatever was numbered before it was a welcome, too."""
        welcome = next((frame for frame in envelope.frames if isinstance(frame, Welcome)), None)
        if welcome is None:
            self._foreign += 1
            return
        self._machine.feed("welcome")
        self.iid = envelope.iid
        self._lease.probe_due = now
        self._lease.answered(welcome.number)
        self._hearing.sequence.last = envelope.number - 1
        self._told_live = True
        self._events.append(events.Opened(envelope.iid))
        self._hearing.hear(envelope, now)

    def _other_host(self, envelope: HostEnvelope, now: float) -> None:
        """Another host opened a session, too, by a hello that was repeated."""
        self._foreign += 1
        if any(isinstance(frame, Welcome) for frame in envelope.frames):
            data = encode_client_envelope(self.cid, self.principal, self.gen, 0, (Bye(),))
            self._parting.append(Outgoing(envelope.iid, data))
            if self._lease.doubtful(now):
                self._lose(_SUCCEEDED)

    def _notice(self, now: float) -> None:
        """Tell when what is held stops or begins to be provably fresh."""
        if not self._bound:
            return
        live = self.live(now)
        if live is not self._told_live:
            self._told_live = live
            self._events.append(events.Resumed() if live else events.Suspended())

    def _leave(self) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
        if self.iid is not None:
            self._parting.append(Outgoing(self.iid, self._encode((Bye(),))))
        self._machine.feed("end")
        return self._calls.clear()

    def _turned_away(self) -> None:
        """The host keeps as many sessions as it can: every call is refused (D27)."""
        if not self._gone:
            refused = refusal(RETRY_AFTER)
            queued, _, _ = self._leave()
            self._events.extend(
                events.Failed(id, refused.code, refused.message, refused.data, False)
                for id in queued
            )
            self._events.append(events.Gone("its host has no room", (), (), ()))

    def _lose(self, reason: str) -> None:
        if not self._gone:
            self._events.append(events.Gone(reason, *self._leave()))
