"""The servant of a sharded service: it runs what this host owns, and refuses the rest (D20)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from functools import partial
from typing import Any

from msgspec import structs

from ..rpc import Answer, Bodies, Replies, Reply
from ..services.binding import Binding
from ..shards import LeaseLost, NotOwned, Ownership, Routing, under_lease
from ..table import Method, Stream
from ..wire.frames import Calls, Ending, Kind
from ..wire.refusals import lease_lost, moved
from .outcomes import Outcomes
from .servant import Probed, ServiceServant
from .served import Served

__all__ = ["ShardServant"]


class ShardServant(ServiceServant):
    """One service instance that serves the shards which its host owns."""

    def __init__(
        self,
        binding: Binding,
        iid: str,
        ownership: Ownership,
        routing: Routing,
        probed: Probed,
    ) -> None:
        """probed: see `ServiceServant`."""
        self._ownership = ownership
        self._routing = routing
        super().__init__(binding, iid, probed)

    def _serve(self, method: Method, outcomes: Outcomes) -> Served:
        return _Served(self._binding, method, outcomes, self._ownership, self._routing)


class _Served(Served):
    """What is not owned when a call comes, or when its body would begin, is refused: it did not
    run, and its caller asks the owner.
    """

    def __init__(
        self,
        binding: Binding,
        method: Method,
        outcomes: Outcomes,
        ownership: Ownership,
        routing: Routing,
    ) -> None:
        super().__init__(binding, method, outcomes)
        self._ownership = ownership
        self._routing = routing

    def answer(self, calls: Calls, replies: Replies) -> Bodies | None:
        bodies = super().answer(calls, replies)
        if bodies is None:
            return None
        kind = calls.kind
        failed = partial(self._stopped, kind)
        return structs.replace(bodies, body=partial(self._run, kind, bodies.body), failed=failed)

    def _taken(
        self, calls: Calls, replies: Replies
    ) -> tuple[Sequence[int], Sequence[tuple[Any, ...]]]:
        ids, arguments = super()._taken(calls, replies)
        shards = [self._routing.of(self._method.name, each) for each in arguments]
        serving = {shard: self._ownership.serving(shard) for shard in set(shards)}
        if None not in serving.values():
            return ids, arguments
        owned = [serving[shard] is not None for shard in shards]
        refused = [
            (id, Answer(failure=moved(shard)))
            for id, shard, ok in zip(ids, shards, owned, strict=True)
            if not ok
        ]
        replies.answers(calls.kind, calls.method, refused)
        good = [(i, a) for i, a, ok in zip(ids, arguments, owned, strict=True) if ok]
        return [id for id, _ in good], [each for _, each in good]

    async def _run(self, kind: Kind, body: Callable[..., Awaitable[Any]], *arguments: Any) -> Any:
        match kind:
            case Kind.COMMAND:
                called = arguments[0]
            case Kind.COMPUTE:  # before them stands what the answer is for
                called = arguments[-len(self._method.parameters) :]
            case _:
                called = arguments
        shard = self._routing.of(self._method.name, called)
        owned = self._ownership.serving(shard)
        if owned is None:
            raise NotOwned(shard)
        result = await under_lease(owned, partial(body, *arguments))
        if kind is Kind.COMPUTE and not self._ownership.is_held(owned):
            raise NotOwned(shard)  # it may have read what another owner changed
        return result

    def _stopped(self, kind: Kind, error: Exception) -> Answer:
        match error:
            case LeaseLost() if kind is not Kind.COMPUTE and not self._method.repeats:
                return Answer(failure=lease_lost(error.shard))
            case NotOwned():
                return Answer(failure=moved(error.shard))
        return self._failed(error)

    async def _stream(
        self,
        run: Callable[[], Coroutine[Any, Any, None]],
        arguments: tuple[Any, ...],
        reply: Reply,
    ) -> None:
        shard = self._routing.of(self._method.name, arguments)
        owned = self._ownership.serving(shard)
        if owned is None:
            reply.failure(moved(shard))
            return
        is_stream = isinstance(self._method, Stream)  # others end, and are waited for (D22)
        try:
            await under_lease(owned, run, is_stream=is_stream)
        except LeaseLost:
            problem = f"shard {shard}, which moved to another host; start it anew"
            reply.stream().end(Ending("unavailable", problem) if is_stream else lease_lost(shard))
