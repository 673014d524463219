"""How a process is tied to others: its transport, and what speaks over that."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from ..rpc import Caller, Loose, Outlet
from ..transport import Listener, Transport
from ..wire.packing import Packing
from .settings import Settings

__all__ = ["Wires"]

_log = logging.getLogger("fusionrt")


class _News(Listener):
    """Tells the log of losses, which cost freshness and nothing else."""

    def disconnected(self, broker: str) -> None:
        _log.warning("the connection to the broker %s is lost; looking for it again", broker)

    def reconnected(self) -> None:
        _log.warning("the connection to the broker is back")


@dataclass(frozen=True, slots=True)
class Wires:
    """caller: of its clients. outlet: of its services. loose: what each of them has to tell
    anybody. packing: None where nothing is made smaller.
    """

    transport: Transport
    caller: Caller
    outlet: Outlet
    loose: Loose
    packing: Packing | None

    @classmethod
    def over(cls, transport: Transport, settings: Settings) -> Wires:
        """Nothing is said yet; the log is told of losses from now on."""
        loose = Loose()
        packing = Packing(transport.max_payload) if settings.compress else None
        caller = Caller(
            transport,
            subjects=settings.subjects,
            principal=settings.principal,
            timing=settings.timing,
            outage_grace=settings.outage_grace,
            loose=loose,
            packing=packing,
        )
        transport.add_listener(_News())
        return cls(transport, caller, Outlet(transport, loose), loose, packing)
