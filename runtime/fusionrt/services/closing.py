"""A body that is given an iterator, called in its own process: however it ends, the iterator is
closed, as it is when the items come from another process (D19).
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from ..primitives import aclose
from ..table import Contract, Stream

__all__ = ["closing", "closing_last"]


def closing(contract: Contract, method: str, body: Callable[..., Any]) -> Callable[..., Any]:
    """The body of a plain method or of a stream, which closes what it is given as its last
    argument.
    """
    signature = contract.signature(method)
    *_, name = signature.parameters

    def given(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        return signature.bind(*args, **kwargs).arguments[name]

    declared = contract.method[method]
    if isinstance(declared, Stream) and declared.headed:

        @functools.wraps(body)
        async def headed(self: Any, /, *args: Any, **kwargs: Any) -> tuple[Any, ...]:
            items = given(args, kwargs)
            try:
                *head, results = await body(self, *args, **kwargs)
            except BaseException:
                await aclose(items)
                raise
            return (*head, _stream(results, items))

        return headed

    if inspect.iscoroutinefunction(body):

        @functools.wraps(body)
        async def plain(self: Any, /, *args: Any, **kwargs: Any) -> Any:
            items = given(args, kwargs)
            try:
                return await body(self, *args, **kwargs)
            finally:
                await aclose(items)

        return plain

    @functools.wraps(body)
    def stream(self: Any, /, *args: Any, **kwargs: Any) -> AsyncIterator[Any]:
        return _stream(body(self, *args, **kwargs), given(args, kwargs))

    return stream


def closing_last(body: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """What the user wrote for a command, which takes all arguments by position."""

    async def command(*arguments: Any) -> Any:
        try:
            return await body(*arguments)
        finally:
            await aclose(arguments[-1])

    return command


async def _stream(results: AsyncIterator[Any], items: Any) -> AsyncIterator[Any]:
    try:
        async for result in results:
            yield result
    finally:
        await aclose(results)
        await aclose(items)
