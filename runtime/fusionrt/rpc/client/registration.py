"""`Registration`: a result that a host holds for us, and tells us of (D3, D5, D6c, D17)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from .proof import in_time
from .turns import Turns

if TYPE_CHECKING:
    from .peer import Peer
    from .session import Session

__all__ = ["Registration"]

UPSTREAM_GRACE: Final = 4.0
"""Seconds that a strict read waits for a result whose host says that it cannot prove it: what ended
meanwhile is told by the next keep-alive or the one after it."""


class Registration:
    """One registered result; whoever holds it says what its news mean.

    It is a lease, too: of what is made from the result, while the host cannot vouch for it.

    session: that through which the result came; None if the host does not hold it. id: in that.
    ended: whether it is stale, as it was told, or lost with its session.
    """

    __slots__ = ("_resumed", "_suspended", "_turns", "ended", "id", "peer", "session")

    def __init__(self, peer: Peer) -> None:
        self.peer: Final = peer
        self.session: Session | None = None
        self.id = 0
        self.ended = False
        self._suspended = False
        self._resumed: asyncio.Event | None = None
        self._turns: Turns | None = None

    def on_invalidated(self, reason: str) -> None:
        """It is stale, for this reason: told once, synchronously as the message arrives (D5)."""

    def lost(self, reason: str, rank: int) -> None:
        """Its session is over, for this reason: nobody holds the result for us any more. It is
        stale unless whoever holds it finds another host that has the same (D16).

        rank: how many were lost before it, for not all are to be asked for at once.
        """
        self.invalidated(reason)

    def on_suspended(self) -> None:
        """The host cannot vouch for the result itself at the moment (D6c)."""

    def live(self) -> bool:
        """Whether the host vouches for the result."""
        return not self._suspended

    def proven(self) -> bool:
        """The same: that this process has changed something is its session's concern."""
        return not self._suspended

    async def revalidate(self) -> None:
        """Return when the host vouches for the result again, or it was invalidated.

        Raises:
            RemoteUnavailable: neither happened in time.
        """
        if self._suspended:
            if self._resumed is None:
                self._resumed = asyncio.Event()
            problem = "its own sources cannot be reached"
            await in_time(self._resumed.wait(), self.peer.service, problem, UPSTREAM_GRACE)

    def services(self) -> tuple[str, ...]:
        """Whose result it is."""
        return (self.peer.service,)

    def on_turn(self, handler: Callable[[], None]) -> Callable[[], None]:
        """Call `handler` whenever the host ceases to vouch for the result, or does again."""
        if self._turns is None:
            self._turns = Turns()
        return self._turns.subscribe(handler)

    def release(self) -> None:
        """Nobody needs the result any more (D17)."""
        if self.session is not None:
            self.session.release(self)

    # -- what the session says --

    def suspended(self) -> None:
        """The host cannot vouch for the result."""
        self._suspended = True
        self.on_suspended()
        self._tell_turn()

    def resumed(self) -> None:
        """The host vouches for it again."""
        self._suspended = False
        if self._resumed is not None:
            self._resumed.set()
            self._resumed = None
        self._tell_turn()

    def _tell_turn(self) -> None:
        if self._turns is not None:
            self._turns.tell()

    def invalidated(self, reason: str) -> None:
        """The result is stale."""
        self.ended = True
        if self._suspended:
            self.resumed()
        self.on_invalidated(reason)
