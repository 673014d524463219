"""`ServedStream`: what runs for a stream call of another process (D18, D19)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Any, Final

from ..operations import Operation
from ..primitives import aclose, new_id
from ..rpc import Reply, Sender, send_all, send_items
from ..services.binding import Binding
from ..table import Command, Method, Stream
from ..values.codecs import Codec
from ..wire.frames import Ending
from .failures import as_failure
from .given import Given
from .outcomes import Outcome, Outcomes

__all__ = ["ServedStream"]


class ServedStream:
    """One call of a method that streams, or is sent a stream, or both."""

    def __init__(
        self,
        binding: Binding,
        method: Method,
        arguments: tuple[Any, ...],
        encode: Callable[[Any], bytes],
        items: Codec[Any] | None,
        reply: Reply,
    ) -> None:
        """encode: of an item of what comes back. items: of those that the caller sends."""
        self._binding: Final = binding
        self._method: Final = method
        self._encode: Final = encode
        self._reply: Final = reply
        self._given: Given | None = None
        if items is not None:
            self._given = Given(binding.contract, method.name, items)
            arguments = (*arguments, self._given.stream(reply.arriving()))
        self._arguments: tuple[Any, ...] = arguments

    async def results(self) -> None:
        """A stream comes back."""
        sender = self._reply.stream(newest=self._skips)

        def items() -> AsyncIterator[Any]:
            return self._binding.raw_stream(self._method.name, self._take())

        await self._send(sender, partial(send_items, items, self._encode, sender))

    async def headed(self, encode_head: Callable[[Any], bytes]) -> None:
        """Something comes back, and then a stream."""
        sender = self._reply.stream(newest=self._skips)

        async def send() -> None:
            items: Any = None
            try:
                *head, items = await self._binding.raw_head(self._method.name, self._take())
                payload = encode_head(tuple(head))
                if await sender.item(payload):
                    await send_items(lambda: aiter(items), self._encode, sender)
            finally:
                await aclose(items)

        await self._send(sender, send)

    async def _send(self, sender: Sender, sending: Callable[[], Awaitable[None]]) -> None:
        """Within the interceptors, which run until all is sent."""
        name, binding = self._method.name, self._binding
        await send_all(
            lambda: binding.within(name, self._arguments, sending), sender, self._failure
        )

    async def single(self, known: str, outcomes: Outcomes) -> None:
        """One result comes back. known: by which the outcome of a command is remembered."""
        command = isinstance(self._method, Command)
        name = f"{self._binding.contract.name}.{self._method.name}"
        ran = Operation(known or new_id(), name, repeats=bool(known), told=True)
        outcome = await outcomes.once(
            f"{self._method.name}/{known}" if command and known else "",
            lambda: self._run(ran),
            lambda: ran.may_run_again,
        )
        if outcome.marks:
            self._reply.wrote(outcome.marks)
        if outcome.failure is None:
            self._reply.result(outcome.payload, command=command)
        else:
            self._reply.stream().end(outcome.failure)

    async def _run(self, ran: Operation) -> Outcome:
        name, arguments = self._method.name, self._take()
        try:
            if isinstance(self._method, Command):
                result: Any = await self._binding.command(name, arguments, ran)
            else:
                result = await self._binding.raw(name, arguments)
            payload, failure = self._encode(result), None
        except Exception as error:
            payload, failure = b"", self._failure(error)
        return Outcome(payload, failure, ran.marks.all())

    @property
    def _skips(self) -> bool:
        return isinstance(self._method, Stream) and self._method.skip

    def _take(self) -> tuple[Any, ...]:
        """The arguments; kept no longer, for a body that drops its iterator stops its caller.
        Interceptors, which know them anyway, may call it again.
        """
        arguments = self._arguments
        if self._binding.pipeline is None:
            self._arguments = ()
        return arguments

    def _failure(self, error: Exception) -> Ending:
        failure = None if self._given is None else self._given.failure(error)
        return failure or as_failure(error, self._binding.contract, self._method.name)
