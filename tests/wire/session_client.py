"""The client process of the simulated world: the simplest room above a session."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fusionrt.errors import WireError
from fusionrt.wire import client_events as ce
from fusionrt.wire.client import ClientSession
from fusionrt.wire.envelopes import decode_host_envelope
from fusionrt.wire.frames import Kind, Mark
from fusionrt.wire.runs import Request
from fusionrt.wire.states import ClientState

from .session_pair import ask
from .session_violation import KEYS, LEASE, UPLOAD, Violation

if TYPE_CHECKING:
    from .session_world import World


@dataclass
class Wanted:
    """What the client waits for. sent: items that it sent with the call; of an upload, all that are
    more than `UPLOAD` are to be sent, and one comes back.
    """

    kind: Kind
    n: int
    operation: str = ""
    next: int = 0
    reads: bool = True
    sent: int = 0

    @property
    def items(self) -> int:
        """How many come."""
        return self.n if self.n < UPLOAD else 1


class Client:
    """A client process with one session at a time."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.connected = True
        self.frozen = False
        self.inbox: list[Callable[[], None]] = []
        self.waiting: dict[int, Wanted] = {}
        self.replicas: dict[int, tuple[int, int]] = {}
        self.keys: dict[int, int] = {}
        self.fences: dict[int, tuple[int, int]] = {}
        """By number, a key and the version that what is held shall not be older than (D15)."""
        self.heard: dict[str, int] = {}
        """How far each host has changed something, for all that it told."""
        self.gen = 0
        self.count = 0
        self._open()

    def _open(self) -> None:
        self.gen += 1
        self.session = self.world.client_type(
            cid="client",
            principal="tester",
            gen=self.gen,
            now=self.world.now,
            limits=self.world.limits,
        )
        self._scheduled: float | None = None

    def wants(self, gen: int, id: int) -> bool:
        """Whether an id is of any use to this client."""
        return gen == self.gen and (id in self.waiting or id in self.keys)

    # Troubles.

    def freeze(self) -> None:
        """A suspended laptop: nothing runs, the clock does."""
        self.frozen = True

    def thaw(self) -> None:
        """Go on; the first thing is a read (D6: the lease is checked at read)."""
        if self.frozen:
            self.frozen = False
            self.read()
            inbox, self.inbox = self.inbox, []
            for action in inbox:
                action()
            self.pump()

    def reconnect(self) -> None:
        """The connection is back (D10)."""
        self.connected = True
        self._when_awake(lambda: self.session.reconnected(self.world.now))
        self._when_awake(self.pump)

    def _when_awake(self, action: Callable[[], None]) -> None:
        if self.frozen:
            self.inbox.append(action)
        else:
            action()

    # The session.

    def receive(self, data: bytes) -> None:
        """A message came, unless the client is cut off."""
        if self.connected:
            self._when_awake(lambda: self._receive(data))

    def _receive(self, data: bytes) -> None:
        try:
            envelope = decode_host_envelope(data)
        except WireError:
            self.session.gap(self.world.now)
        else:
            self.session.receive(envelope, self.world.now)
        self.pump()

    def pump(self) -> None:
        """Events in, messages out, and the next tick."""
        session = self.session
        self._apply(session.events())
        for iid, data in session.outgoing(self.world.now):
            if iid is None:
                self.world.to_queue(data)
            else:
                self.world.to_instance(iid, data)
        if session.state is ClientState.GONE:
            self.pump()  # there is a new one
            return
        self.read()
        self._schedule()

    def _schedule(self) -> None:
        session, at = self.session, self.session.next_tick()
        if self._scheduled is not None and self.world.now < self._scheduled <= at:
            return
        self._scheduled = at

        def due() -> None:
            if self.session is session:
                self._scheduled = None
                self._when_awake(lambda: self._tick(session))

        self.world.after(max(0.0, at - self.world.now), due)

    def _tick(self, session: ClientSession) -> None:
        if self.session is session:
            session.tick(self.world.now)
            self.pump()

    def read(self) -> None:
        """A strict read of all that is held: never staler than the lease allows (D6, D14)."""
        if not self.session.live(self.world.now):
            return
        for key, (id, version) in self.replicas.items():
            stale = self.world.stale_for(key, version)
            if stale > LEASE and not self.session.suspended(id):
                raise Violation(f"key {key} is stale for {stale:.2f} s in a live session (D6)")

    # Work.

    def do_something(self) -> None:
        """One step of the load."""
        if self.frozen:
            return
        chance = self.world.random
        if self.world.watching.random() < 0.3:
            self.ask_ahead()
        match chance.randrange(12):
            case 0 | 1 | 2:
                self.ask(chance.randrange(KEYS))
            case 3:
                self.count += 1
                self._call(Wanted(Kind.PLAIN, self.count))
            case 4 | 5:
                self.count += 1
                self._call(Wanted(Kind.COMMAND, self.count, f"op{self.count}"))
            case 6:
                length = chance.choice([0, 1, 5, 100])
                self._call(Wanted(Kind.STREAM, length, reads=chance.random() < 0.8))
            case 10 | 11:
                self._call(Wanted(Kind.STREAM, UPLOAD + chance.choice([0, 1, 5, 100])))
            case 7 if self.waiting:
                id = chance.choice(list(self.waiting))
                del self.waiting[id]
                self.session.cancel(id)
            case 8 if self.replicas:
                key = chance.choice(list(self.replicas))
                id, _ = self.replicas.pop(key)
                del self.keys[id]
                self.session.unsubscribe([id])
            case 9:
                key = chance.randrange(KEYS)
                mark = Mark("service", "another", self.world.changes())
                number = self.session.fence((mark,), 1)
                self.fences[number] = key, self.world.version(key)
        self.pump()

    def ask(self, key: int) -> None:
        """Get a value, unless it is held or asked for; one that was asked for ahead is that."""
        if key in self.replicas or self._waits(Kind.COMPUTE, key) is not None:
            return
        ahead = self._waits(Kind.AHEAD, key)
        if ahead is not None:
            self.waiting[ahead].kind = Kind.COMPUTE
        else:
            self._call(Wanted(Kind.COMPUTE, key))

    def ask_ahead(self) -> None:
        """Ask for what comes after a value that is held."""
        if self.replicas:
            key = self.world.watching.choice(list(self.replicas))
            if self._waits(Kind.AHEAD, key) is None:
                self._call(Wanted(Kind.AHEAD, key, str(self.replicas[key][0])))

    def _waits(self, kind: Kind, key: int) -> int | None:
        ids = (id for id, each in self.waiting.items() if each.kind is kind and each.n == key)
        return next(ids, None)

    def ask_all(self) -> None:
        """Get every value, and read every stream to its end."""
        for key in range(KEYS):
            self.ask(key)
        for id, wanted in self.waiting.items():
            wanted.reads = True
            if wanted.next:
                self.session.consumed(id, wanted.next - 1)
        self.pump()

    def _call(self, wanted: Wanted) -> None:
        way = ask(wanted.kind, wanted.n)
        request = Request(way, b"", self.world.now + 1000.0, wanted.operation)
        self.waiting[self.session.call(request)] = wanted

    def _apply(self, told: Iterable[ce.ClientEvent]) -> None:
        for event in told:
            match event:
                case ce.Completed(ids, payloads, held):
                    for id, payload in zip(ids, payloads, strict=True):
                        self._completed(id, payload, held)
                case ce.Invalidated(ids, _, completed):
                    for id in ids:
                        self._invalidated(id, completed)
                case ce.Unsent(id):
                    self._unsent(id)
                case ce.Wrote(_, marks):
                    for mark in marks:
                        self.heard[mark.iid] = max(self.heard.get(mark.iid, 0), mark.number)
                case ce.Fenced(number):
                    self._fenced(number)
                case ce.ItemsReceived(id, first, payloads):
                    for index, payload in enumerate(payloads, first):
                        self._item(id, index, payload)
                case ce.Ended(id, failure):
                    wanted = self._take(id)
                    if failure is None and wanted.next != wanted.items:
                        raise Violation(f"stream {id} lost its tail (D18)")
                    if failure is not None and failure.code != "stream_lost":
                        raise Violation(f"stream {id} ended with {failure}")
                case ce.Consumed(id):
                    self._send(id)
                case ce.Gone():
                    self._gone(event)
                case ce.Failed():
                    raise Violation(f"unexpected {event}")

    def _send(self, id: int) -> None:
        """Send what goes with a call, as far as its host has credit for it."""
        wanted, flow = self.waiting[id], self.session.stream(id)
        if flow is None or flow.end is not None:
            return
        while UPLOAD + wanted.sent < wanted.n and self.session.item(id, b"%d" % wanted.sent):
            wanted.sent += 1
        if UPLOAD + wanted.sent == wanted.n:
            self.session.end(id)

    def _take(self, id: int) -> Wanted:
        if id not in self.waiting:
            raise Violation(f"call {id} was settled twice (D4)")
        return self.waiting.pop(id)

    def _completed(self, id: int, payload: bytes, held: bool) -> None:
        wanted = self._take(id)
        if held is not (wanted.kind in (Kind.COMPUTE, Kind.AHEAD)):
            raise Violation(f"call {id} is held wrongly")
        if held and wanted.n in self.replicas:  # it was asked for anew meanwhile
            self.session.unsubscribe([id])
        elif held:
            self.replicas[wanted.n] = (id, int(payload))
            self.keys[id] = wanted.n
        elif payload != b"done %d" % wanted.n:
            raise Violation(f"call {id} got another call's result")
        iid, number = self.world.wrote.get(wanted.operation, ("", 0))
        whole = self.session.statistics().damaged == 0  # else a result may be read that it was with
        if whole and iid == self.session.iid and self.heard.get(iid, 0) < number:
            raise Violation(f"what the command {wanted.operation} changed was not told (D15)")

    def _fenced(self, number: int) -> None:
        key, version = self.fences.pop(number)
        if key in self.replicas and self.replicas[key][1] < version:
            raise Violation(f"key {key} is older than what the fence {number} was for (D15)")

    def _invalidated(self, id: int, completed: bool) -> None:
        if completed:
            if id not in self.keys:
                raise Violation(f"{id} is not held, but was said to be complete (D4)")
            del self.replicas[self.keys.pop(id)]
        elif (wanted := self._take(id)).kind is not Kind.AHEAD:
            self._call(wanted)

    def _unsent(self, id: int) -> None:
        wanted = self._take(id)
        name = (self.session.iid or "", self.gen, id)
        if wanted.kind in (Kind.PLAIN, Kind.COMMAND) and name in self.world.finished:
            raise Violation(f"the finished result of {name} was forgotten (D13)")
        if wanted.sent:
            raise Violation(f"what was sent with {name} would be sent anew (D18)")
        if wanted.kind is not Kind.AHEAD:
            self._call(wanted)

    def _item(self, id: int, index: int, payload: bytes) -> None:
        wanted = self.waiting.get(id)
        if wanted is None or index != wanted.next or payload != b"%d" % index:
            raise Violation(f"stream {id} got item {index} out of turn (D18)")
        wanted.next += 1
        if wanted.reads:
            self.session.consumed(id, index)

    def _gone(self, event: ce.Gone) -> None:
        known = {*event.unsent, *event.pending}
        if known != set(self.waiting) or set(event.held) != set(self.keys):
            raise Violation(f"lost track of calls: {event}, {self.waiting}, {self.keys}")
        waiting, self.waiting = self.waiting, {}
        self.replicas.clear()
        self.keys.clear()
        self.fences.clear()
        self._open()
        for id, wanted in waiting.items():
            lost = wanted.kind is Kind.COMMAND and id in event.pending
            if not lost and wanted.kind is not Kind.AHEAD and wanted.next == wanted.sent == 0:
                self._call(wanted)
