"""`Ahead`: a compute call that is made before anybody waits for it.

Who watches a result asks for the next one as soon as it is stale. A host that knows it before runs
the call as the result ends: what is new follows the invalidation, without a question in between.
"""

from __future__ import annotations

from .answer import Pending

__all__ = ["Ahead"]


class Ahead(Pending):
    """If it comes to nothing, whoever wants the result asks anew: no error of it is told."""

    def fail(self, error: Exception) -> None:
        self.lapse()

    def lapse(self) -> None:
        """Nothing comes of it."""
        self.answer.cancel()

    def give_up(self) -> None:
        super().give_up()
        self.lapse()
        if self.registration is not None:
            self.registration.release()

    def become(self, call: Pending) -> bool:
        """Let a call that somebody waits for have what comes of this one; false if that is nothing.

        It is given up then.
        """
        session, early = self.session, self.registration
        assert session is not None and early is not None and call.registration is not None
        answer = self.answer
        if session.wanted(self, call) or (
            not answer.cancelled() and session.hand_over(early, call.registration)
        ):
            call.answer = answer
            return True
        self.give_up()
        return False
