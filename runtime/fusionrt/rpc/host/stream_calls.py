"""`StreamCalls`: the calls of a session that stream, in either direction (D18, D19)."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Final

from ...identity import Asker
from ...primitives import cancel_once, spawn
from ...wire.frames import Ending, Mark
from ...wire.refusals import RETRY_AFTER, refusal
from ..failed import Failed
from ..inbox import Inbox
from ..sending import Sender, Senders
from .gate import Gate
from .read_your_writes import Outlet
from .servant import Call, Servant
from .streams import Arriving, OpenStreams

if TYPE_CHECKING:
    from .session import Session

__all__ = ["StreamCalls"]

_CALL_OVER: Final = Ending("cancelled", "the call is over that its items were sent with")


class StreamCalls:
    """Each runs in a task, and may take longer than its call had time.

    running: by their ids. arriving: what is sent with them. senders: of what comes back.
    """

    def __init__(
        self,
        session: Session,
        streams: OpenStreams,
        gate: Gate,
        servant: Servant,
        context: Callable[[], contextvars.Context],
        outlet: Outlet,
    ) -> None:
        """streams: that are open, of all sessions. context: makes what each starts from."""
        self.running: Final[dict[int, asyncio.Task[None]]] = {}
        self.arriving: Final[dict[int, Arriving]] = {}
        self.senders: Final = Senders(session.wire, session.changed)
        self._session: Final = session
        self._streams: Final = streams
        self._gate: Final = gate
        self._servant: Final = servant
        self._context: Final = context
        self._outlet: Final = outlet

    @property
    def unread(self) -> int:
        """Bytes of items that were sent and no body has read."""
        return sum(arriving.size for arriving in self.arriving.values())

    def start(self, call: Call) -> None:
        """A call came; it is refused if too many streams are open."""
        session, id = self._session, call.id
        try:
            work = self._servant.stream(call, _Reply(session, self, id))
        except Exception as error:
            self.end(id, session.failed(error).failure)
            return
        if work is None:
            return
        if self._streams.full or not session.account.admits(streams=1):
            work.close()
            self._gate.refused += 1
            self.arriving.pop(id, None)
            self.end(id, refusal(RETRY_AFTER))
            return
        self._streams.add(self._run(id, work))

    def _run(self, id: int, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = spawn(work, name="fusion stream", context=self._context())
        self.running[id] = task

        def ended(task: asyncio.Task[None]) -> None:
            del self.running[id]
            self.senders.left(id)
            work.close()  # if it never began
            arriving = self.arriving.pop(id, None)
            if arriving is not None:
                arriving.fail(Failed(_CALL_OVER))
            if (unanswered := self._session.ending(task)) is not None:
                self.end(id, unanswered.failure)

        task.add_done_callback(ended)
        return task

    def stop(self, id: int) -> None:
        """Nobody reads it any more, if it is a stream (D19)."""
        if id in self.running:
            cancel_once(self.running[id])

    def stop_all(self) -> None:
        """Nobody reads any of them."""
        for task in self.running.values():
            cancel_once(task)

    def end(self, id: int, failure: Ending | None) -> None:
        """One is over."""
        session = self._session
        session.written.say(answered=False)
        session.wire.end(id, failure)
        session.changed()

    def result(self, id: int, payload: bytes, command: bool) -> None:
        """One that sends nothing but its answer is over."""
        session = self._session
        if command:
            self._outlet.flush_others(session)
        session.written.say(answered=True)
        session.wire.item(id, payload)
        self.end(id, None)

    def arrives(self, id: int) -> Inbox:
        """What is sent with it."""
        arriving = self.arriving[id] = Arriving(id, self._session.wire, self._session.changed)
        return arriving


class _Reply:
    __slots__ = ("_id", "_session", "_streams")

    def __init__(self, session: Session, streams: StreamCalls, id: int) -> None:
        self._session: Final = session
        self._streams: Final = streams
        self._id: Final = id

    @property
    def principal(self) -> str:
        return self._session.principal

    @property
    def asker(self) -> Asker:
        return self._session.asker

    def failure(self, failure: Ending) -> None:
        self._session.fail(self._id, failure)
        self._session.changed()

    def stream(self, *, newest: bool = False) -> Sender:
        return self._streams.senders.sender(self._id, newest=newest)

    def wrote(self, marks: tuple[Mark, ...]) -> None:
        self._session.wrote(self._id, marks)

    def result(self, payload: bytes, *, command: bool) -> None:
        self._streams.result(self._id, payload, command)

    def arriving(self) -> Inbox:
        return self._streams.arrives(self._id)
