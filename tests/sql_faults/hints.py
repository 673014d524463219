"""Nudges that get lost, come twice, late or from nobody: they change latency only (O5)."""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress
from dataclasses import dataclass

from fusionrt.operations import Operation
from fusionrt.operations.nudges import Nudges, _decode, _encode, _Nudge
from fusionrt.operations.stored import StoredOperation, whole
from fusionrt.transport import Message

__all__ = ["Hints", "install"]

LATEST = 0.3
"""Seconds that a nudge is late, at most."""


@dataclass
class Hints:
    """How often which becomes of a nudge that comes, or goes."""

    lost: float = 0.0
    doubled: float = 0.0
    late: float = 0.0
    forged: float = 0.0


def install(hints: Hints, source: random.Random) -> None:
    """From now on, in this process; what is in `hints` may be changed."""
    received, tell = Nudges._received, Nudges.tell
    others: set[str] = {"nobody"}

    def receives(self: Nudges, service: str, message: Message) -> None:
        with suppress(ValueError):
            others.add(_decode(message.payload).operation.iid)
        if source.random() < hints.lost:
            return
        for _ in range(1 + (source.random() < hints.doubled)):
            if source.random() < hints.late:
                loop = asyncio.get_running_loop()
                loop.call_later(source.random() * LATEST, received, self, service, message)
            else:
                received(self, service, message)

    def tells(self: Nudges, told: StoredOperation, operation: Operation) -> None:
        tell(self, told, operation)
        for key in told.keys:
            if self.log is not None and source.random() < hints.forged:
                nudge = _forged(key.service, source.choice(sorted(others)), self.log.name, source)
                self._transport.publish(self._subjects.operations(key.service), nudge)

    setattr(Nudges, "_received", receives)  # noqa: B010 - mypy refuses to assign to a method
    setattr(Nudges, "tell", tells)  # noqa: B010


def _forged(service: str, iid: str, log: str, source: random.Random) -> bytes:
    """In the name of another host, of this log or of none, with any number; or no nudge at all."""
    if source.random() < 0.2:
        return source.randbytes(20)
    operation = StoredOperation("forged", iid, "ledger.add", whole([service]))
    number = source.choice((0, 1, 10**9))
    return _encode(_Nudge(operation, number, source.choice((log, log, log, ""))))
