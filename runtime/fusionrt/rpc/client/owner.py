"""`Owner`: what a session tells the peer that it belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeAlias

from ...wire.frames import Ending, Mark
from .answer import Pending
from .lots import Lot
from .stream import Incoming

if TYPE_CHECKING:
    from .session import Session

__all__ = ["Call", "Owner"]

Call: TypeAlias = Pending | Incoming


class Owner(Protocol):
    """Takes back what a session could not do.

    lot: what the next call may join, if that is made as those in it. crowded: whether a call was
    made in this turn.
    """

    lot: Lot | None
    crowded: bool

    def opened(self) -> None:
        """A host took it."""

    def again(self, call: Call, *, may_have_run: bool = False) -> None:
        """The host did not run this call, or its result was stale when it came (D4).

        may_have_run: or the host forgot what it came to.
        """

    def moved(self, call: Call, failure: Ending) -> None:
        """The host did not run this call: another one owns its shard, or will own it (D20)."""

    def wrote(self, session: Session, marks: tuple[Mark, ...]) -> None:
        """Calls of this process changed something, its host says (D15)."""

    def sourced(self, session: Session, services: tuple[str, ...]) -> None:
        """Its host's results may be made from those of these services (D15)."""

    def no_host(self, session: Session) -> None:
        """Nobody listens where hosts are found."""

    def draining(self, session: Session) -> None:
        """Its host shuts down, once it has answered what it runs."""

    def left(self, session: Session) -> None:
        """Its host has answered all, and shuts down."""

    def gone(self, session: Session, reason: str, unsent: list[Call], sent: list[Call]) -> None:
        """Its host is lost. unsent: calls that never left. sent: calls that may have run."""
