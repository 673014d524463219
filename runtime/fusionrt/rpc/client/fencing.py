"""`Fencing`: what a session's reads wait for, and what others wait for at it (D15)."""

from __future__ import annotations

import asyncio

__all__ = ["Fencing"]


class Fencing:
    """The fences of one session that its host has not answered, by their numbers.

    reads_wait: this process has changed something; what is held is suspended until the host has
        answered that (as by a lease that lapsed: nothing is recomputed that turns out to be fresh).
    in_doubt: the lease lapsed before a fence that was passed on was answered: what is held cannot
        be vouched for until it is.
    """

    __slots__ = ("_doubted", "_lost", "_passing", "_read", "reads_wait")

    def __init__(self) -> None:
        self._read: set[int] = set()
        self._doubted: set[int] = set()
        self._lost: set[int] = set()
        """Passed on before what was held was lost: it may be adrift (D16)."""
        self.reads_wait = False
        self._passing: dict[int, list[asyncio.Future[bool]]] = {}

    @property
    def in_doubt(self) -> bool:
        """Whether nothing that is held may be vouched for."""
        return bool(self._doubted)

    def hold_reads(self, number: int) -> None:
        """Reads wait for this one."""
        self._read.add(number)
        self.reads_wait = True

    def pass_on(self, number: int) -> asyncio.Future[bool]:
        """Done when this one is answered: true; false when what is held is suspended before."""
        done: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._passing.setdefault(number, []).append(done)
        return done

    def answered(self, number: int, proven: bool) -> None:
        """The host has; proven: and it vouches for all."""
        self._doubted.discard(number)
        self._read.discard(number)
        self.reads_wait = bool(self._read)
        self._settle(number, proven)

    def doubt(self) -> None:
        """Nothing is proven at the moment; nor later, until all that are passed on are answered."""
        for number in list(self._passing):
            self._doubted.add(number)
            self.hold_reads(number)
            self._settle(number, False)

    def lose(self) -> None:
        """The host vouches no more for what was held: no answer of it proves that."""
        self._lost.update(self._passing)

    def end(self) -> None:
        """Nothing comes through the session any more."""
        for number in list(self._passing):
            self._settle(number, True)

    def _settle(self, number: int, proven: bool) -> None:
        proven = proven and number not in self._lost
        self._lost.discard(number)
        for done in self._passing.pop(number, ()):
            if not done.done():
                done.set_result(proven)
