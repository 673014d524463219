"""`Ahead`: a compute call that is made before anybody waits for it.

Who watches a result asks for the next one as soon as it is stale. A host that knows it before runs
the call as the result ends: what is new follows the invalidation, without a question in between.
"""

from __future__ import annotations

from .answer import Ask
from .registration import Registration
from .search import ShardPending

__all__ = ["Ahead"]


class Ahead(ShardPending):
    """If it comes to nothing, whoever wants the result asks anew: no error of it is told.

    wanted: somebody waits for it: it is a call like any other.
    """

    wanted: bool = False

    def fail(self, error: Exception) -> None:
        if self.wanted:
            super().fail(error)
        else:
            self.give_up()

    def give_up(self) -> None:
        super().give_up()
        if not self.wanted and self.registration is not None:
            self.answer.cancel()
            self.registration.release()

    def take(self, ask: Ask, registration: Registration) -> bool:
        """Make it the call that somebody waits for. False: it came to nothing, and is given up."""
        session, early = self.session, self.registration
        if session is not None and session.wanted(self):
            self.wanted = True
            self.ask, self.operation, self.registration = ask, "", registration
        elif session is not None and early is not None:
            self.wanted = session.hand_over(early, registration)
        if not self.wanted:
            self.give_up()
        return self.wanted
