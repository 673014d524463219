"""What a client still has to say to its host."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from .batch import chunks
from .calls import Calls, Phase, Request
from .frames import Call, Cancel, ClientFrame, Reading, Resync, Unsubscribe

__all__ = ["ClientOutbox"]

_LONGEST = 2**32 - 1  # milliseconds


class ClientOutbox:
    """Calls, cancellations and unsubscriptions in the order in which they were made."""

    def __init__(self, calls: Calls, ids: int) -> None:
        self._calls: Final = calls
        self._ids: Final = ids
        self._queue: list[tuple[int, Request] | Cancel | Unsubscribe] = []

    def call(self, id: int, request: Request) -> None:
        """Queue a call."""
        self._queue.append((id, request))

    def cancel(self, id: int) -> None:
        """Abandon a call; one that was not sent yet leaves no trace."""
        if self._calls.abandon(id) in (Phase.SENT, Phase.HELD):
            self._queue.append(Cancel(id))

    def unsubscribe(self, ids: Iterable[int]) -> None:
        """Abandon held results."""
        told = [id for id in ids if self._calls.abandon(id) in (Phase.SENT, Phase.HELD)]
        if told:
            self._queue.extend(Unsubscribe(part) for part, _ in chunks(told, self._ids))

    def drain(self, now: float) -> list[ClientFrame]:
        """All of it, and the credit of streams; it counts as said from here on."""
        frames: list[ClientFrame] = []
        for entry in self._queue:
            match entry:
                case (id, request):
                    if self._calls.phase(id) is not None:
                        frames.append(_call_frame(id, request, now))
                        self._calls.sent(id)
                case Cancel():
                    frames.append(entry)
                    self._calls.parted((entry.id,))
                case Unsubscribe():
                    frames.append(entry)
                    self._calls.parted(entry.ids)
        self._queue.clear()
        frames.extend(self._calls.credits())
        return frames

    def resync(self, number: int) -> list[ClientFrame]:
        """All that the client believes in; the lists also say what it abandoned."""
        self._queue = [entry for entry in self._queue if isinstance(entry, tuple)]
        held, pending, streams = self._calls.listed()
        parts: list[tuple[Sequence[int], Sequence[int], Sequence[Reading]]] = []
        if len(held) + len(pending) + len(streams) <= self._ids:
            parts.append((held, pending, streams))
        else:
            parts.extend((part, (), ()) for part, _ in chunks(held, self._ids))
            parts.extend(((), part, ()) for part, _ in chunks(pending, self._ids) if part)
            parts.extend(((), (), part) for part, _ in chunks(streams, self._ids) if part)
        last = len(parts) - 1
        return [
            Resync(number, index, index == last, tuple(held), tuple(pending), tuple(streams))
            for index, (held, pending, streams) in enumerate(parts)
        ]


def _call_frame(id: int, request: Request, now: float) -> Call:
    """The frame of a call that is sent now."""
    budget = min(max(0.0, (request.deadline - now) * 1000.0), _LONGEST)
    return Call(
        id,
        request.kind,
        request.method,
        request.arguments,
        request.encoding,
        int(budget),
        request.operation,
        request.hops,
    )
