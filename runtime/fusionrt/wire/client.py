"""The client's end of a session with one host, from hello until it is gone (D6, D9, D10).

It has no clock and no loop: every input says what time it is, outputs are pulled. After each input
take `events()`, and send `outgoing(now)`; call `tick` at `next_tick()`. Every `now` is seconds on a
clock that also runs while the machine is suspended. Its states are `ClientState`'s.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from . import client_events as events
from .batch import CHARACTER, batches, overhead
from .bond import SUCCEEDED, Bond, TurnedAway
from .calls import CallTable
from .client_events import ClientSessionStatistics, Outgoing
from .client_outbox import ClientOutbox
from .envelopes import HostEnvelope
from .fences import AskedFences
from .frames import ClientFrame, Ending, Mark, Probe, Welcome
from .hearing import Hearing
from .lease import Lease
from .limits import Limits, Timing
from .outflow import Outflow
from .refusals import RETRY_AFTER, refusal
from .runs import Ask, Asked, Request
from .states import CLIENT, ClientInput, ClientState, Machine, Phase
from .uploads import ClientUploads

__all__ = ["ClientSession"]

ROOMY = 16
"""While so many calls may be made, it is not looked whether there may be more."""

_TIMING = Timing()
_LIMITS = Limits()


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
        unpacks: tuple[str, ...] = (),
    ) -> None:
        """gen: names this session; a new random number below 2^53 for each. unpacks: in which
        forms large messages may come.
        """
        self._bond = Bond(cid, principal, gen)
        self.packs: tuple[str, ...] = ()
        """In which forms the host takes large messages."""
        self._machine: Machine[ClientState, ClientInput] = Machine(CLIENT, ClientState.HELLO)
        largest = limits.max_bytes - overhead(cid, principal)
        self._batch_bytes = min(limits.batch_bytes, largest)
        self._events: list[events.ClientEvent] = []
        self._uploads = ClientUploads(limits, largest)
        self._calls = CallTable(self._events, limits, self._uploads)
        self._fences = AskedFences()
        self._outbox = ClientOutbox(
            self._events, self._calls, self._uploads, self._fences, limits, largest, unpacks
        )
        self._add = self._calls.queue.add
        self._roomy = self._outbox.roomy
        self.room = self._outbox.room
        """At least so many calls may be made now that need not wait for others."""
        self._lease = Lease(timing, now)
        self._hearing = Hearing(self._events, self._calls, self._fences, self._lease, self._machine)
        self._told_live = False
        self._received = self._foreign = self._forged = self._damaged = 0

    @property
    def iid(self) -> str | None:
        """The host's instance id, once there is one."""
        return self._bond.iid

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
        self.room -= 1
        if len(request.arguments) + CHARACTER * len(request.operation) <= self._roomy:
            return self._add(request)
        return self._outbox.refuse(request)

    def calls(self, ask: Ask, arguments: list[bytes], opened: float, deadline: float) -> int:
        """Make calls that are alike, with ids in a row: the first one's. They are no commands.

        opened, deadline: of the first and of the last, `SLACK` apart at most.
        """
        if self._machine.state is not ClientState.GONE and max(map(len, arguments)) <= self._roomy:
            self.room -= len(arguments)
            return self._calls.queue.add_all(ask, arguments, opened, deadline)
        ids = [self.call(Request(ask, each, deadline)) for each in arguments]
        return ids[0]

    def refuses(self, left: float, now: float) -> float:
        """Whether a call made now could not be served in so many seconds: those after which to try
        again; 0 if it can (D27).
        """
        self.room = self._outbox.room
        return 0.0 if self.room > 0 else self._outbox.refuses(left, now)

    def unproven(self, now: float) -> float:
        """The age of the last proof that what is held is fresh, in seconds."""
        return self._lease.unproven(now)

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

    def ahead(self, request: Asked) -> int:
        """Make a call that nobody waits for, and that takes nobody's room."""
        id = self.call(request)
        self.room += 1
        return id

    def consumed(self, id: int, index: int, *, at_once: bool = False) -> bool:
        """The reader of a stream took the items up to this index: more may come (D18).

        Whether there is something to tell the host now. at_once: there is, however few they were.
        """
        return self._calls.consumed(id, index, at_once)

    # What is sent with a stream call, once its host asked for it by a first `Consumed`.

    def stream(self, id: int) -> Outflow | None:
        """The books of what is sent, while the host wants it."""
        return self._uploads.flows.get(id)

    def item(self, id: int, payload: bytes) -> bool:
        """Send the next item; see `Outflows.item`."""
        return self._uploads.flows.item(id, payload)

    def end(self, id: int, failure: Ending | None = None) -> None:
        """There are no more items."""
        self._uploads.flows.end(id, failure)

    def probe(self, id: int, request: Asked, probe: int) -> None:
        """Ask what a call waits for that was sent and has no answer (D24)."""
        if self._calls.phase(id) is Phase.SENT:
            ask = request.ask
            self._outbox.probe_call(Probe(probe, ask.method, request.arguments, ask.encoding))

    def fence(self, marks: Iterable[Mark], hops: int) -> int:
        """Let whatever is called from now on reflect these changes; `Fenced` tells it (D15).

        hops: hosts that this may be passed on by.
        """
        return self._fences.ask(marks, hops)

    def follow(self, marks: Iterable[Mark], hops: int) -> int | None:
        """The same by a fence that there is, if one goes as far; None if it was answered."""
        return self._fences.follow(marks, hops)

    def bye(self) -> None:
        """Leave. The host forgets the session; nothing more is reported."""
        if not self._gone:
            self._leave()

    def live(self, now: float) -> bool:
        """Whether what is held is provably fresh at this moment (D6)."""
        return now < self.good_until

    @property
    def good_until(self) -> float:
        """Until when what is held is provably fresh, unless something comes in (D6)."""
        return self._lease.good_until if self._machine.state is ClientState.OPEN else -math.inf

    def suspended(self, id: int) -> bool:
        """Whether the host said that it cannot vouch for this result itself (D6c)."""
        return id in self._hearing.upstream.suspended

    def events(self) -> list[events.ClientEvent]:
        """What happened since the last time, in order."""
        if not self._events:
            return []
        told = self._events[:]
        self._events.clear()
        return told

    def statistics(self) -> ClientSessionStatistics:
        """What went through, and what went wrong."""
        return ClientSessionStatistics(
            self._received,
            self._foreign,
            self._forged,
            self._damaged,
            self._uploads.dropped,
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
        if self._machine.state is ClientState.GONE or envelope.gen != self._bond.gen:
            self._foreign += 1
        elif self._bond.disproven(envelope):
            self._disproven(envelope)
        elif envelope.number == 0:
            self._aside(envelope, now)
        elif self._machine.state is ClientState.HELLO:
            self._welcomed(envelope, now)
        elif envelope.iid != self._bond.iid:
            self._other_host(envelope, now)
        else:
            self._lease.trusted(now)
            self._hearing.hear(envelope, now)
            if self.room < ROOMY or self._calls.pace.narrowed:
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

    def outgoing(self, now: float, turn: float = 0.0) -> list[Outgoing]:
        """The messages to send now; the time that is left to calls is told as of `now`.

        Calls that cannot be served in time are refused here: take `events()` again.

        turn: seconds since the first call was made, or the first thing came, that is new.
        """
        out, self._bond.parting = self._bond.parting, []
        if self._gone:
            return out
        doubtful = self._lease.doubtful(now)
        if doubtful and now >= self._lease.hello_due:
            out.append(self._bond.hello(self._lease.hello(now), self._hearing.sequence.last))
        if not self._bound:
            return out
        # A host in doubt gets only probes: calls that never left can go to any other one.
        frames = [] if doubtful else self._outbox.drain(now, turn)
        if now >= self._lease.probe_due:
            resyncing = self._hearing.sequence.resyncing
            frames.extend(self._outbox.probe(self._lease.probe(now), resyncing))
        if len(frames) == 1:
            out.append(Outgoing(self.iid, self._pack((frames[0],))))
        elif frames:
            for batch in batches(frames, self._batch_bytes):
                out.append(Outgoing(self.iid, self._pack(batch)))
        return out

    # How it works.

    def _pack(self, frames: tuple[ClientFrame, ...]) -> bytes:
        return self._bond.pack(self._hearing.sequence.last, frames)

    def _disproven(self, envelope: HostEnvelope) -> None:
        """Nothing that it says is believed. It may be a second welcome, to a repeated hello."""
        if any(isinstance(frame, Welcome) for frame in envelope.frames):
            self._foreign += 1
        else:
            self._forged += 1

    def _aside(self, envelope: HostEnvelope, now: float) -> None:
        """A message outside of the sequence: a host that does not know this session."""
        reason = self._bond.ended_by(envelope, self._lease.doubtful(now))
        if reason is not None:
            self._lose(reason)

    def _welcomed(self, envelope: HostEnvelope, now: float) -> None:
        """Whatever was numbered before the first welcome was a welcome, too."""
        welcome = self._bond.welcomed(envelope)
        if welcome is None:
            self._foreign += 1
            return
        self._machine.feed("welcome")
        self.packs = welcome.unpacks
        self._lease.probe_due = now
        self._lease.answered(welcome.number)
        if self.packs:  # tell at once what may come packed
            self._lease.probe_due = now
        self._hearing.sequence.last = envelope.number - 1
        self._told_live = True
        self._events.append(events.Opened(envelope.iid))
        self._hearing.hear(envelope, now)

    def _other_host(self, envelope: HostEnvelope, now: float) -> None:
        """Another host welcomes it, too, for a repeated hello: that opens nothing there."""
        self._foreign += 1
        if self._lease.doubtful(now) and any(isinstance(f, Welcome) for f in envelope.frames):
            self._lose(SUCCEEDED)

    def _notice(self, now: float) -> None:
        """Tell when what is held stops or begins to be provably fresh."""
        live = now < self.good_until
        if live is not self._told_live and self._bound:
            self._told_live = live
            self._events.append(events.Resumed() if live else events.Suspended())

    def _leave(self) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
        self._bond.part(self.iid, self._hearing.sequence.last)
        self._machine.feed("end")
        return self._calls.clear()

    def _lose(self, reason: str) -> None:
        if self._gone:
            return
        queued, pending, held = self._leave()
        if isinstance(reason, TurnedAway):  # every call is refused: none was begun (D27)
            no = refusal(RETRY_AFTER)
            for id in (*queued, *pending):
                self._events.append(events.Failed(id, no.code, no.message, no.data, False))
            queued = pending = ()
        self._events.append(events.Gone(reason, queued, pending, held))
