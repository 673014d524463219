"""`Served`: one method of a service, as other processes call it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from functools import partial
from typing import Any, Final

from ..graph import Computed, Origin, OriginKind, is_in_vain, str_of
from ..identity import Asker
from ..interceptors import arriving
from ..operations import Operation, checked_id, owned_id
from ..primitives import new_id, now
from ..rpc import Answer, Bodies, Call, Replies, Reply
from ..services.binding import Binding
from ..table import Command, Compute, Method, OneWay, Plain, Stream
from ..values.codecs import Codec, codec
from ..wire.digest import content_id
from ..wire.frames import Calls, Encoding, Ending, Kind, Probe
from ..wire.runs import ANYWAY
from .arguments import Arguments
from .asking import NO_GATEWAY
from .failures import as_failure, bad_arguments
from .given_up import GivenUp
from .held import HeldComputed
from .outcomes import Outcome, Outcomes
from .payloads import Payloads
from .served_stream import ServedStream

__all__ = ["Served"]

_KINDS: Final[dict[type[Method], tuple[Kind, ...]]] = {
    Compute: (Kind.COMPUTE, Kind.PLAIN),
    Plain: (Kind.PLAIN,),
    OneWay: (Kind.ONEWAY,),
    Command: (Kind.COMMAND,),
    Stream: (),
}
"""As what a method can be called; streams are opened, and so is what is sent one."""

_NOT_STALE: Final = (OriginKind.UNCACHED, OriginKind.DISPOSED)
"""Of a body that runs, this says that its outcome is not kept, not that it is wrong."""

IN_VAIN: Final = 0.05
"""Seconds that an answer is held back whose body invalidates what it read: a client that watches it
would ask again at once, for ever (G40)."""


def _encoder(codec: Codec[Any], encoding: Encoding) -> Callable[[Any], bytes]:
    match encoding:
        case Encoding.JSON:
            return codec.encode_json
        case Encoding.SHOWN:
            return codec.encode_shown
    return codec.encode


_NONE: Final[dict[int, str]] = {}


def _unless_known(answer: Answer, content: str | None) -> Answer:
    """A client that has the same already is told no more than that (D16)."""
    if content and answer.failure is None and content_id(answer.payload) == content:
        return answer._replace(payload=b"")
    return answer


def _same(answer: bytes | Answer) -> bytes | Answer:
    return answer


class Served:
    """One method: answers its calls."""

    def __init__(self, binding: Binding, method: Method, outcomes: Outcomes) -> None:
        contract = binding.contract.for_clients
        signature = contract.resolved.signatures[method.name]
        self.name: Final = method.name
        self.calls = 0
        self._binding = binding
        self._method = method
        self._kinds = () if method.sends else _KINDS[type(method)]
        self._around = binding.around(method.name)
        self._outcomes = outcomes
        self._arguments = Arguments(binding.contract, method)
        self._items = codec(signature.parameters[-1]) if method.sends else None
        self._head = None if signature.head is None else codec(signature.head)
        self._result: Codec[Any] = codec(signature.result)
        self._payloads = Payloads()
        self._given_up = GivenUp()

    def answer(self, calls: Calls, replies: Replies) -> Bodies | None:
        kind = calls.kind
        if kind not in self._kinds:
            refused = Answer(failure=self._misfit(kind))
            replies.answers(kind, calls.method, [(id, refused) for id in calls.ids])
            return None
        ids, arguments = self._taken(calls, replies)
        encode = _encoder(self._result, calls.encoding)
        if kind is Kind.COMPUTE:
            return self._compute(calls, ids, arguments, encode, replies)
        if not ids:
            return None
        if kind in (Kind.PLAIN, Kind.ONEWAY):
            body = self._told_of(calls, replies, self._plain())
            return Bodies(ids, arguments, body, encode, self._failed)
        operations = calls.operations or ("",) * len(calls.ids)
        given = [
            (each, operations[id - calls.first], id)
            for id, each in zip(ids, arguments, strict=True)
        ]
        run = self._told_of(calls, replies, self._command(encode, replies))
        return Bodies(ids, given, run, _same, self._failed)

    def _told_of(
        self, calls: Calls, replies: Replies, body: Callable[..., Awaitable[Any]]
    ) -> Callable[..., Awaitable[Any]]:
        """The body, in which interceptors are told what came with the calls."""
        if not self._tells(calls.kind):
            return body
        due = now() + calls.budget / 1000.0
        return arriving(body, replies.principal, dict(calls.headers), due)

    def _tells(self, kind: Kind) -> bool:
        """Whether anybody asks what came with a call."""
        return self._binding.pipeline is not None

    def stream(self, call: Call, reply: Reply) -> Coroutine[Any, Any, None] | None:
        try:
            arguments = self._arguments.decode(call.arguments, call.encoding)
        except Exception as error:
            reply.failure(bad_arguments(error))
            return None
        method, encode = self._method, _encoder(self._result, call.encoding)
        if not isinstance(method, Stream) and not method.sends:
            reply.failure(self._misfit(Kind.STREAM))
            return None
        asker = self._arguments.asker_of(call.headers, reply.asker)
        if asker is None:
            reply.failure(NO_GATEWAY)
            return None
        arguments = self._arguments.fill(arguments, asker)
        served = ServedStream(self._binding, method, arguments, encode, self._items, reply)
        stream = partial(
            self._stream, self._form(call, served, arguments, reply.principal), arguments, reply
        )
        if self._binding.pipeline is None:
            return stream()
        due = now() + call.budget / 1000.0
        return arriving(stream, reply.principal, dict(call.headers), due)()

    def _form(
        self, call: Call, served: ServedStream, arguments: tuple[Any, ...], principal: str
    ) -> Callable[[], Coroutine[Any, Any, None]]:
        """In which form the answer of a call that streams comes back."""
        if not isinstance(self._method, Stream):
            known = self._known(call.operation, arguments, principal)
            return partial(served.single, known, self._outcomes)
        if self._head is None:
            return served.results
        return partial(served.headed, _encoder(self._head, call.encoding))

    async def _stream(
        self,
        run: Callable[[], Coroutine[Any, Any, None]],
        arguments: tuple[Any, ...],
        reply: Reply,
    ) -> None:
        """Run a call that streams. arguments: without the stream that is sent with it."""
        await run()

    def _misfit(self, kind: Kind) -> Ending:
        return Ending("bad_request", f"it is no {kind.name.lower()} method")

    def _taken(
        self, calls: Calls, replies: Replies
    ) -> tuple[Sequence[int], Sequence[tuple[Any, ...]]]:
        """The calls that are to be run, each with what its body is called with."""
        return self._arguments.taken(calls, replies)

    def _failed(self, error: Exception) -> Answer:
        return Answer(failure=self.failure(error))

    def failure(self, error: Exception) -> Ending:
        return as_failure(error, self._binding.contract, self._method.name)

    # -- compute methods: the result stays registered until it is invalidated (D3) --

    def _compute(
        self,
        calls: Calls,
        ids: Sequence[int],
        arguments: Sequence[tuple[Any, ...]],
        encode: Callable[[Any], bytes],
        replies: Replies,
    ) -> Bodies | None:
        function = self._binding.function(self._method.name)
        answers: list[tuple[int, Answer]] = []
        missing: list[tuple[int, tuple[Any, ...]]] = []
        known = dict(zip(calls.ids, calls.operations, strict=True)) if calls.operations else _NONE
        for id, given in zip(ids, arguments, strict=True):
            try:
                key = self._binding.arguments(self._method.name, given, {})
                computed = function.peek(key)
            except Exception as error:
                answers.append((id, Answer(failure=bad_arguments(error))))
                continue
            if computed is not None and computed.is_consistent:
                reply = self._told(computed, encode, calls.encoding)
                answers.append((id, _unless_known(reply, known.get(id))))
            else:
                missing.append((id, key))
        if answers:
            replies.answers(calls.kind, calls.method, answers)
        if not missing:
            return None

        anyway, given_up = ANYWAY in calls.headers, self._given_up

        async def body(id: int, *arguments: Any) -> Computed[Any]:
            function = self._binding.function(self._method.name)
            if anyway:
                computed = await function.computed(arguments)
            else:
                key, flagged = function.key(arguments), _flagged(id, replies)
                function.watch(key, flagged)
                try:
                    if given_up.times:
                        await given_up.pause(key, function)
                    computed = await function.computed(arguments)
                except asyncio.CancelledError:
                    given_up.left(key, function)
                    raise
                finally:
                    function.unwatch(key, flagged)
                if given_up.times:
                    given_up.ended(key)
            if is_in_vain(computed):
                await asyncio.sleep(IN_VAIN)
            return computed

        def answer(computed: Computed[Any]) -> Answer:
            return self._told(computed, encode, calls.encoding)

        async def known_body(content: str, id: int, *arguments: Any) -> tuple[Computed[Any], str]:
            return await body(id, *arguments), content

        def known_answer(computed: tuple[Computed[Any], str]) -> Answer:
            return _unless_known(self._told(computed[0], encode, calls.encoding), computed[1])

        ids, keys = [id for id, _ in missing], [(id, *key) for id, key in missing]
        if known:
            keys = [(known[id], id, *key) for id, key in missing]
            told = self._told_of(calls, replies, known_body)
            return Bodies(ids, keys, told, known_answer, self._failed)
        told = self._told_of(calls, replies, body)
        return Bodies(ids, keys, told, answer, self._failed)

    def found(self, probe: Probe, asker: Asker) -> Computed[Any] | None:
        """The result that is asked for, if there is one of a compute method."""
        if Kind.COMPUTE not in self._kinds:
            return None
        try:
            given = self._arguments.decode(probe.arguments, probe.encoding)
            given = self._arguments.fill(given, asker)
            key = self._binding.arguments(self._method.name, given, {})
            function = self._binding.function(self._method.name)
            return function.find(function.key(key))
        except Exception:  # as of a call, whose caller hears of it
            return None

    def _told(
        self, computed: Computed[Any], encode: Callable[[Any], bytes], encoding: Encoding
    ) -> Answer:
        if computed.error is not None:
            return Answer(b"", self.failure(computed.error), HeldComputed(computed))
        payload = self._payloads.find(computed.version, encoding)
        if payload is None:
            try:
                payload = encode(computed.value)
            except Exception as error:
                return Answer(failure=self.failure(error))
            self._payloads.add(computed.version, encoding, payload)
        return Answer(payload, None, HeldComputed(computed))

    # -- the others: a result is encoded when its body returns, for that may change it later --

    def _plain(self) -> Callable[..., Awaitable[Any]]:
        name = self._method.name
        if isinstance(self._method, Plain | OneWay):
            return partial(self._around, self._binding.service())
        return lambda *arguments: self._binding.raw(name, arguments)

    def _command(
        self, encode: Callable[[Any], bytes], replies: Replies
    ) -> Callable[..., Awaitable[bytes | Answer]]:
        name = self._method.name
        command = f"{self._binding.contract.name}.{name}"

        async def run(arguments: tuple[Any, ...], id_: str, call: int) -> bytes | Answer:
            known = self._known(id_, arguments, replies.principal)
            operation = Operation(known or new_id(), command, repeats=bool(known), told=True)

            async def body() -> Outcome:
                try:
                    result: Any = await self._binding.command(name, arguments, operation)
                    payload, failure = encode(result), None
                except Exception as error:
                    payload, failure = b"", self.failure(error)
                return Outcome(payload, failure, operation.marks.all())

            id = known and f"{name}/{known}"
            outcome = await self._outcomes.once(id, body, lambda: operation.may_run_again)
            if outcome.marks:
                replies.wrote(call, outcome.marks)
            if outcome.failure is not None:
                return Answer(failure=outcome.failure)
            return outcome.payload

        return run

    def _known(self, operation: str, arguments: tuple[Any, ...], principal: str) -> str:
        """By what an outcome is remembered: nobody gets what somebody else asked for.

        Raises:
            BadOperation: no client of ours has sent that.
        """
        if operation:
            checked_id(operation, f"{self._binding.contract.name}.{self._method.name}")
            operation += self._arguments.whose(arguments)
        return operation and owned_id(operation, principal)


def _flagged(id: int, replies: Replies) -> Callable[[Origin], None]:
    """Tells the client at once that what runs for it will be stale, unless that may be so each
    time: as its body sees to it (G40), or it is made from what is not cached.
    """

    def flagged(origin: Origin) -> None:
        if not (origin.in_vain or origin.behind or origin.kind in _NOT_STALE):
            replies.stale(id, lambda in_full: str_of(origin) if in_full else origin.for_others())

    return flagged
