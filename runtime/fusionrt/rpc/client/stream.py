"""`Incoming`: a stream from a host, as its reader sees it (D18)."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from ...errors import FusionError
from ...wire.frames import Ending
from ...wire.runs import Request
from .answer import Failed

if TYPE_CHECKING:
    from .session import Session

__all__ = ["Incoming"]


class Incoming:
    """The items of one stream, each once and in order, in runs as they came; to take the next run
    says that those before it were consumed, which lets the host send more.

    session, id: where it was asked for. lost: how many hosts were lost before an item came.
    begun: whether an item came.
    """

    def __init__(self, request: Request) -> None:
        self.request = request
        self.session: Session | None = None
        self.id = 0
        self.lost = 0
        self.begun = False
        self._runs: deque[tuple[int, tuple[bytes, ...]]] = deque()
        self._taken = -1
        """The last index that was handed out."""
        self._end: FusionError | None = None
        self._over = False
        self._woken = asyncio.Event()

    @property
    def is_over(self) -> bool:
        """Whether nobody reads it any more, or nothing comes any more."""
        return self._over

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
            RemoteUnavailable: its host was lost.
        """
        if self._taken >= 0 and self.session is not None:
            self.session.consumed(self, self._taken)
            self._taken = -1
        if self._runs:
            index, payloads = self._runs.popleft()
            self._taken = index + len(payloads) - 1
            return payloads
        if not self._over:
            self._woken.clear()
            return None
        if self._end is not None:
            raise self._end
        return ()

    async def wait(self) -> None:
        """Wait until there is something to take, which another reader may be the first to do."""
        await self._woken.wait()

    @property
    def may_start_again(self) -> bool:
        """Whether it may be asked of another host, and its reader not see that (D13, D18)."""
        return self.request.ask.repeats and not self.begun

    def give_up(self, why: FusionError | None = None, *, unread: bool = False) -> None:
        """Nobody reads it any more: its host stops (D19).

        why: is raised for whoever reads on all the same, if there was more to come.
        unread: there was more, of a run that was handed out.
        """
        if unread or self._runs or not self._over:
            self._runs.clear()
            self._over = True
            self._end = why
            self._woken.set()
        if self.session is not None:
            self.session.cancel(self)

    # -- what the session says --

    def received(self, index: int, payloads: tuple[bytes, ...]) -> None:
        """Items came, from this index on."""
        self.begun = True
        self._runs.append((index, payloads))
        self._woken.set()

    def ended(self, failure: Ending | None) -> None:
        """The host ended it."""
        self._finish(None if failure is None else Failed(failure))

    def fail(self, error: FusionError) -> None:
        """Nothing follows what is here."""
        self._finish(error)

    def _finish(self, error: FusionError | None) -> None:
        if not self._over:
            self._over = True
            self._end = error
            self._woken.set()
