"""What a host, a client, a replica cost, by what was measured; and what follows for more of them.

Costs are straight lines through what was measured: a thing has a price, whatever else there is. So
it is from 1,000 to 10,000 clients; beyond, it has to be believed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from statistics import median

from .results import COMMANDS, Point

__all__ = ["PERIOD", "SHARE", "Model", "model_of"]

PERIOD = 2.0
"""Seconds between keep-alives."""
SHARE = 0.5
"""Of a core that a host may spend on keep-alives, so that something is left for its work."""


@dataclass(frozen=True)
class Model:
    """Seconds of a processor, and bytes, of a host unless something else is said.

    beat: a keep-alive. join: a client that comes. register: a replica that a client reads.
    told, told_replica: an invalidation's message to a client, and each replica in it.
    operation: a command that another host ran.
    """

    beat: float
    beat_broker: float
    beat_client: float
    join: float
    register: float
    told: float
    told_replica: float
    told_broker: float
    command: float
    operation: float
    bytes_client: float
    bytes_replica: float
    bytes_client_there: float
    bytes_replica_there: float

    def busy(self, clients: float, hosts: float) -> float:
        """The share of a core that keep-alives take on each host."""
        return clients / hosts / PERIOD * self.beat

    def memory(self, clients: float, replicas: float, hosts: float) -> float:
        """The bytes that sessions and registrations take on each host."""
        return (clients * self.bytes_client + replicas * self.bytes_replica) / hosts

    def clients_of_a_host(self) -> float:
        """Where keep-alives take the share that they may take: the knee."""
        return SHARE * PERIOD / self.beat

    def clients_of_a_broker(self) -> float:
        """The same of one core of a broker."""
        return SHARE * PERIOD / self.beat_broker

    def tell(self, replicas: float, each: float, hosts: float) -> float:
        """The seconds in which hosts tell of one invalidation, where a client has so many."""
        return replicas / hosts * (self.told / each + self.told_replica)

    def pass_on(self, replicas: float, each: float, cores: float = 1.0) -> float:
        """The seconds that a broker takes for it, on so many cores."""
        return replicas / each * self.told_broker / cores

    def knee(self, each: float) -> float:
        """Hosts beyond which a broker's core takes longer than they do."""
        return self.tell(1.0, each, 1.0) / self.pass_on(1.0, each)

    def commands(self) -> float:
        """A second, of all hosts together, that take the same share of a core of each."""
        return SHARE / self.operation


def model_of(points: Iterable[Point]) -> Model:
    """By the runs with most clients, where there is a choice."""
    by_name = {str(point.plan): point for point in points}
    many = by_name["10000x1x1"]
    dense = by_name["10000x1x10"]
    assert dense.register is not None
    clients, registered = many.plan.clients, dense.plan.clients * (dense.plan.keys - 1)
    told, told_replica = _line(many, dense, lambda point: point.median_told("host"))
    few = {hosts: by_name[f"10x{hosts}x1"].commands for hosts in (1, 2, 4)}
    one, four = few[1], few[4]
    assert one is not None
    assert four is not None
    return Model(
        beat=many.idle.host / many.beats,
        beat_broker=many.idle.broker / many.beats,
        beat_client=many.idle.crowd / many.beats,
        join=_beside(many) / clients,
        register=median(spent.host for spent in dense.read) / dense.plan.replicas,
        told=told,
        told_replica=told_replica,
        told_broker=many.median_told("broker") / clients,
        command=one.host / COMMANDS,
        operation=(four.host - one.host) / 3 / COMMANDS,
        bytes_client=many.join.host_bytes / clients,
        bytes_replica=dense.register.host_bytes / registered,
        bytes_client_there=many.join.crowd_bytes / clients,
        bytes_replica_there=dense.register.crowd_bytes / registered,
    )


def _beside(point: Point) -> float:
    """Of joining, without the keep-alives of those that had joined: half of all on the average."""
    kept_alive = point.idle.host / point.idle.seconds * point.join.seconds / 2
    return point.join.host - kept_alive


def _line(few: Point, many: Point, what: Callable[[Point], float]) -> tuple[float, float]:
    """The price of a client, and of each of its replicas."""
    clients = few.plan.clients
    a, b = what(few) / clients, what(many) / clients
    each = (b - a) / (many.plan.keys - few.plan.keys)
    return a - each * few.plan.keys, each
