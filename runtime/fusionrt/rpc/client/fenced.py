"""`Fenced`: what comes through a session reflects what is known to have changed elsewhere (D15)."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterable

from ...wire.client import ClientSession
from ...wire.frames import Mark
from .fencing import Fencing
from .outage import Outage
from .vouching import Vouching

__all__ = ["Fenced"]


class Fenced(Vouching):
    """A base of `Session`. Until its host has answered what is asked here, what is held is not
    taken for fresh by those whom it concerns.
    """

    def __init__(self, service: str, outage: Outage, wire: ClientSession) -> None:
        super().__init__(service, outage)
        self._wire = wire
        self._fencing = Fencing()

    @property
    def reads_wait(self) -> bool:
        """Whether what comes may be older than what this process has changed."""
        return self._fencing.reads_wait

    def fence(self, marks: Iterable[Mark], hops: int) -> None:
        """What is read from now on reflects this. A session with nothing held or asked sends it
        with its next call.
        """
        if self.over:
            return
        self._fencing.hold_reads(self._wire.fence(marks, hops))
        self._set_good()
        if self._in_use:
            self._changed()

    def pass_on(self, marks: Iterable[Mark], hops: int) -> asyncio.Future[bool] | None:
        """The same for a client of this process: done when the host has answered; false if what is
        held is suspended before. None: there is nothing to wait for.
        """
        if self.over:
            return None
        return self._passed_on(self._wire.fence(marks, hops))

    def follow(self, marks: Iterable[Mark], hops: int) -> asyncio.Future[bool] | None:
        """The same by a fence that is under way already, if one goes as far."""
        if self.over:
            return None
        number = self._wire.follow(marks, hops)
        return None if number is None else self._passed_on(number)

    def _passed_on(self, number: int) -> asyncio.Future[bool] | None:
        if not self._in_use:  # it may be lost, and a call that comes after it is not
            self._fencing.hold_reads(number)
            self._set_good()
            return None
        done = self._fencing.pass_on(number)
        if not self.proven():
            self._doubt()
        self._changed()
        return done

    def _fenced(self, number: int, proven: bool) -> None:
        """The host has answered one; proven: and vouches for all that is held."""
        doubted = self._fencing.in_doubt
        self._fencing.answered(number, proven)
        self._set_good()
        self._proof.set()
        if doubted:
            self._turns.tell()

    def _doubt(self) -> None:
        """Nothing is proven at the moment."""
        self._fencing.doubt()
        self._set_good()

    def _set_good(self) -> None:
        """Until when what is held is fresh: for this process, and for others."""
        until = self._wire.good_until
        self.proven_until = -math.inf if self._fencing.in_doubt else until
        self.good_until = -math.inf if self._fencing.reads_wait else until

    @property
    def _in_use(self) -> bool:
        """Whether something is held, or asked."""
        raise NotImplementedError
