"""`Replicas`: the compute methods of a client: what it holds of the results of hosts (D3, D5)."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import suppress
from functools import partial
from typing import Any, NoReturn, TypeVar
from weakref import WeakValueDictionary

from ..contract import ComputeOptions
from ..graph import SCOPE, Changes, Computed, Function, arguments_of, key_of
from ..operations import CommandScope
from ..primitives import now
from ..rpc import Ahead, Ask, Pending, Registration
from ..services.pipeline import Pipeline
from ..table import Compute
from ..wire.digest import content_id
from ..wire.frames import Kind
from .ahead import Watched, Watching
from .last_known import UNKNOWN
from .reader import FIRST, ReadBy
from .replica import UNHEARD, UNPROVEN, Question, lean_on, recall, registration_of
from .way import Same, Way
from .wired import Wired, answer_of

__all__ = ["Replicas"]

_T = TypeVar("_T")

READS = 1000
"""Ways that are kept for reads, by method and time: who reads with ever new times makes new ones.
"""


class Replicas(Wired):
    """Reads by the replicas of one client."""

    def compute(self, method: str, arguments: tuple[Any, ...]) -> Coroutine[Any, Any, _T]:
        """The value, from the replica; past it inside of a command."""
        if CommandScope.current() is not None:
            return self.raw(method, arguments)
        if self._retries:
            again = partial(Replicas.compute, method=method, arguments=arguments)
            return self._patiently(method, again, least=UNPROVEN)
        arguments = self._keyers[method].normalize(arguments)
        if (refused := self._refused(method, arguments)) is not None:
            return _fail_soon(refused)
        read = self.function(method).fetch(arguments, stale_ok=self._stale_ok)
        return self._in_time(method, read)

    def _refused(self, method: str, arguments: tuple[Any, ...]) -> Exception | None:
        """Why a read is refused before there is a replica: it would have to ask, and could not be
        served in time (D27).
        """
        failure = self._peer.refusal(self._timeout)
        if failure is None:
            return None
        function = self.function(method)
        if function.find(function.key(arguments)) is not None:
            return None
        self._peer.refusals += 1
        return self._read(method, self._timeout).error(failure)

    async def computed(
        self, method: str, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Computed[Any]:
        """The computed behind the value."""
        arguments = self.arguments(method, args, kwargs)
        if (refused := self._refused(method, arguments)) is not None:
            await _fail_soon(refused)
        read = self.function(method).computed(arguments, stale_ok=self._stale_ok)
        return await self._in_time(method, read)

    def changes(
        self, method: str, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> AsyncIterator[Computed[Any]]:
        """The computed now, and after each invalidation."""
        function, arguments = self.function(method), self.arguments(method, args, kwargs)
        changes = Changes(function, arguments)
        if self._pipeline is not None:  # whose interceptors see each call as it is made
            return ReadBy(changes, self._as_reader(math.inf))
        return Watching(changes, self._watch(method, function, arguments))

    def _watch(self, method: str, function: Function[Any], arguments: tuple[Any, ...]) -> Watched:
        key, among = function.key(arguments), self._watched[method]
        watched = among.get(key)
        if watched is None:
            ask = partial(self._ask_ahead, method, arguments)
            watched = among[key] = Watched(ask, function.graph.loop)
        return watched

    def _ask_ahead(self, method: str, arguments: tuple[Any, ...], of: Registration) -> Ahead | None:
        """Make the call that comes after a result, if a host holds that."""
        self._check_home()
        if of.session is None:
            return None
        way, sent = self._split(self._read(method, math.inf, Kind.AHEAD), arguments)
        return of.session.ahead(of, way, way.encoded(sent))

    async def raw(self, method: str, arguments: tuple[Any, ...]) -> _T:
        result: _T = await self.call(method, self._keyers[method].normalize(arguments))
        return result

    def options(self, method: Compute) -> ComputeOptions:
        """The host expires, delays and consolidates; what it says is applied at once."""
        return ComputeOptions(min_cache=method.options.min_cache)

    def _question(self, method: str) -> Question | None:
        """How to ask whether a replica still holds (D16)."""
        same = Same(method, self._timeout)

        def question(replica: Computed[Any]) -> tuple[Ask, bytes, str]:
            way, sent = self._split(self._read(method, self._timeout), arguments_of(replica))
            content = content_id(way.results.encode(replica.value))
            return same.carrying(dict(way.headers)), way.encoded(sent), content

        return question

    def _split(self, way: Way, arguments: tuple[Any, ...]) -> tuple[Way, tuple[Any, ...]]:
        """How a call with these arguments is made, and which of them are sent."""
        return way, arguments

    def body(self, method: str) -> Callable[..., Awaitable[Any]]:
        question = self._question(method)
        watched = self._watched[method] = WeakValueDictionary()

        def body(*arguments: Any) -> Awaitable[Any]:
            replica = SCOPE.get()
            if not isinstance(replica, Computed):  # it makes no replica
                return self.call(method, arguments)
            # Its callers have deadlines, each its own; the last one that leaves cancels it. The
            # first one's says whether it can be served in time.
            reader = FIRST.get()
            way = self._read(method, reader.seconds)
            pipeline = reader.pipeline if reader.of is self._functions else self._pipeline
            if self._last_known is not None:
                value = self._last_known.take(way, arguments)
                if value is not UNKNOWN:
                    recall(self._peer, question)
                    return _known(value)
            registration, ahead = registration_of(self._peer, question), None
            if watched and (its := watched.get(key_of(replica))) is not None:
                ahead = its.replaced(registration)
            if pipeline is None:
                return self._replicate(way, arguments, registration, ahead)
            if ahead is not None:
                ahead.give_up()
            return self._replicate_through(pipeline, way, method, arguments, registration)

        return body

    async def _replicate(
        self,
        way: Way,
        arguments: tuple[Any, ...],
        registration: Registration,
        ahead: Ahead | None = None,
    ) -> Any:
        """Ask for the value of the replica whose body runs."""
        known, value = self._last_known, None
        try:
            if ahead is not None and ahead.take(way, registration):
                asked: Pending = ahead
            else:
                asked = self._ask(way, arguments, "", registration)
            try:
                value = await answer_of(asked)
            except Exception:
                if not (registration.ended and _may_be_older(asked)):
                    raise
            if registration.ended and _may_be_older(asked):
                value = await answer_of(self._ask(way, arguments, "", registration))
        except Exception as error:
            lean_on(registration, failed=True)
            if known is not None and not isinstance(error, UNHEARD):
                known.forget(way, arguments)
            raise
        lean_on(registration, failed=False)
        if known is not None:
            known.learn(way, arguments, value)
        return value

    async def _replicate_through(
        self,
        pipeline: Pipeline,
        way: Way,
        method: str,
        arguments: tuple[Any, ...],
        registration: Registration,
    ) -> Any:
        """What interceptors made up without asking is proven by nothing (D2)."""
        seconds, asked = way.timeout, False
        call = pipeline.sent(method, arguments, None if seconds == math.inf else now() + seconds)

        async def ask() -> Any:
            nonlocal asked
            asked = True
            return await self._replicate(way.carrying(call.headers), arguments, registration)

        failed = True
        try:
            value = await pipeline.run(call, ask)
            failed = False
        finally:
            if not asked:
                lean_on(registration, failed=failed)
        return value

    def _read(self, method: str, seconds: float, kind: Kind = Kind.COMPUTE) -> Way:
        """How the calls that make its replicas are made, for readers that have so many seconds."""
        way = self._reads.get((method, seconds, kind))
        if way is None:
            if len(self._reads) >= READS:
                self._reads.clear()
            way = Way(kind, self._sent, method, self._peer, seconds)
            self._reads[method, seconds, kind] = way
        return way

    async def _in_time(self, method: str, call: Coroutine[Any, Any, _T]) -> _T:
        """The call's result; a read that others share goes on for them.

        Raises:
            CallTimeout: there was none in time.
            RemoteUnavailable: for the connection to the broker is lost.
        """
        first = FIRST.set(self._reader)
        limit = self._peer.limit(self._timeout)
        try:
            with limit:
                return await call
        except TimeoutError:
            if not limit.expired:
                raise
            raise self._read(method, self._timeout).late() from None
        finally:
            with suppress(ValueError):  # closed in another context, which ends with it
                FIRST.reset(first)
            call.close()  # if it never began


def _may_be_older(asked: Pending) -> bool:
    """Whether what is stale as it comes may be older than what this process changed before anybody
    wanted it (D15): it was asked for ahead, or its host has not said yet that it reflects that. (A
    call that was made anew came after all that.)
    """
    session = asked.session
    early = isinstance(asked, Ahead) or (session is not None and session.reads_wait)
    return early and not asked.stale


async def _fail_soon(error: Exception) -> NoReturn:
    """Raise it when the loop has had its turn: see `Peer._fail_soon`."""
    await asyncio.sleep(0)
    raise error


async def _known(value: Any) -> Any:
    """What need not be asked for."""
    return value
