"""What a host still has to say to one client, and the messages that it becomes (D1, D4, D10)."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from .admission import rejection
from .batch import batches, merged, overhead, results_frames
from .envelopes import encode_host_envelope
from .frames import HostFrame, Invalidated, Results
from .kept import Kept
from .limits import Limits

__all__ = ["HostOutbox"]

_LONGEST_REASON: Final = 500  # characters


class HostOutbox:
    """Frames in order; neighbours that can be told together become one frame.

    number: of the last message (D1).
    largest: the most bytes that a frame may have.
    """

    def __init__(self, iid: str, gen: int, proof: bytes, kept: Kept, limits: Limits) -> None:
        """proof: goes with every message. kept: learns which message carries what."""
        self.number = 1  # the welcome
        self.largest: Final = limits.max_bytes - overhead(iid)
        self._iid: Final = iid
        self._gen: Final = gen
        self._proof: Final = proof
        self._kept: Final = kept
        self._most_ids: Final = limits.ids
        self._batch_bytes: Final = min(limits.batch_bytes, self.largest)
        self._frames: list[HostFrame] = []
        self._last: list[HostFrame] = []
        self._results: tuple[int, bool] | None = None
        """The method of the results that are gathered, and whether they are kept."""
        self._ids: list[int] = []
        self._payloads: list[bytes] = []
        self._stale: list[int] = []
        self._reason = ""
        self._aside: list[bytes] = []
        self._announcing = False

    def shortened(self, text: str) -> str:
        """So much of a text that a message can carry it."""
        return text[: self.largest // 8]

    def say(self, frame: HostFrame) -> None:
        """Add a frame."""
        self._seal()
        if isinstance(frame, Results):
            self.results(frame.method, frame.ids, frame.payloads, frame.kept)
        else:
            self._frames.append(frame)

    def say_last(self, frame: HostFrame) -> None:
        """Add a frame after all that is said until the message leaves."""
        self._last.append(frame)

    def results(
        self, method: int, ids: Collection[int], payloads: Collection[bytes], kept: bool
    ) -> None:
        """Tell results, with others of this method that nothing was said after."""
        if self._results != (method, kept):
            if self._results is not None or self._stale:
                self._seal()
            self._results = method, kept
        self._ids.extend(ids)
        self._payloads.extend(payloads)

    def invalidated(self, id: int, reason: str) -> None:
        """Say that a result is stale, after all that was said before (D4)."""
        reason = reason[:_LONGEST_REASON]
        if self._results or reason != self._reason or len(self._stale) >= self._most_ids:
            self._seal()
            self._reason = reason
        self._stale.append(id)

    def announce(self) -> None:
        """Send a message in any case: it shows the client what number it should have (D10)."""
        self._announcing = True

    def reject(self, reason: str) -> None:
        """Say, outside of the sequence, that there is no such session any more (D2)."""
        self._aside.append(rejection(self._iid, self._gen, reason, self._proof))

    def take(self) -> list[HostFrame]:
        """Say nothing of what was added: it is returned."""
        if self._results is not None or self._stale:
            self._seal()
        frames, self._frames = self._frames, []
        return frames

    @property
    def unsaid(self) -> bool:
        """Whether there is anything to say."""
        said = self._results or self._frames or self._stale or self._last or self._aside
        return bool(said) or self._announcing

    def messages(self) -> list[bytes]:
        """All that is to be sent now."""
        frames = self.take()
        if self._last:
            frames += self._last
            self._last = []
        out, self._aside = self._aside, []
        if len(frames) > 1:
            runs = merged(frames, self._batch_bytes)
            out.extend(self._numbered(batch) for batch in batches(runs, self._batch_bytes))
        elif frames or self._announcing:
            out.append(self._numbered(tuple(frames)))
        self._announcing = False
        return out

    def _numbered(self, frames: tuple[HostFrame, ...]) -> bytes:
        self.number += 1
        self._kept.add(self.number, frames)
        return encode_host_envelope(self._iid, self._gen, self.number, frames, self._proof)

    def _seal(self) -> None:
        """What is said from now on is not told together with what was said before."""
        if self._results is not None:
            method, kept = self._results
            self._frames.extend(
                results_frames(method, self._ids, self._payloads, kept, self._batch_bytes)
            )
            self._results = None
            self._ids.clear()
            self._payloads.clear()
        if self._stale:
            self._frames.append(Invalidated(tuple(self._stale), self._reason))
            self._stale.clear()
