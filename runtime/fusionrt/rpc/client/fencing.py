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

    __slots__ = ("_doubted", "_last", "_passing", "_read", "reads_wait")

    def __init__(self) -> None:
        self._last = 0
        self._read = 0
        self._doubted = 0
        self.reads_wait = False
        self._passing: list[tuple[int, asyncio.Future[bool]]] = []

    @property
    def in_doubt(self) -> bool:
        """Whether nothing that is held may be vouched for."""
        return self._doubted > self._last

    def hold_reads(self, number: int) -> None:
        """Reads wait for this one."""
        self._read = number
        self.reads_wait = True

    def pass_on(self, number: int) -> asyncio.Future[bool]:
        """Done when this one is answered: true; false when what is held is suspended before."""
        done: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._passing.append((number, done))
        return done

    def answered(self, number: int, proven: bool) -> None:
        """The host has, this one and those before it; proven: and it vouches for all."""
        self._last = number
        self.reads_wait = self._read > number
        self._settle(number, proven)

    def doubt(self, number: int = 0) -> None:
        """Nothing is proven at the moment; nor later, until all that are passed on are answered.

        number: one more of these.
        """
        if self._passing or number:
            self._doubted = max(self._doubted, number, *(each for each, _ in self._passing), 0)
            self._read = max(self._read, self._doubted)
            self.reads_wait = True
            self._settle(self._doubted, False)

    def end(self) -> None:
        """Nothing is held any more."""
        self._settle(max((number for number, _ in self._passing), default=0), True)

    def _settle(self, number: int, proven: bool) -> None:
        passing, self._passing = self._passing, []
        for each, done in passing:
            if each > number:
                self._passing.append((each, done))
            elif not done.done():
                done.set_result(proven)
