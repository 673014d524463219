"""`ServiceServant`: answers the calls of other processes from a service's binding."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any, Final

import msgspec

from ..errors import WireError
from ..graph import Computed, is_in_vain, str_of
from ..rpc import Call, Reply
from ..services.binding import Binding
from ..table import Command, Compute, Method, Plain, Stream
from ..values.codecs import Codec, arguments_codec, codec
from ..values.json_text import json_items
from ..wire.digest import method_id
from ..wire.frames import Encoding, Ending, Kind
from .declared import check_declared
from .description import DESCRIBE, describe
from .failures import as_failure, bad_arguments
from .outcomes import Outcome, Outcomes

__all__ = ["ServiceServant"]

_DESCRIBE = method_id(DESCRIBE)

IN_VAIN: Final = 0.05
"""Seconds that an answer is held back whose body invalidates what it read: a client that watches it
would ask again at once, for ever (G40)."""


class ServiceServant:
    """One service instance, as its responder sees it."""

    def __init__(self, binding: Binding, iid: str) -> None:
        outcomes = Outcomes()
        self._binding = binding
        self._iid = iid
        self._calls = 0
        self._methods: dict[int, _Served] = {}
        for cls in binding.contract.resolved.raises:
            check_declared(cls)
        for method in binding.contract.methods:
            served = _Served(binding, method, outcomes)
            if self._methods.setdefault(method_id(method.name), served) is not served:
                raise ValueError(f"{method.name}: another method has the same hash; rename it")

    def answer(self, call: Call, reply: Reply) -> Coroutine[Any, Any, None] | None:
        """Answer a call; a hit at once, everything else by the returned coroutine."""
        if call.method == _DESCRIBE:
            reply.result(self._description())
            return None
        self._calls += 1
        served = self._methods.get(call.method)
        if served is None:
            reply.failure(Ending("unknown_method", "the service has no such method"))
            return None
        return served.answer(call, reply)

    def _description(self) -> bytes:
        described = describe(self._binding.contract, self._iid, self._binding.bodies, self._calls)
        return msgspec.json.encode(described)


class _Held:
    """A computed that is held for a client."""

    __slots__ = ("_computed", "_unsubscribe")

    def __init__(self, computed: Computed[Any]) -> None:
        self._computed = computed
        self._unsubscribe: Callable[[], None] | None = None

    def subscribe(self, on_invalidated: Callable[[str], None], in_full: bool) -> None:
        def invalidated(computed: Computed[Any]) -> None:
            origin = computed.origin
            assert origin is not None
            on_invalidated(str_of(origin) if in_full else origin.for_others())

        self._unsubscribe = self._computed.on_invalidated(invalidated)

    def release(self) -> None:
        if self._unsubscribe is not None:
            self._unsubscribe()

    def suspended(self) -> bool:
        return not self._computed.is_consistent


class _Served:
    """One method."""

    def __init__(self, binding: Binding, method: Method, outcomes: Outcomes) -> None:
        signature = binding.contract.resolved.signatures[method.name]
        self._binding = binding
        self._method = method
        self._outcomes = outcomes
        self._types = signature.parameters
        self._arguments = arguments_codec(signature.parameters)
        self._result: Codec[Any] = codec(signature.result)

    def answer(self, call: Call, reply: Reply) -> Coroutine[Any, Any, None] | None:
        try:
            arguments = self._decode(call)
        except Exception as error:
            reply.failure(bad_arguments(error))
            return None
        match self._method, call.kind:
            case Compute(), Kind.COMPUTE:
                return self._compute(call, arguments, reply)
            case ((Compute() | Plain()), Kind.PLAIN):
                return self._run(call, lambda: self._raw(arguments), reply)
            case Command(), Kind.COMMAND:
                return self._command(call, arguments, reply)
            case Stream(), Kind.STREAM:
                return self._stream(call, arguments, reply)
        reply.failure(Ending("bad_request", f"it is no {call.kind.name.lower()} method"))
        return None

    def _decode(self, call: Call) -> tuple[Any, ...]:
        if call.encoding is Encoding.JSON:
            return self._decode_json(call.arguments)
        return self._arguments.decode(call.arguments)

    def _decode_json(self, data: bytes) -> tuple[Any, ...]:
        """A list with a value for each parameter; people leave those out that have defaults."""
        given = json_items(data)
        method, types = self._method, self._types
        if len(given) > len(types):
            raise WireError(f"expected at most {len(types)} arguments, got {len(given)}")
        signature = self._binding.contract.signature(method.name)
        arguments = []
        for index, (name, tp) in enumerate(zip(method.parameters, types, strict=True)):
            default = signature.parameters[name].default
            if index < len(given):
                try:
                    arguments.append(codec(tp).decode_json(given[index]))
                except WireError as problem:
                    raise WireError(f"{name}: {problem}") from None
            elif default is not inspect.Parameter.empty:
                arguments.append(default)
            else:
                raise WireError(f"the argument {name} is missing")
        return tuple(arguments)

    def _encode(self, call: Call, value: Any) -> bytes:
        if call.encoding is Encoding.JSON:
            return self._result.encode_json(value)
        return self._result.encode(value)

    def _raw(self, arguments: tuple[Any, ...]) -> Coroutine[Any, Any, Any]:
        return self._binding.raw(self._method.name, arguments)

    def failure(self, error: Exception) -> Ending:
        return as_failure(error, self._binding.contract, self._method.name)

    # -- compute methods: the result stays registered until it is invalidated (D3) --

    def _compute(
        self, call: Call, arguments: tuple[Any, ...], reply: Reply
    ) -> Coroutine[Any, Any, None] | None:
        name = self._method.name
        try:
            arguments = self._binding.arguments(name, arguments, {})
        except Exception as error:
            reply.failure(bad_arguments(error))
            return None
        computed = self._binding.function(name).peek(arguments)
        if computed is not None and computed.is_consistent:
            self._answer(call, computed, reply)
            return None
        return self._compute_later(call, arguments, reply)

    async def _compute_later(self, call: Call, arguments: tuple[Any, ...], reply: Reply) -> None:
        try:
            computed = await self._binding.function(self._method.name).computed(arguments)
        except Exception as error:
            reply.failure(self.failure(error))
        else:
            if is_in_vain(computed):
                await asyncio.sleep(IN_VAIN)
            self._answer(call, computed, reply)

    def _answer(self, call: Call, computed: Computed[Any], reply: Reply) -> None:
        held = _Held(computed)
        if computed.error is not None:
            reply.failure(self.failure(computed.error), held)
            return
        try:
            payload = self._encode(call, computed.value)
        except Exception as error:
            reply.failure(self.failure(error))
        else:
            reply.result(payload, held)

    # -- the others --

    async def _run(
        self, call: Call, body: Callable[[], Coroutine[Any, Any, Any]], reply: Reply
    ) -> None:
        try:
            payload = self._encode(call, await body())
        except Exception as error:
            reply.failure(self.failure(error))
        else:
            reply.result(payload)

    async def _command(self, call: Call, arguments: tuple[Any, ...], reply: Reply) -> None:
        async def run() -> Outcome:
            name, operation = self._method.name, call.operation
            try:
                result: Any = await self._binding.command(name, arguments, operation)
                return Outcome(self._encode(call, result))
            except Exception as error:
                return Outcome(b"", self.failure(error))

        outcome = await self._outcomes.once(call.operation, run)
        if outcome.failure is not None:
            reply.failure(outcome.failure)
        else:
            reply.result(outcome.payload)

    async def _stream(self, call: Call, arguments: tuple[Any, ...], reply: Reply) -> None:
        items: AsyncIterator[Any] | None = None
        sender = reply.stream()
        json = call.encoding is Encoding.JSON
        encode = self._result.encode_json if json else self._result.encode
        put = sender.put
        try:
            items = self._binding.raw_stream(self._method.name, arguments)
            async for item in items:
                payload = encode(item)
                if not put(payload) and not await sender.item(payload):
                    break
        except Exception as error:
            sender.end(self.failure(error))
        else:
            sender.end()
        finally:
            close = getattr(items, "aclose", None)
            if close is not None:
                await close()
