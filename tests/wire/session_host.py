"""A host process of the simulated world."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING

from fusionrt.errors import WireError
from fusionrt.wire import host_events as he
from fusionrt.wire.admission import Admission
from fusionrt.wire.envelopes import decode_client_envelope
from fusionrt.wire.frames import Kind, Mark
from fusionrt.wire.host import HostSession
from fusionrt.wire.limits import Timing
from fusionrt.wire.states import HostState

from .session_violation import UPLOAD, Violation

if TYPE_CHECKING:
    from .session_world import World


@dataclass
class Body:
    """A call that a host runs."""

    key: int | None = None
    items: int = 0
    sent: int = 0
    awaited: int = 0
    read: int = 0


class Host:
    """A host process: its sessions, and what it runs for them."""

    def __init__(self, world: World, iid: str) -> None:
        self.world = world
        self.iid = iid
        self.sessions: dict[tuple[str, int], HostSession] = {}
        key = world.random.randbytes(32)
        self.admission = Admission(iid, key, lambda _: True, world.now, Timing())
        self.running: dict[tuple[int, int], Body] = {}
        self.kept: dict[tuple[int, int], int] = {}
        self.parked: dict[tuple[int, int], list[tuple[int, int]]] = {}
        """By a kept result, calls that come after it, each with its key."""
        self.operations: dict[str, str] = {}
        self.connected = True
        self.alive = True
        self.frozen = False
        self.inbox: list[Callable[[], None]] = []
        world.after(0.5, self.expire)

    # Troubles.

    def crash(self) -> None:
        """Everything is lost, and nobody is told."""
        self.alive = self.connected = False
        self.world.hosts.remove(self)

    def freeze(self) -> None:
        """Stopped, but for the socket's buffers."""
        self.frozen = True

    def thaw(self) -> None:
        """Go on, with what came meanwhile."""
        if self.frozen and self.alive:
            self.frozen = False
            inbox, self.inbox = self.inbox, []
            for action in inbox:
                action()

    def reconnect(self) -> None:
        """The connection is back (D10)."""
        self.connected = self.alive
        self._when_awake(self._announce)

    def _announce(self) -> None:
        for session in self.sessions.values():
            session.announce()
        self._flush()

    def _when_awake(self, action: Callable[[], None]) -> None:
        if self.alive and self.frozen:
            self.inbox.append(action)
        elif self.alive:
            action()

    # Messages.

    def receive(self, data: bytes) -> None:
        """A message came, unless the host is cut off."""
        if self.connected:
            self._when_awake(lambda: self._receive(data))

    def _receive(self, data: bytes) -> None:
        try:
            envelope = decode_client_envelope(data)
        except WireError:
            return
        now = self.world.now
        session = self.sessions.get((envelope.cid, envelope.gen))
        if session is None or not session.proven(envelope):
            answer = self.admission.greet(envelope, now)
            if answer is not None:
                if answer:
                    self._publish(answer)
                return
            session = self.world.session_type(
                iid=self.iid,
                cid=envelope.cid,
                principal=envelope.principal,
                gen=envelope.gen,
                proof=envelope.proof,
                now=now,
                limits=self.world.limits,
            )
            self.admission.opened(envelope, now)
            self.sessions[envelope.cid, envelope.gen] = session
        for event in session.receive(envelope, now):
            self._act(session, event)
        self.pump()

    def pump(self) -> None:
        """Send what there is to send: at once, or together with what comes within a tick."""
        if self.world.random.random() < 0.6:
            self._flush()
        else:
            self.world.after(0.01, lambda: self._when_awake(self._flush))

    def _flush(self) -> None:
        for session in self.sessions.values():
            for data in session.outgoing():
                self._publish(data)

    def _publish(self, data: bytes) -> None:
        if self.connected and self.world.client.connected:
            self.world.send(self.iid, "client", data, self.world.client.receive)

    def expire(self) -> None:
        """Drop the sessions of clients that are silent (D17)."""
        if not self.alive:
            return
        self.world.after(0.5, self.expire)
        if self.frozen:
            return
        for session in list(self.sessions.values()):
            if session.expired(self.world.now):
                self._act(session, session.close("expired"))

    # Work.

    def _act(self, session: HostSession, event: he.HostEvent) -> None:
        gen = session.gen
        client = self.world.client
        match event:
            case he.CallsReceived(calls):
                for id, operation in zip_longest(calls.ids, calls.operations, fillvalue=""):
                    name = (self.iid, gen, int(id))
                    self.world.ran[name] = self.world.ran.get(name, 0) + 1
                    if self.world.ran[name] > 1:
                        raise Violation(f"{name} ran twice (D13)")
                    self._start(session, int(id), calls.kind, calls.method, operation)
            case he.CallCancelled(id):
                if client.wants(gen, id):
                    raise Violation(f"call {id} was cancelled behind its caller's back (D19)")
                self.running.pop((gen, id), None)
            case he.Unsubscribed(ids):
                for id in ids:
                    if client.wants(gen, id):
                        raise Violation(f"result {id} was dropped while it is held (D3)")
                    self.kept.pop((gen, id), None)
                    self._begin(session, id)
            case he.Consumed(id):
                self._stream(session, id)
            case he.ItemsReceived(id, first, payloads):
                self._read(session, id, first, payloads)
            case he.Ended(id, failure):
                body = self.running[gen, id]
                if failure is not None or body.awaited != body.read:
                    raise Violation(f"what was sent with {id} lost its tail (D18)")
                body.items = 1
                self._stream(session, id)
            case he.KeepAliveReceived():
                session.acknowledge(event)
            case he.FenceReceived(number):
                self.world.after(
                    self.world.random.choice([0.0, 0.02, 0.5]),
                    lambda: self._when_awake(lambda: self._pass(session, number)),
                )
            case he.Closed(_, running, held):
                for id in running:
                    self.running.pop((gen, id), None)
                for id in held:
                    self.kept.pop((gen, id), None)
                    self.parked.pop((gen, id), None)
                if any(known[0] == gen for known in [*self.running, *self.kept]):
                    raise Violation(f"{self.iid} still works for a closed session (D17)")
                for data in session.outgoing():
                    self._publish(data)
                del self.sessions[session.cid, gen]

    def _start(self, session: HostSession, id: int, kind: Kind, n: int, operation: str) -> None:
        body = self.running[session.gen, id] = Body()
        if kind is Kind.STREAM:
            if n >= UPLOAD:
                body.awaited = n - UPLOAD
                session.want(id)
            else:
                body.items = n
                self._stream(session, id)
            return
        if kind is Kind.AHEAD:
            self.parked.setdefault((session.gen, int(operation)), []).append((id, n))
            if (session.gen, int(operation)) not in self.kept:
                self._begin(session, int(operation))
            return
        if kind is Kind.COMPUTE:
            body.key = n
        if kind is Kind.COMMAND and operation in self.operations:
            self._finish(session, id, kind, n, operation, 0)  # a retry gets the first result
            return
        version = self.world.version(n) if kind is Kind.COMPUTE else 0
        self.operations.setdefault(operation, f"done {n}")
        seconds = self.world.random.choice([0.0, 0.02, 0.5, 3.0])
        if seconds == 0.0:
            self._finish(session, id, kind, n, operation, version)
        else:
            self.world.after(
                seconds,
                lambda: self._when_awake(
                    lambda: self._finish(session, id, kind, n, operation, version)
                ),
            )

    def _begin(self, session: HostSession, of: int) -> None:
        """A result has ended: what comes after it begins, if it is wanted still."""
        for id, n in self.parked.pop((session.gen, of), ()):
            if (session.gen, id) in self.running:
                session.begin((id,))
                self._start(session, id, Kind.COMPUTE, n, "")

    def _finish(
        self, session: HostSession, id: int, kind: Kind, n: int, operation: str, version: int
    ) -> None:
        body = self.running.pop((session.gen, id), None)
        if body is None:
            return
        self.world.finished.add((self.iid, session.gen, id))
        if kind is Kind.COMPUTE:
            if session.result(id, b"%d" % version, keep=True):
                self.kept[session.gen, id] = n
        elif kind is Kind.COMMAND:
            iid, count = self.world.wrote.setdefault(operation, (self.iid, len(self.world.wrote)))
            if iid == self.iid:
                session.wrote((id,), (Mark("service", iid, count),))
            session.result(id, self.operations[operation].encode())
        else:
            session.result(id, b"done %d" % n)
        self.pump()

    def _pass(self, session: HostSession, number: int) -> None:
        if session.state is not HostState.CLOSED:
            session.passed(number)
            self.pump()

    def _stream(self, session: HostSession, id: int) -> None:
        body = self.running.get((session.gen, id))
        if body is None:
            return
        while body.sent < body.items and session.credit(id) > 0:
            session.item(id, b"%d" % body.sent)
            body.sent += 1
        if body.sent == body.items and body.read == body.awaited:
            del self.running[session.gen, id]
            session.end(id)

    def _read(self, session: HostSession, id: int, first: int, payloads: tuple[bytes, ...]) -> None:
        body = self.running[session.gen, id]
        if first != body.read or [*payloads] != [
            b"%d" % n for n in range(first, first + len(payloads))
        ]:
            raise Violation(f"what was sent with {id} came out of turn (D18)")
        body.read += len(payloads)
        index = body.read - 1

        def consume() -> None:
            if (session.gen, id) in self.running:
                session.consumed(id, index)
                self.pump()

        seconds = self.world.random.choice([0.0, 0.0, 0.3])
        if seconds:
            self.world.after(seconds, lambda: self._when_awake(consume))
        else:
            session.consumed(id, index)

    def written(self, key: int) -> None:
        """A value changed: whatever was made from it is stale."""
        self._when_awake(lambda: self._written(key))

    def _written(self, key: int) -> None:
        for gen, id in [name for name, body in self.running.items() if body.key == key]:
            del self.running[gen, id]
            self._invalidate(gen, id)
        for gen, id in [name for name, kept in self.kept.items() if kept == key]:
            del self.kept[gen, id]
            self._invalidate(gen, id)
        self.pump()

    def _invalidate(self, gen: int, id: int) -> None:
        session = next(session for session in self.sessions.values() if session.gen == gen)
        session.invalidated(id, "written")
        self._begin(session, id)
