"""`Inbox`: a stream as its reader sees it: a client, or a body that its caller sends to (D18)."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator

from ..errors import FusionError
from ..wire.frames import Ending
from .failed import Failed

__all__ = ["Inbox"]


class Inbox:
    """The items of one stream, each once and in order, in runs as they came; to take the next run
    says that those before it were consumed, which lets their sender go on.

    newest: of what is here only the newest item is handed out.
    """

    def __init__(self) -> None:
        self.newest = False
        self._skipped = 0
        """Items that the sender left out, for newer ones came."""
        self._passed = 0
        """The same, here."""
        self._runs: deque[tuple[int, tuple[bytes, ...]]] = deque()
        self._taken = -1
        """The last index that was handed out."""
        self._end: FusionError | None = None
        self._over = False
        self._woken = asyncio.Event()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """The items one by one; see `take`."""
        while (payloads := self.take()) != ():
            if payloads is None:
                await self.wait()
                continue
            for payload in payloads:
                yield payload

    def take(self) -> tuple[bytes, ...] | None:
        """The next items that are here, those of one frame: none of them at the end of the stream.
        None: there are none yet; `wait`.

        Raises:
            Failed: the stream's body failed.
            RemoteUnavailable: its sender was lost.
        """
        if self._taken >= 0:
            self.consumed(self._taken)
            self._taken = -1
        if self._runs:
            index, payloads = self._runs.popleft() if not self.newest else self._last()
            self._taken = index + len(payloads) - 1
            return payloads
        if not self._over:
            self._woken.clear()
            return None
        if self._end is not None:
            raise self._end
        return ()

    def _last(self) -> tuple[int, tuple[bytes, ...]]:
        """The newest item, which the others are passed over for."""
        self._passed += sum(len(payloads) for _, payloads in self._runs) - 1
        index, payloads = self._runs[-1]
        self._runs.clear()
        return index + len(payloads) - 1, payloads[-1:]

    @property
    def skipped(self) -> int:
        """Items that were left out so far."""
        return self._skipped + self._passed

    def passed(self, count: int) -> None:
        """So many items that were handed out are left out."""
        self._passed += count

    @property
    def size(self) -> int:
        """Bytes of what is here."""
        return sum(len(payload) for _, payloads in self._runs for payload in payloads)

    async def wait(self) -> None:
        """Wait until there is something to take, which another reader may be the first to do."""
        await self._woken.wait()

    def give_up(self, why: FusionError | None = None, *, unread: bool = False) -> None:
        """Nobody reads it any more: its sender stops (D19).

        why: is raised for whoever reads on all the same, if there was more to come.
        unread: there was more, of a run that was handed out.
        """
        if unread or self._runs or not self._over:
            self._runs.clear()
            self._over = True
            self._end = why
            self._woken.set()
        self.left()

    # -- what is told to the session that it belongs to --

    def consumed(self, index: int) -> None:
        """The items up to this index were taken."""
        raise NotImplementedError

    def left(self) -> None:
        """Nobody reads it any more."""
        raise NotImplementedError

    # -- what the session says --

    def received(self, index: int, payloads: tuple[bytes, ...], skipped: int = 0) -> None:
        """Items came, from this index on; so many before them did not."""
        self._skipped = skipped
        self._runs.append((index, payloads))
        self._woken.set()

    def ended(self, failure: Ending | None) -> None:
        """Its sender ended it."""
        self.finish(None if failure is None else Failed(failure))

    def fail(self, error: FusionError) -> None:
        """Nothing follows what is here."""
        self.finish(error)

    def finish(self, error: FusionError | None) -> None:
        """It is over, after what is here."""
        if not self._over:
            self._over = True
            self._end = error
            self._woken.set()
