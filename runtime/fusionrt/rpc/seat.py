"""`Seat`: a host's session with one client, and what runs and is held for it."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable, Collection, Coroutine
from typing import Any, Final

from ..primitives import spawn
from ..wire import host_events as events
from ..wire.envelopes import ClientEnvelope
from ..wire.frames import Ending, Kind
from ..wire.server import ServerSession
from .servant import Held, Servant

__all__ = ["Seat"]


class Seat:
    """Acts on what the client wants; `changed` is called when there may be something to send."""

    def __init__(
        self,
        session: ServerSession,
        servant: Servant,
        reply_subject: str,
        *,
        now: Callable[[], float],
        limit: asyncio.Semaphore,
        context: contextvars.Context,
        changed: Callable[[Seat], None],
    ) -> None:
        """limit: on the bodies that run at a time. context: what every body starts from."""
        self.session = session
        self.reply_subject = reply_subject
        self._servant = servant
        self._now = now
        self._limit = limit
        self._context = context
        self._changed = changed
        self._running: dict[int, asyncio.Task[None]] = {}
        self._held: dict[int, Held] = {}
        self._credit: dict[int, asyncio.Event] = {}

    def receive(self, envelope: ClientEnvelope, now: float) -> bool:
        """A message of the client came. False: the session is over."""
        for event in self.session.receive(envelope, now):
            match event:
                case events.CallReceived():
                    self._start(event)
                case events.CallCancelled(id):
                    self._stop(id)
                case events.Unsubscribed(ids):
                    for id in ids:
                        self._release(id)
                case events.Consumed(id, credit):
                    if credit > 0 and id in self._credit:
                        self._credit[id].set()
                case events.KeepAliveReceived():
                    suspended = [id for id, held in self._held.items() if held.suspended()]
                    self.session.acknowledge(event, suspended)
                case events.Closed():
                    self._clear()
                    self._changed(self)
                    return False
        self._changed(self)
        return True

    def close(self, reason: str) -> None:
        """End the session: stop what runs, let go of what is held."""
        self.session.close(reason)
        self._clear()

    @property
    def running(self) -> Collection[asyncio.Task[None]]:
        """What runs for the client."""
        return self._running.values()

    # -- calls --

    def _start(self, event: events.CallReceived) -> None:
        call = event.call
        work = self._servant.answer(call, _Reply(self, call.id))
        if work is None:
            return
        if call.kind is not Kind.STREAM:
            work = self._run_in_time(call.id, work, event.deadline)
        task = spawn(work, name=f"fusion call {call.id}", context=self._context.copy())
        self._running[call.id] = task
        task.add_done_callback(lambda _: self._running.pop(call.id, None))

    async def _run_in_time(self, id: int, work: Coroutine[Any, Any, None], deadline: float) -> None:
        try:
            async with asyncio.timeout(max(0.0, deadline - self._now())), self._limit:
                await work
        except TimeoutError:
            self.session.failure(id, "timeout", "its time was up before it was done")
            self._changed(self)
        finally:
            work.close()  # if it never began

    def _stop(self, id: int) -> None:
        task = self._running.get(id)
        if task is not None:
            task.cancel()

    # -- what is held --

    def hold(self, id: int, held: Held) -> None:
        """Keep a result until it is invalidated or released."""
        self._held[id] = held
        held.subscribe(lambda reason: self._invalidated(id, reason))

    def _invalidated(self, id: int, reason: str) -> None:
        if self._held.pop(id, None) is not None:
            self.session.invalidated(id, reason)
            self._changed(self)

    def _release(self, id: int) -> None:
        held = self._held.pop(id, None)
        if held is not None:
            held.release()

    def _clear(self) -> None:
        for id in list(self._running):
            self._stop(id)
        for id in list(self._held):
            self._release(id)

    # -- what a reply may do --

    def changed(self) -> None:
        """There is something to send."""
        self._changed(self)

    async def item(self, id: int, payload: bytes) -> None:
        """Send a stream's item once there is credit for it."""
        while self.session.credit(id) <= 0:
            credit = self._credit.setdefault(id, asyncio.Event())
            credit.clear()
            await credit.wait()
        self.session.item(id, payload)
        self._changed(self)

    def end(self, id: int, failure: Ending | None) -> None:
        """End a stream."""
        self._credit.pop(id, None)
        self.session.end(id, failure)
        self._changed(self)


class _Reply:
    __slots__ = ("_id", "_seat")

    def __init__(self, seat: Seat, id: int) -> None:
        self._seat: Final = seat
        self._id: Final = id

    def result(self, payload: bytes, held: Held | None = None) -> None:
        kept = self._seat.session.result(self._id, payload, keep=held is not None)
        self._kept(kept, held)

    def failure(self, failure: Ending, held: Held | None = None) -> None:
        kept = self._seat.session.failure(
            self._id, failure.code, failure.message, failure.data, keep=held is not None
        )
        self._kept(kept, held)

    def _kept(self, kept: bool, held: Held | None) -> None:
        if held is not None and kept:
            self._seat.hold(self._id, held)
        self._seat.changed()

    async def item(self, payload: bytes) -> None:
        await self._seat.item(self._id, payload)

    def end(self, failure: Ending | None = None) -> None:
        self._seat.end(self._id, failure)
