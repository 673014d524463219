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
    """One registered result.

    on_invalidated: told why, once, synchronously as the message arrives (D5).
    on_suspended: told that the host cannot vouch for the result itself at the moment (D6c).

    It is a lease, too: of what is made from the result, while the host cannot vouch for it.
    """

    __slots__ = (
        "_on_invalidated",
        "_on_suspended",
        "_peer",
        "_resumed",
        "_suspended",
        "_turns",
        "id",
        "session",
    )

    def __init__(
        self,
        peer: Peer,
        on_invalidated: Callable[[str], None],
        on_suspended: Callable[[Registration], None],
    ) -> None:
        self._peer = peer
        self._on_invalidated = on_invalidated
        self._on_suspended = on_suspended
        self._suspended = False
        self._resumed: asyncio.Event | None = None
        self._turns: Turns | None = None
        self.session: Session | None = None
        """That through which the result came; None if the host does not hold it."""
        self.id = 0
        """In that session."""

    def live(self) -> bool:
        """Whether the host vouches for the result."""
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
            await in_time(self._resumed.wait(), self._peer.service, problem, UPSTREAM_GRACE)

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
        self._on_suspended(self)
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
        self.resumed()
        self._on_invalidated(reason)
