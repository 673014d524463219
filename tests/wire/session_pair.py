"""One client session and one host session, and the messages between them one by one."""

from __future__ import annotations

import math
from functools import cache

from fusionrt.wire import client_events as ce
from fusionrt.wire import host_events as he
from fusionrt.wire.admission import Admission
from fusionrt.wire.client import ClientSession
from fusionrt.wire.envelopes import (
    BadCalls,
    ClientEnvelope,
    HostEnvelope,
    decode_client_envelope,
    decode_host_envelope,
)
from fusionrt.wire.frames import ClientFrame, HostFrame, Kind
from fusionrt.wire.host import HostSession
from fusionrt.wire.limits import Limits, Timing
from fusionrt.wire.proofs import Prover
from fusionrt.wire.runs import Ask, Request

__all__ = ["KEY", "Pair", "ask", "plain"]

KEY = bytes(32)


@cache
def ask(kind: Kind, method: int = 7, timeout: float = math.inf) -> Ask:
    """What calls have in common; for the same, the same."""
    return Ask(kind, method, timeout=timeout)


def plain(
    kind: Kind = Kind.PLAIN, arguments: bytes = b"", deadline: float = 1000.0, operation: str = ""
) -> Request:
    """A call of some method."""
    return Request(ask(kind), arguments, deadline, operation)


class Pair:
    """Both ends, at time `now`; nothing travels unless a test says so."""

    def __init__(
        self,
        limits: Limits = Limits(),  # noqa: B008 - frozen
        open: bool = True,
        iid: str = "h1",
    ) -> None:
        self.now = 100.0
        self.client = ClientSession(cid="c1", principal="p1", gen=42, now=self.now, limits=limits)
        self.admission = Admission(iid, KEY, lambda _: True, self.now, Timing())
        self.proof = Prover(KEY, self.now).proof("c1", "p1", 42, self.now)
        self.host = HostSession(
            iid=iid,
            cid="c1",
            principal="p1",
            gen=42,
            proof=self.proof,
            now=self.now,
            limits=limits,
        )
        self._welcomes: list[bytes] = []
        if open:
            self.exchange()
            self.client.events()

    def from_client(self) -> list[ClientEnvelope]:
        """What the client sends now."""
        return [decode_client_envelope(data) for _, data in self.client.outgoing(self.now)]

    def from_host(self) -> list[HostEnvelope]:
        """What the host sends now."""
        welcomes, self._welcomes = self._welcomes, []
        return [decode_host_envelope(data) for data in (*welcomes, *self.host.outgoing())]

    def to_host(self) -> list[he.HostEvent]:
        """Carry what the client says to the host."""
        told: list[he.HostEvent] = []
        for envelope in self.from_client():
            if self.host.proven(envelope):
                told.extend(self.host.receive(envelope, self.now))
            elif answer := self.admission.greet(envelope, self.now):
                self._welcomes.append(answer)
        return told

    def to_client(self) -> list[ce.ClientEvent]:
        """Carry what the host says to the client."""
        for envelope in self.from_host():
            self.client.receive(envelope, self.now)
        return self.client.events()

    def exchange(self) -> list[ce.ClientEvent]:
        """Carry everything both ways; keep-alives are acknowledged."""
        told: list[ce.ClientEvent] = []
        for _ in range(3):
            for event in self.to_host():
                if isinstance(event, he.KeepAliveReceived):
                    self.host.acknowledge(event)
            told.extend(self.to_client())
        return told

    def wait(self, seconds: float) -> None:
        """Let time go by."""
        self.now += seconds
        self.client.tick(self.now)

    def say(self, number: int, *frames: HostFrame, damaged: int = 0) -> list[ce.ClientEvent]:
        """A message that the host did not send itself."""
        envelope = HostEnvelope("h1", 42, number, frames, damaged, self.proof)
        self.client.receive(envelope, self.now)
        return self.client.events()

    def compute(self, payload: bytes = b"v") -> int:
        """A compute call with its result here and registered there."""
        id = self.client.call(plain(Kind.COMPUTE))
        self.to_host()
        self.host.result(id, payload, keep=True)
        assert ce.Completed((id,), (payload,), True) in self.to_client()
        return id

    def stranger(self) -> bytes | None:
        """How a host without this session answers what the client says now."""
        (envelope,) = self.from_client()
        return self.admission.greet(envelope, self.now)

    def said(self, last: int, *frames: ClientFrame | BadCalls) -> ClientEnvelope:
        """A message that the client did not send itself."""
        return ClientEnvelope("c1", "p1", 42, last, frames, 0, self.proof)
