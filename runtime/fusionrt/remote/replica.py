"""What ties a replica to the computed on a host that it stands for."""

from __future__ import annotations

import asyncio
import contextvars
import weakref
from collections.abc import Callable
from functools import partial
from typing import Any, Final, TypeAlias

from ..errors import CallTimeout, Overloaded, RemoteUnavailable
from ..graph import (
    CONSISTENT,
    SCOPE,
    Computed,
    Origin,
    OriginKind,
    invalidate,
    is_awaited,
    lean,
    listen,
)
from ..graph.replay import replayed
from ..primitives import background, run_in_loop
from ..rpc import Ask, Peer, Registration

__all__ = ["UNHEARD", "UNPROVEN", "lean_on", "recall", "registration_of", "replica_of"]

UNPROVEN: Final = 1.0
"""Seconds that a failure may be served which no host holds, and so nobody will invalidate."""


UNHEARD: Final = (RemoteUnavailable, Overloaded, CallTimeout)
"""Errors by which no host says what the result is."""

SHOWN: Final = 0.02
"""Seconds after which a last known value is asked for that nobody reads strictly: first it is
shown."""
UNASKED: Final = 1.0
A_SECOND: Final = 2000
"""Of replicas whose host was lost, and that nobody asks for, so many are matched in each second
from then on."""

Question: TypeAlias = Callable[[Computed[Any]], tuple[Ask, bytes, str]]
"""How to ask whether a result still holds: what is called, with which arguments, and its
`content_id`. The answer is true if it does. May raise, for a value that cannot be told."""


class _Tie(Registration):
    """The host's word invalidates the replica, also while its body still runs (D23); a replica that
    is invalidated here, or collected, is unsubscribed there (D17). Neither end keeps it alive.

    If the host is lost, the replica is suspended until another one says whether it has the same
    (D16). It is asked when somebody reads the replica, at once if somebody waits for news, and else
    in its turn: a new host has enough to do.
    """

    __slots__ = ("_asking", "_loop", "_question", "_reason", "_recalled", "_replica", "_unheard")

    def __init__(self, peer: Peer, replica: Computed[Any], question: Question | None) -> None:
        super().__init__(peer)
        self._question = question
        self._asking: asyncio.Task[None] | None = None
        self._reason = ""
        self._recalled = False
        """It was known before this process began: it stands until a host says otherwise."""
        self._unheard: Exception | None = None
        self._loop = asyncio.get_running_loop()
        self._replica = weakref.ref(replica, self._collected)
        listen(replica, self._left)

    @property
    def replica(self) -> Computed[Any] | None:
        """What it ties, while that is there."""
        return self._replica()

    def _collected(self, _: object) -> None:
        run_in_loop(self._loop, partial(self._left, None))

    def _left(self, _: object) -> None:
        if self._reason:
            self._reason = ""  # nobody asks whether it is the same
            self.peer.writes.adrift.discard(self)
        self.release()

    def on_invalidated(self, reason: str) -> None:
        computed = self._replica()
        if computed is not None:
            outline = f"a result of {self.peer.service} was invalidated"
            behind = computed.is_computing and self.session is not None
            invalidate(computed, Origin(OriginKind.REMOTE, reason, outline, behind=behind))

    def lost(self, reason: str, rank: int) -> None:
        computed, session = self._replica(), self.session
        self.session = None
        is_asked = self._question is not None and session is not None
        if computed is None or computed.state is not CONSISTENT or not is_asked:
            self.invalidated(reason)
            return
        self._drift(reason)
        lean(computed, self, instead=session)
        self.suspended()
        if is_awaited(computed, own=1):
            self._loop.call_soon(self._ask, context=contextvars.Context())
        else:
            later = UNASKED + rank / A_SECOND
            self._loop.call_later(later, self._ask, context=contextvars.Context())

    def _drift(self, reason: str) -> None:
        """Nobody vouches for it."""
        self._reason = reason
        self.peer.writes.adrift.add(self)

    def recall(self) -> None:
        """It is what was known before this process began."""
        self._recalled = True
        self._drift("it was known before this process began, and is not so any more")
        self.suspended()
        self._loop.call_later(SHOWN, self._ask, context=contextvars.Context())

    async def revalidate(self) -> None:
        if self._reason:
            self._ask()
        if self._recalled and self._asking is not None:
            await asyncio.wait({self._asking})
            if self._unheard is not None:
                raise replayed(self._unheard)
            return
        await super().revalidate()

    def _ask(self) -> None:
        if self._reason and self._asking is None:
            self._asking = background(self._match(), name="fusion match")

    async def _match(self) -> None:
        """Find out whether another host has the same."""
        computed = self._replica()
        self._unheard = None
        try:
            if computed is not None and self._question is not None:
                ask, arguments, content = self._question(computed)
                asked = self.peer.ask(ask, arguments, content, self)
                try:
                    async with asyncio.timeout(ask.timeout):
                        same = await asked.answer
                finally:
                    if not asked.answer.done() or asked.answer.cancelled():
                        asked.give_up()
                if same:
                    self._matched(computed)
                    return
        except UNHEARD as error:
            if self._recalled:
                self._unheard = error
                self._loop.call_later(UNASKED, self._ask, context=contextvars.Context())
                return
        except Exception:  # it is stale then, and whoever reads it next is told why
            pass
        finally:
            self._asking = None
        self.peer.writes.adrift.discard(self)
        reason, self._reason = self._reason, ""
        self.invalidated(reason)
        self.release()  # it was left meanwhile, and told nobody

    def _matched(self, computed: Computed[Any]) -> None:
        session = self.session
        if session is None or session.over:
            self.invalidated(self._reason)
            return
        self._reason = ""
        self._recalled, self._unheard = False, None
        self.peer.writes.adrift.discard(self)
        if computed.state is CONSISTENT:
            lean(computed, session, instead=self)
            self.resumed()
        else:  # it was left when there was no session to tell
            self.release()

    def on_suspended(self) -> None:
        computed = self._replica()
        if computed is not None:
            lean(computed, self)


def registration_of(peer: Peer, question: Question | None) -> Registration:
    """The registration of the replica whose body is running."""
    return _Tie(peer, _running(), question)


def recall(peer: Peer, question: Question | None) -> None:
    """The replica whose body is running is what was known before: suspended until a host says
    whether it has the same (D16).
    """
    _Tie(peer, _running(), question).recall()


def replica_of(registration: Registration | None) -> Computed[Any] | None:
    """The replica that a registration is for, if it is there and for one."""
    return registration.replica if isinstance(registration, _Tie) else None


def lean_on(registration: Registration, *, failed: bool) -> None:
    """Make the replica whose body is running as fresh as the session that its answer came through.

    An answer that no host holds proves nothing (D2): a failure is asked for again soon, a value is
    not cached at all.
    """
    if registration.session is not None:
        lean(_running(), registration.session)
    elif failed:
        asyncio.get_running_loop().call_later(UNPROVEN, registration.invalidated, "asked again")
    else:
        registration.invalidated("no host holds it")


def _running() -> Computed[Any]:
    replica = SCOPE.get()
    assert isinstance(replica, Computed)
    return replica
