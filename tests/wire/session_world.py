"""A small world for the session protocol: hosts, one client, a bad network, virtual time.

Everything is drawn from one seed. The world checks the laws as it goes (`Violation`); the client
here is the simplest room above that a session could have, and the hosts are simple, too.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from fusionrt.wire.client import ClientSession
from fusionrt.wire.frames import Kind
from fusionrt.wire.host import HostSession
from fusionrt.wire.limits import Limits

from .session_client import Client
from .session_host import Host
from .session_violation import KEYS, Violation

MOST_EVENTS = 10_000


@dataclass(frozen=True)
class Faults:
    """Chances, per message or per second, and how long the bad times last."""

    loss: float = 0.04
    repeat: float = 0.03
    damage: float = 0.01
    slow: float = 0.02
    troubles: float = 0.25
    duration: float = 20.0


class World:
    """Virtual time, the truth, and the network."""

    def __init__(
        self,
        seed: int,
        faults: Faults = Faults(),
        client: type[ClientSession] = ClientSession,
        session: type[HostSession] = HostSession,
    ) -> None:
        self.random = random.Random(seed)
        self.watching = random.Random(f"watching {seed}")
        self.now = 100.0
        self.faults = faults
        self.end = self.now + faults.duration
        # Half of the worlds cut everything into small messages and parts.
        small = Limits(batch_bytes=200, ids=5, window=64, window_bytes=50, items=7)
        self.limits = small if self.random.random() < 0.5 else Limits(window=64)
        self.client_type = client
        self.session_type = session
        self.written = [[self.now - 1000.0] for _ in range(KEYS)]
        self.ran: dict[tuple[str, int, int], int] = {}
        self.finished: set[tuple[str, int, int]] = set()
        self.operations: dict[str, str] = {}
        self.wrote: dict[str, tuple[str, int]] = {}
        """Which host ran an operation, as its how-many-th."""
        self.hosts: list[Host] = []
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._count = 0
        self._free: dict[tuple[str, str], float] = {}
        self.start_host()
        if self.random.random() < 0.5:
            self.start_host()
        self.client = Client(self)
        self.client.pump()

    @property
    def bad(self) -> bool:
        """Whether faults still happen."""
        return self.now < self.end

    def after(self, seconds: float, action: Callable[[], None]) -> None:
        """Do something later."""
        self._count += 1
        heapq.heappush(self._due, (self.now + seconds, self._count, action))

    def run(self) -> None:
        """The bad times, then peace; liveness is checked at the end."""
        self.after(0.1, self._load)
        self.after(1.0, self._trouble)
        self.run_until(self.end)
        self.heal()
        self.run_until(self.end + 18.0)
        self.client.ask_all()
        self.run_until(self.end + 26.0)
        self.check_peace()

    def run_until(self, time: float) -> None:
        """Let things happen."""
        while self._due and self._due[0][0] <= time:
            self.now, number, action = heapq.heappop(self._due)
            if number > MOST_EVENTS:
                raise Violation("a storm: the two ends keep each other busy")
            action()
        self.now = time

    # The network.

    def send(self, source: str, target: str, data: bytes, take: Callable[[bytes], None]) -> None:
        """Carry a message: first in first out on each link, if it arrives at all."""
        if not self.bad:
            self._carry(source, target, data, take, 0.005)
            return
        chance = self.random.random
        if chance() < self.faults.loss:
            return
        if chance() < self.faults.damage:
            data = self._damaged(data)
        delay = 0.002 + 0.02 * chance()
        if chance() < self.faults.slow:
            delay = 1.5 * chance()
        self._carry(source, target, data, take, delay)
        if chance() < self.faults.repeat:
            again = max(self._free[source, target] - self.now, 0.0) + 2.0 * chance() ** 3
            self.after(again, lambda: take(data))

    def _carry(
        self, source: str, target: str, data: bytes, take: Callable[[bytes], None], delay: float
    ) -> None:
        at = max(self._free.get((source, target), 0.0), self.now + delay)
        self._free[source, target] = at
        self.after(at - self.now, lambda: take(data))

    def _damaged(self, data: bytes) -> bytes:
        if self.random.random() < 0.5:
            return data[: self.random.randrange(len(data))]
        envelope: Any = msgspec.msgpack.decode(data)
        if frames := envelope[-2]:
            frames[self.random.randrange(len(frames))] = [99, 0]
        return msgspec.msgpack.encode(envelope)

    def to_instance(self, iid: str, data: bytes) -> None:
        """From the client to one host; a broker says if nobody listens there."""
        host = next((host for host in self.hosts if host.iid == iid), None)
        if not self.client.connected:
            return
        if host is None or not host.connected:
            self._answer(lambda: self.client.session.no_responders(self.now))
        else:
            self.send("client", iid, data, host.receive)

    def to_queue(self, data: bytes) -> None:
        """From the client to any host."""
        listening = [host for host in self.hosts if host.connected]
        if not self.client.connected:
            return
        if not listening:
            self._answer(lambda: self.client.session.no_host(self.now))
        else:
            host = self.random.choice(listening)
            self.send("client", "q" + host.iid, data, host.receive)

    def _answer(self, action: Callable[[], None]) -> None:
        session = self.client.session

        def told() -> None:
            if self.client.session is session and self.client.connected:
                action()
                self.client.pump()

        self.after(0.003, told)

    # The truth.

    def write(self, key: int) -> None:
        """Change a value; every host that is awake invalidates what it made from it."""
        self.written[key].append(self.now)
        for host in self.hosts:
            host.written(key)

    def version(self, key: int) -> int:
        """The number of the newest value."""
        return len(self.written[key]) - 1

    def changes(self) -> int:
        """How often anything was changed: such numbers rise with what happens (D15)."""
        return sum(len(times) for times in self.written)

    def stale_for(self, key: int, version: int) -> float:
        """How long ago a value was overwritten; 0 if it is the newest."""
        times = self.written[key]
        return self.now - times[version + 1] if version + 1 < len(times) else 0.0

    # What happens.

    def _load(self) -> None:
        if not self.bad:
            return
        self.client.do_something()
        if self.random.random() < 0.3:
            self.write(self.random.randrange(KEYS))
        self.after(self.random.expovariate(3.0), self._load)

    def _trouble(self) -> None:
        if not self.bad:
            return
        self.after(1.0, self._trouble)
        if self.random.random() > self.faults.troubles:
            return
        host = self.random.choice(self.hosts) if self.hosts else None
        for_long = self.random.choice([0.1, 1.0, 4.0, 8.0, 12.0])
        match self.random.randrange(7):
            case 0 if host is not None:
                host.crash()
                self.after(self.random.choice([0.2, 2.0, 5.0]), self.start_host)
            case 1 if host is not None:
                host.freeze()
                self.after(for_long, host.thaw)
            case 2 if host is not None:
                host.connected = False
                self.after(for_long, host.reconnect)
            case 3:
                self.client.connected = False
                self.after(for_long, self.client.reconnect)
            case 4:
                self.client.freeze()
                self.after(for_long, self.client.thaw)
            case 5:
                self.client.session.gap(self.now)
                self.client.pump()
            case _:
                self.start_host()

    def start_host(self) -> None:
        """One more host, unless there are two."""
        if len(self.hosts) < 2:
            self.hosts.append(Host(self, f"host{self._count}-{len(self.ran)}"))

    def heal(self) -> None:
        """End all troubles."""
        if not self.hosts:
            self.start_host()
        for host in self.hosts:
            host.thaw()
            if not host.connected:
                host.reconnect()
        self.client.thaw()
        if not self.client.connected:
            self.client.reconnect()

    def check_peace(self) -> None:
        """Some time after the last fault all is well, and nothing is left over (D17)."""
        client = self.client
        if not client.session.live(self.now):
            raise Violation(f"not live in peace: {client.session.state}")
        if client.fences:
            raise Violation(f"fences were never answered in peace (D15): {client.fences}")
        waiting = [each for each in client.waiting.values() if each.kind is not Kind.AHEAD]
        if waiting:
            raise Violation(f"never settled: {waiting}")
        for key in range(KEYS):
            held = client.replicas.get(key)
            if held is None:
                raise Violation(f"key {key} is not held")
            if held[1] != self.version(key):
                raise Violation(f"key {key} is stale in peace (D2)")
        left = [s for host in self.hosts for s in host.sessions.values()]
        registered = [session.statistics().registered for session in left]
        mine = client.session.statistics().registered
        if registered != [mine]:
            raise Violation(f"leaked registrations (D17): {registered}, the client has {mine}")
