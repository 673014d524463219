"""`Claimer`: takes events that are due, and does them.

It looks when the first is due, when this host or a hint says that there may be a new one, and every
five seconds without. It takes no more than it begins at once: what waits, others may take.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager, suppress
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from ...errors import FrameworkError
from ...operations import EventHandler
from ...primitives import asked_to_end, background, random_bits, to_its_end
from ..shard import Shard
from . import claims as claims_module
from .claims import Claim, Claims

__all__ = ["Claimer"]

POLL: Final = 5.0
"""Seconds between two looks without a hint, 10 % more or less."""
RETRY: Final = 0.5
"""Seconds after which what the database refused is tried again."""
MOST: Final = 16
"""Events that are done at once."""
FIRST_WAIT: Final = 4.0
"""Seconds after the first try that failed; four times as many after each that follows."""
LONGEST_WAIT: Final = 3600.0
LONGEST_TEXT: Final = 1000
"""Characters that are kept of an error."""
GRACE: Final = 10.0
"""Seconds that those which are done get to end, when the host leaves."""

_log = logging.getLogger("fusionrt")


class Claimer:
    """Of one host, on one shard.

    dead: how many events it gave up.
    """

    def __init__(self, shard: Shard, iid: str) -> None:
        self.dead = 0
        self._claims: Final = Claims(shard, iid)
        self._handlers: dict[str, EventHandler] = {}
        self._runs: dict[str, _Run] = {}
        """By the event's id."""
        self._woken = asyncio.Event()
        self._taking: asyncio.Task[None] | None = None
        self._renewing: asyncio.Task[None] | None = None
        self._closing = False

    def handle(self, handler: EventHandler) -> None:
        """See `OpenLog.handle`."""
        if handler.name in self._handlers:
            raise FrameworkError(
                f"events of the type {handler.name} have a handler here: each is done once, so do "
                "in that all that is to be done, or store events of several types"
            )
        self._handlers[handler.name] = handler
        if self._taking is None:
            context = contextvars.Context()
            self._taking = background(self._take_forever(), "fusion events", context)
            self._renewing = background(self._renew_forever(), "fusion event claims")
        self.poke()

    def poke(self) -> None:
        """There may be a new one."""
        self._woken.set()

    async def close(self) -> None:
        """Take no more; those that do not end in time are given back."""
        if self._taking is None or self._renewing is None:
            return
        self._closing = True
        self._taking.cancel()
        await asyncio.wait([self._taking])
        runs = [run.task for run in self._runs.values()]
        if runs:
            _, late = await asyncio.wait(runs, timeout=GRACE)
            for task in late:
                task.cancel()
            await asyncio.wait(runs)
        self._renewing.cancel()
        await asyncio.wait([self._renewing])

    # -- taking --

    async def _take_forever(self) -> None:
        failed = False
        while True:
            self._woken.clear()
            try:
                seconds = await to_its_end(self._take(), "fusion event claim")
                failed = False
            except Exception as error:
                if not failed:
                    _log.warning("events cannot be taken: %s", error)
                failed, seconds = True, RETRY
            try:
                async with asyncio.timeout(seconds):
                    await self._woken.wait()
            except TimeoutError:
                pass

    async def _take(self) -> float:
        """Take what is due, as far as there is room; seconds until it is worth looking again."""
        types, room = list(self._handlers), MOST - len(self._runs)
        poll = POLL * (0.9 + 0.2 * random_bits(16) / 2**16)
        if room <= 0:
            return poll  # each that ends says so
        seconds = await self._claims.until_due(types)
        if seconds is None or seconds > 0:
            return poll if seconds is None else min(poll, seconds)
        end = _time() + claims_module.LEASE
        taken = await self._claims.take(types, room)
        for claim in taken:
            self._begin(claim, end)
        return 0.0 if taken else 0.05  # others are at it

    def _begin(self, claim: Claim, end: float) -> None:
        before = self._runs.get(claim.id)  # it lost its claim
        run = self._runs[claim.id] = _Run(claim, end)
        done = self._do(run, None if before is None else before.task)
        run.task = background(done, f"fusion event {claim.type}", contextvars.Context())

    # -- keeping --

    async def _renew_forever(self) -> None:
        while True:
            await asyncio.sleep(claims_module.LEASE / 3)
            if not self._runs:
                continue
            runs, end = [*self._runs.values()], _time() + claims_module.LEASE
            try:
                async with asyncio.timeout(claims_module.LEASE / 3):
                    held = await self._claims.renew()
            except Exception as error:
                _log.warning("the claims of events cannot be renewed: %r", error)
                continue
            for run in runs:
                run.until(end if (run.claim.id, run.claim.tries) in held else _time())

    # -- doing --

    async def _do(self, run: _Run, before: asyncio.Task[None] | None) -> None:
        claim = run.claim
        try:
            async with run.held():
                if before is not None:
                    before.cancel()
                    await asyncio.wait([before])
                await self._say(claim, await self._outcome(claim))
        except TimeoutError:
            _log.warning(
                "the claim of event %s %s was lost, and another host may do it again: the database "
                "could not be told in time that it is done here",
                *(claim.type, claim.id),
            )
        except asyncio.CancelledError:
            if self._closing:
                given_back = self._claims.later(claim, 0.0, "its host stopped", counts=False)
                await to_its_end(_quietly(given_back), "fusion event")
            raise
        finally:
            if self._runs.get(claim.id) is run:
                del self._runs[claim.id]
            self.poke()

    async def _outcome(self, claim: Claim) -> Exception | None:
        """What its handler fails with."""
        handler = self._handlers[claim.type]
        if claim.tries > handler.tries:
            return ClaimantLost("nobody who took it came back: its handler may end its process")
        try:
            await handler(claim.id, claim.value)
        except asyncio.CancelledError as error:
            if asked_to_end():
                raise
            return ClaimantLost(f"its handler was cancelled: {error}")
        except Exception as error:
            return error
        return None

    async def _say(self, claim: Claim, error: Exception | None) -> None:
        """Write down what came of it, as soon as the database takes it."""
        while True:
            try:
                return await to_its_end(self._write(claim, error), "fusion event ends")
            except (SQLAlchemyError, OSError) as problem:
                _log.warning("what came of event %s cannot be written: %s", claim.id, problem)
            await asyncio.sleep(RETRY)

    async def _write(self, claim: Claim, error: Exception | None) -> None:
        handler = self._handlers[claim.type]
        if error is None:
            await self._claims.done(claim)
            return
        text = _text(error)
        if isinstance(error, handler.outages):
            await self._claims.later(claim, FIRST_WAIT, text, counts=False)
        elif claim.tries < handler.tries:
            _log.warning("event %s %s failed, and is tried again: %s", *claim[1::-1], text)
            wait = min(LONGEST_WAIT, FIRST_WAIT * 4.0 ** (claim.tries - 1))
            await self._claims.later(claim, wait, text, counts=True)
        elif await self._claims.dead(claim, text):
            self.dead += 1
            _log.error(
                "event %s %s was tried %d times, and is given up: %s",
                *(claim.type, claim.id, handler.tries, text),
                exc_info=error,
            )


class ClaimantLost(Exception):
    """What is told of an event whose claimant did not come back, or did not run to its end."""


async def _quietly(given_back: Awaitable[bool]) -> None:
    """Else others wait until the claim ends."""
    with suppress(SQLAlchemyError, OSError):
        await given_back


def _text(error: Exception) -> str:
    """As every database takes it."""
    text = f"{type(error).__name__}: {error}"[:LONGEST_TEXT].replace("\0", " ")
    return text.encode(errors="replace").decode()


class _Run:
    """One event that is done here."""

    task: asyncio.Task[None]

    def __init__(self, claim: Claim, end: float) -> None:
        self.claim: Final = claim
        self.lease: Final = asyncio.timeout_at(end)
        """Ends before the claim does."""
        self._is_held = False

    @asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """Raises TimeoutError when the claim is lost."""
        async with self.lease:
            self._is_held = True
            try:
                yield
            finally:
                self._is_held = False

    def until(self, end: float) -> None:
        """The claim was renewed, or was not."""
        if self._is_held and not self.lease.expired():
            self.lease.reschedule(end)


def _time() -> float:
    return asyncio.get_running_loop().time()
