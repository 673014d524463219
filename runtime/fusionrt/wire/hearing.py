"""What a client does with the numbered messages of its host (D1, D2, D5, D11, D12)."""

from __future__ import annotations

from typing import Final

from . import client_events as events
from .calls import CallTable
from .envelopes import HostEnvelope
from .fences import AskedFences
from .frames import (
    Acknowledged,
    Again,
    Cancel,
    Credit,
    End,
    Failure,
    Farewell,
    Fenced,
    HostFrame,
    Invalidated,
    Items,
    Results,
    Resynced,
    Sources,
    Welcome,
    Wrote,
)
from .lease import Lease
from .sequence import Sequence, Verdict
from .states import ClientInput, ClientState, Machine

__all__ = ["Hearing", "Upstream"]


class Hearing:
    """Acts on messages in sequence, and asks for a resync where that is broken.

    repeated, skipped, resyncs: counts since the session began.
    """

    def __init__(
        self,
        told: list[events.ClientEvent],
        calls: CallTable,
        fences: AskedFences,
        lease: Lease,
        machine: Machine[ClientState, ClientInput],
    ) -> None:
        self.sequence = Sequence(machine)
        self.upstream = Upstream()
        self.repeated = 0
        self.skipped = 0
        self.resyncs = 0
        self._told: Final = told
        self._calls: Final = calls
        self._fences: Final = fences
        self._lease: Final = lease

    def hear(self, envelope: HostEnvelope, now: float) -> None:
        """Act on the next message of the sequence only (D1)."""
        match self.sequence.judge(envelope):
            case Verdict.NEXT:
                complete = envelope.damaged == 0
                for frame in envelope.frames:
                    complete = self._apply(frame, now) and complete
                if complete:
                    self.sequence.last = envelope.number
                else:  # unacknowledged, so that the host keeps what did not decode
                    self.resync(now)
            case Verdict.REPEATED:
                self.repeated += 1
            case Verdict.SKIPPED:
                self.skipped += 1
            case Verdict.GAP:
                self.skipped += 1
                self.resync(now)

    def resync(self, now: float) -> None:
        """Believe nothing until the host has compared notes; only answers from now on count."""
        if self.sequence.following:
            self.resyncs += 1
        self.sequence.lost(self._lease.number + 1)
        self.upstream.reset()
        self._lease.probe_due = now

    def _apply(self, frame: HostFrame, now: float) -> bool:
        """Act on a frame; false if something before it is missing."""
        match frame:
            case Results():
                return self._calls.completed(frame, now)
            case Invalidated(ids, reason):
                self._calls.invalidated(ids, reason)
            case Items():
                return self._calls.items(frame)
            case End():
                return self._calls.ended(frame)
            case Failure():
                self._calls.failed(frame, now)
            case Acknowledged():
                self._acknowledged(frame, now)
            case Resynced():
                self._resynced(frame)
            case Welcome():
                if self._lease.lapsed(now) and not self.sequence.resyncing:
                    self.resync(now)
            case Credit() | Again() | Cancel():
                self._calls.upload(frame)
            case Farewell():
                self._told.append(events.Draining())
            case Wrote(ids, marks):
                self._told.append(events.Wrote(ids, marks))
            case Fenced(number, proven):
                if self._fences.answered(number):
                    self._told.append(events.Fenced(number, proven))
            case Sources(services):
                self._told.append(events.Sources(services))
        return True

    def _acknowledged(self, frame: Acknowledged, now: float) -> None:
        if not frame.agrees:
            self.resync(now)
            return
        news = self.upstream.told(frame)
        if news is not None:
            self._told.append(news)
        if frame.last and not self.sequence.resyncing:
            self._lease.answered(frame.number)

    def _resynced(self, frame: Resynced) -> None:
        """It proves nothing by itself: the acknowledgement that follows says what the host cannot
        vouch for (D6c).
        """
        self._calls.gone(frame.gone, frame.forgotten)
        if frame.last:
            self.sequence.restored()


class Upstream:
    """The ids that were suspended on the host when it acknowledged last (D6c)."""

    __slots__ = ("_coming", "suspended")

    def __init__(self) -> None:
        self.suspended: frozenset[int] = frozenset()
        self._coming: list[int] = []

    def reset(self) -> None:
        """Forget the parts of a list that will not be completed."""
        self._coming.clear()

    def told(self, frame: Acknowledged) -> events.Upstream | None:
        """Take a part of the list; what has changed, once it is complete."""
        self._coming.extend(frame.suspended)
        if not frame.last:
            return None
        before, self.suspended = self.suspended, frozenset(self._coming)
        self._coming.clear()
        if before == self.suspended:
            return None
        return events.Upstream(self.suspended - before, before - self.suspended)
