"""How long a client may trust what it was told (D6), and when to ask again (D9): what bounds how
stale a strict read can be (D14)."""

from __future__ import annotations

import math

from .limits import Timing

__all__ = ["Lease"]


class Lease:
    """Runs from the *sending* of the last question that was answered (D6).

    Questions (hello, keep-alive, resync) share one count; an answer repeats its question's number.

    number: of the last question.
    good_until: until when the host is not in doubt.
    suspect: somebody said that nobody listens at the host's subject, and the host has not spoken
        since (D9).
    probed: the host was asked since then.
    hello_due, probe_due: when to ask for a host, if there is a doubt; when to ask the host.
    """

    __slots__ = (
        "_asked",
        "_timing",
        "_until",
        "good_until",
        "hello_due",
        "number",
        "probe_due",
        "probed",
        "suspect",
    )

    def __init__(self, timing: Timing, now: float) -> None:
        self.number = 0
        self.suspect = False
        self.probed = False
        self.hello_due = now
        self.probe_due = math.inf
        self._timing = timing
        self._until = self.good_until = -math.inf
        self._asked: dict[int, float] = {}

    def unproven(self, now: float) -> float:
        """The age of the last proof, in seconds; infinite before the first."""
        return max(0.0, now - (self._until - self._timing.lease))

    def lapsed(self, now: float) -> bool:
        """Whether nothing is proven any more; to be asked at the moment that matters."""
        return now >= self._until

    def doubtful(self, now: float) -> bool:
        """Whether the host may be gone: then it gets only probes, and other hosts are asked."""
        return now >= self.good_until

    def hello(self, now: float) -> int:
        """The number of a hello that is sent now."""
        self.hello_due = now + self._timing.hello
        return self._ask(now)

    def probe(self, now: float) -> int:
        """The number of a keep-alive or resync that is sent now."""
        self.probe_due = now + self._timing.probe
        self.probed = True
        return self._ask(now)

    def _ask(self, now: float) -> int:
        self.number += 1
        self._asked[self.number] = now
        for number, sent in list(self._asked.items()):
            if sent + self._timing.lease > now:
                break
            del self._asked[number]  # its answer would prove nothing any more
        return self.number

    def answered(self, number: int) -> None:
        """Renew by an answer, unless its question was asked too long ago."""
        sent = self._asked.get(number)
        if sent is None:
            return
        for earlier in [n for n in self._asked if n <= number]:
            del self._asked[earlier]
        self._until = self.good_until = max(self._until, sent + self._timing.lease)
        if number == self.number:
            self.probe_due = sent + self._timing.keep_alive

    def suspected(self, now: float) -> bool:
        """Nobody listens at the host's subject; true if a probe has shown it, too (D9)."""
        if self.suspect:
            return self.probed
        self.suspect = True
        self.good_until = -math.inf
        self.probed = False
        self.probe_due = now + self._timing.probe
        self.hello_due = now
        return False

    def trusted(self, now: float) -> None:
        """The host spoke: there is no suspicion, but what was sent meanwhile may be lost."""
        if self.suspect:
            self.suspect = False
            self.good_until = self._until
            self.probe_due = now

    def next(self, told_live: bool) -> float:
        """When something is due, if nothing comes. told_live: a lapse is to be reported."""
        hello = self.hello_due if self.suspect else max(self.hello_due, self._until)
        return min(self.probe_due, hello, self._until if told_live else math.inf)
