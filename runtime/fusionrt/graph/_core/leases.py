"""Leases: what is made from a replica is only as fresh as its session (D6, D6b)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from .computed import Computed

__all__ = ["Lease", "lean"]


class Lease(Protocol):
    """A promise that what leans on it is fresh. Checked at read, not by a timer."""

    def live(self) -> bool:
        """Whether the promise holds now, for a strict read of this process."""

    def proven(self) -> bool:
        """Whether it holds but for what this process has just changed itself (D15): watchers, and
        those to whom it vouches for its own results, have not seen that yet.
        """

    def on_turn(self, handler: Callable[[], None]) -> Callable[[], None]:
        """Call `handler` whenever the promise ceases, or holds again; the result ends that."""

    async def revalidate(self) -> None:
        """Return when the promise holds again, or what leans on it was invalidated.

        Raises:
            RemoteUnavailable: neither happened in time.
        """

    def services(self) -> Iterable[str]:
        """Whose results it is a promise of."""


def lean(computed: Computed[Any], lease: Lease, instead: Lease | None = None) -> None:
    """Make `computed`, and everything made from it, no fresher than the lease.

    instead: a lease that it takes the place of, for nothing leans on that in any other way.
    """
    pending = [computed]
    while pending:
        leaning = pending.pop()
        run = leaning._run
        if run is not None:
            run.leases = _with(run.leases, lease, instead)
            pending.extend(run.joined())
        elif lease not in leaning._leases or instead in leaning._leases:
            leaning._leases = _with(leaning._leases, lease, instead)
            leaning._function.cool(leaning)
            leaning._function.leans(leaning)
            leaning._function.graph.leaned += 1
            for wake in leaning._function.graph.watchers.get(leaning, ()):
                wake()
            pending.extend(leaning._dependants)
            pending.extend(leaning._weak_dependants or ())


def _with(leases: dict[Lease, None], lease: Lease, instead: Lease | None) -> dict[Lease, None]:
    """These, which nobody shares, and one more: a result may lean on thousands."""
    if not leases:
        return {lease: None}
    if instead is not None:
        leases.pop(instead, None)
    leases[lease] = None
    return leases
