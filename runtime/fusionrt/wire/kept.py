"""What a host said and its client has not acknowledged, by message (D2, D13)."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, TypeAlias

from .batch import result_size, results_size, size
from .frames import End, Failure, HostFrame, Invalidated, Results, Wrote
from .limits import Limits
from .marks import Marks

__all__ = ["Kept", "Word", "bytes_of", "count_of", "words_of"]

Word: TypeAlias = Results | Failure | End
"""The last word of a call, or of some, that may have to be said again."""


class Kept:
    """Kept to be said again, and to know when the client has it; the oldest results are forgotten
    where they are too many.

    bytes: how much is kept. wrote: how far calls of the client changed things, for all that it
    knows of that (D15). forgotten: the highest id of a call whose result was forgotten.
    """

    def __init__(self, limits: Limits) -> None:
        self.bytes = 0
        self.wrote = Marks()
        self._wrote_last = 0
        self.forgotten = 0
        self._count = 0
        self._limits: Final = limits
        self._words: deque[tuple[int, Word, int, int]] = deque()
        """Each with the number of its message, how many words it holds, and its bytes."""
        self._leaving: deque[tuple[int, Sequence[int]]] = deque()

    def add(self, number: int, frames: Iterable[HostFrame]) -> None:
        """The message of this number is sent."""
        for frame in frames:
            match frame:
                case Results():
                    self._keep(number, frame)
                    if not frame.kept:
                        self._leaving.append((number, frame.ids))
                case Failure(id, kept=kept):
                    self._keep(number, frame)
                    if not kept:
                        self._leaving.append((number, (id,)))
                case End(id):
                    self._keep(number, frame)
                    self._leaving.append((number, (id,)))
                case Wrote(_, marks):
                    self.wrote.add(marks)
                    self._wrote_last = number
                case Invalidated(ids):
                    self._leaving.append((number, ids))
        limits = self._limits
        while self._count > limits.kept_frames or self.bytes > limits.kept_bytes:
            self._forget()

    def acknowledged(self, last: int) -> list[Sequence[int]]:
        """The client has all messages up to this number: the ids of which it needs no more."""
        if 0 < self._wrote_last <= last:
            self.wrote.clear()
            self._wrote_last = 0
        words, leaving = self._words, self._leaving
        while words and words[0][0] <= last:
            self._drop()
        gone = []
        while leaving and leaving[0][0] <= last:
            gone.append(leaving.popleft()[1])
        return gone

    def take(self) -> Iterator[HostFrame]:
        """All that is kept, in the order in which it was said; nothing is, then."""
        while self._words:
            yield self._drop()[1]
        self._leaving.clear()

    def _keep(self, number: int, frame: Word) -> None:
        count, length = count_of(frame), bytes_of(frame)
        self._words.append((number, frame, count, length))
        self._count += count
        self.bytes += length

    def _drop(self) -> tuple[int, Word]:
        """Forget the oldest words: what they were."""
        number, frame, count, length = self._words.popleft()
        self._count -= count
        self.bytes -= length
        return number, frame

    def _forget(self) -> None:
        """Forget the oldest results, as many as are too many, of one frame at most."""
        number, frame = self._drop()
        if not isinstance(frame, Results):
            self.forgotten = max(self.forgotten, frame.id)
            return
        most, limit = self._limits.kept_frames - self._count, self._limits.kept_bytes - self.bytes
        first = max(0, len(frame.ids) - most)
        left = results_size(frame.payloads[first:])
        while left > limit and first < len(frame.ids):
            left -= result_size(len(frame.payloads[first]))
            first += 1
        self.forgotten = max(self.forgotten, *frame.ids[:first])
        if first < len(frame.ids):
            rest = Results(frame.method, frame.ids[first:], frame.payloads[first:], frame.kept)
            self._words.appendleft((number, rest, len(rest.ids), left))
            self._count += len(rest.ids)
            self.bytes += left


def words_of(frames: Iterable[HostFrame]) -> dict[int, Word]:
    """The last word of each call that these tell of; a result in a frame of its own."""
    words: dict[int, Word] = {}
    for frame in frames:
        match frame:
            case Results(method, ids, payloads, kept):
                for id, payload in zip(ids, payloads, strict=True):
                    words[id] = Results(method, (id,), (payload,), kept)
            case Failure(id) | End(id):
                words[id] = frame
    return words


def count_of(frame: Word) -> int:
    """How many last words it holds."""
    return len(frame.ids) if isinstance(frame, Results) else 1


def bytes_of(frame: Word) -> int:
    """At most so many bytes do they take, each in a frame of its own."""
    return results_size(frame.payloads) if isinstance(frame, Results) else size(frame)
