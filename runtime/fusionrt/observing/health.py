"""`Health`: whether a host can do its work, and why not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from ..rpc import CallerStatistics, PeerStatistics

__all__ = ["STOPPED", "Dependency", "Health", "health_of"]


class Dependency(StrEnum):
    """How a process stands with a service that it has a client of."""

    UNUSED = "unused"
    """Nothing was asked of it yet, so no host of it was looked for."""
    OPENING = "opening"
    """A host of it is being looked for, or was lost just now and the next one is."""
    CONNECTED = "connected"
    """There is a session, and what is held by it is provably fresh."""
    SUSPENDED = "suspended"
    """There is a session, but its host was silent for longer than the lease (D6)."""
    LOST = "lost"
    """No host answered when one was looked for, and none has since."""


@dataclass(frozen=True, slots=True)
class Health:
    """What `/readyz` tells.

    starting: not everything is served yet. stopping: the host drains, or has stopped.
    broker: whether there is a connection to it. dependencies: the services that it has clients of.
    services: those that it serves.
    """

    starting: bool
    stopping: bool
    broker: bool
    dependencies: Mapping[str, Dependency]
    services: tuple[str, ...]

    @property
    def problems(self) -> tuple[str, ...]:
        """Why it is not ready; empty if it is."""
        return tuple(self._problems())

    @property
    def ready(self) -> bool:
        """Whether calls may be sent here."""
        return not self.problems

    def _problems(self) -> Iterator[str]:
        if self.starting:
            yield "the application is starting"
        if self.stopping:
            yield "the host is stopping"
        if not (self.broker or self.starting or self.stopping):
            yield "the connection to the broker is lost"
        for service, state in self.dependencies.items():
            if state is Dependency.SUSPENDED:
                yield f"the host of {service} is silent"
            elif state is Dependency.LOST:
                yield f"no host serves {service}"


STOPPED: Final = Health(starting=False, stopping=True, broker=False, dependencies={}, services=())
"""Of a host that does not run."""


def health_of(caller: CallerStatistics, services: tuple[str, ...]) -> Health:
    """How a running host is, for all that it knows of itself."""
    dependencies = {service: _dependency(peer) for service, peer in caller.peers.items()}
    return Health(False, False, not caller.lost_broker, dependencies, services)


def _dependency(peer: PeerStatistics) -> Dependency:
    if peer.is_lost:
        return Dependency.LOST
    staying = [session for session in peer.sessions if not session.leaving]
    if not staying:
        return Dependency.OPENING if peer.sessions else Dependency.UNUSED
    if any(session.live for session in staying):
        return Dependency.CONNECTED
    opened = any(session.host is not None for session in staying)
    return Dependency.SUSPENDED if opened else Dependency.OPENING
