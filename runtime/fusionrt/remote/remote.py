"""`Remote`: the calls of one client: beside its reads and plain calls, commands and streams."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable
from functools import partial
from typing import Any, TypeVar

from ..errors import ArgumentError, CallTimeout, OutcomeUnknown
from ..interceptors import Call
from ..operations import (
    CommandScope,
    Operation,
    apply,
    check_not_reading,
    given_id,
)
from ..primitives import aclose, new_id, now
from ..services.declared import DeclaredKeys
from ..services.passing import PassingStream, passing_head
from ..services.pipeline import Pipeline
from ..table import Command
from ..wire.frames import Kind, Mark
from ..wire.runs import Request
from .replicas import Replicas
from .stream_call import StreamCall
from .way import Way
from .wired import answer_of

__all__ = ["Remote"]

_T = TypeVar("_T")


class Remote(Replicas):
    """What a typed client calls."""

    async def tell(self, method: str, arguments: tuple[Any, ...]) -> None:
        """Make a one-way call; it was sent when this returns."""
        if self._retries:
            again = partial(Remote.tell, method=method, arguments=arguments)
            return await self._patiently(method, again)
        way = self._ways.get(method) or self._way(Kind.ONEWAY, method)
        pipeline = self._pipeline
        if pipeline is None:
            await self._tell(way, arguments)
            return None
        call = pipeline.sent(method, arguments, now() + way.timeout)
        await pipeline.run(call, lambda: self._tell(way.carrying(call.headers), arguments))

    async def _tell(self, way: Way, arguments: tuple[Any, ...]) -> None:
        await answer_of(self._ask(way, arguments))
        await self._peer.keep_pace()

    async def command(
        self, method: str, arguments: tuple[Any, ...], operation: str | None = None
    ) -> _T:
        """Run a command; when it returned, this client's reads see what it changed (D15).

        operation: its id, if it was made before.

        Raises:
            CommandInComputeError: a compute body called it.
        """
        check_not_reading(f"{self.contract.name}.{method}")
        operation = operation or self._operation or given_id() or new_id()
        if self._retries:
            again = partial(Remote.command, method=method, arguments=arguments, operation=operation)
            return await self._patiently(method, again)
        way = self._ways.get(method) or self._way(Kind.COMMAND, method)
        pipeline = self._pipeline
        result: _T
        if pipeline is None:
            result = await self._command(way, method, arguments, operation)
            return result
        call = pipeline.sent(method, arguments, now() + way.timeout, operation)
        result = await pipeline.run(
            call, lambda: self._command(way.carrying(call.headers), method, arguments, operation)
        )
        return result

    async def _command(
        self, way: Way, method: str, arguments: tuple[Any, ...], operation: str
    ) -> Any:
        asked = self._ask(way, arguments, operation)
        try:
            result: Any = await answer_of(asked)
            await self._reflected(asked.wrote)
            return result
        except (CallTimeout, OutcomeUnknown, asyncio.CancelledError):
            self._may_have_written(method, arguments, asked.operation)
            raise
        finally:
            self._note(asked.wrote)

    async def _reflected(self, wrote: tuple[Mark, ...]) -> None:
        """Return when this process's own services reflect what a command changed (D15)."""
        if wrote and (reflected := self._peer.writes.here(wrote)) is not None:
            await reflected

    def _note(self, wrote: tuple[Mark, ...]) -> None:
        """Whoever is answered by what called a command is told of what that changed (D15)."""
        if not wrote:
            return
        outer = CommandScope.current()
        if outer is not None:
            outer.operation.marks.add(wrote)
        else:
            self._peer.writes.loose.add(wrote)

    def stream(
        self,
        method: str,
        arguments: tuple[Any, ...],
        items: AsyncIterable[Any] | None = None,
    ) -> AsyncGenerator[Any, None]:
        """Read a stream. items: what is sent with the call."""
        way, pipeline = self._stream_way(method), self._pipeline
        if pipeline is None:
            return self._stream(way, arguments, items).results()
        call = _sent(pipeline, way, arguments, items)
        return PassingStream(
            pipeline,
            call,
            lambda: aiter(self._stream(way.carrying(call.headers), arguments, items).results()),
        )

    async def open(
        self,
        method: str,
        arguments: tuple[Any, ...],
        items: AsyncIterable[Any] | None = None,
    ) -> tuple[Any, ...]:
        """What comes before a stream, and the stream."""
        way, pipeline = self._stream_way(method), self._pipeline
        if pipeline is None:
            return await self._stream(way, arguments, items).headed()
        call = _sent(pipeline, way, arguments, items)
        return await passing_head(
            pipeline,
            call,
            lambda: self._stream(way.carrying(call.headers), arguments, items).headed(),
        )

    async def send(self, method: str, arguments: tuple[Any, ...], items: AsyncIterable[Any]) -> _T:
        """Call a plain method or a command, and send it what the iterator gives."""
        operation = None
        if isinstance(self.contract.method[method], Command):
            check_not_reading(f"{self.contract.name}.{method}")
            operation = self._operation or given_id() or new_id()
        way, pipeline = self._stream_way(method), self._pipeline
        result: _T
        if pipeline is None:
            result = await self._send(way, arguments, items, operation)
            return result
        call = _sent(pipeline, way, arguments, items, operation)
        try:
            result = await pipeline.run(
                call, lambda: self._send(way.carrying(call.headers), arguments, items, operation)
            )
        finally:
            await aclose(items)  # they may have refused it
        return result

    async def _send(
        self,
        way: Way,
        arguments: tuple[Any, ...],
        items: AsyncIterable[Any],
        operation: str | None,
    ) -> Any:
        if operation is None:
            return await self._stream(way, arguments, items).single()
        asked = self._stream(way, arguments, items, operation)
        try:
            result = await asked.single()
            await self._reflected(asked.wrote)
            return result
        except (CallTimeout, OutcomeUnknown, asyncio.CancelledError):
            self._may_have_written(way.method_name, (*arguments, items), operation)
            raise
        finally:
            self._note(asked.wrote)

    def _may_have_written(self, method: str, arguments: tuple[Any, ...], operation: str) -> None:
        """Nobody here will learn whether a command wrote (O20). A host that answers has told us
        before.
        """
        if self.graph is not None:
            if method in self._asking:
                arguments = self._asking[method].fill(arguments, self._peer.asker)
            keys = DeclaredKeys(self._whole, method, arguments).by_arguments()
            apply(Operation(operation, f"{self.contract.name}.{method}", keys), self.graph)

    def _stream_way(self, method: str) -> Way:
        self._check_home()
        return self._ways.get(method) or self._way(Kind.STREAM, method)

    def _stream(
        self,
        way: Way,
        arguments: tuple[Any, ...],
        items: AsyncIterable[Any] | None,
        operation: str = "",
    ) -> StreamCall:
        sends = self.contract.method[way.method_name].sends
        if sends and not isinstance(items, AsyncIterable):
            problem = f"expected an asynchronous iterator to send, not a {type(items).__name__}"
            raise ArgumentError(f"{self.contract.name}.{way.method_name}", problem)
        data = way.encoded(arguments)
        self._check_size(way, data, operation)
        request = Request(way, data, now() + self._timeout, operation)
        return StreamCall(way, items, partial(self._open_stream, request, arguments))


def _sent(
    pipeline: Pipeline,
    way: Way,
    arguments: tuple[Any, ...],
    items: AsyncIterable[Any] | None,
    operation: str | None = None,
) -> Call:
    """What interceptors are told of a call that streams."""
    given = arguments if items is None else (*arguments, items)
    return pipeline.sent(way.method_name, given, now() + way.timeout, operation)
