"""`RemoteStream`: a stream as the typed client hands it out."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any, Self

from ..rpc import Failed, Incoming
from ..wire.codecs import Codec

__all__ = ["RemoteStream"]


class RemoteStream(AsyncIterator[Any]):
    """Decodes the items. Its host stops when it is closed or dropped."""

    def __init__(
        self, incoming: Incoming, codec: Codec[Any], error_of: Callable[[Failed], Exception]
    ) -> None:
        self._incoming = incoming
        self._codec = codec
        self._error_of = error_of

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Any:
        try:
            payload = await anext(self._incoming)
        except Failed as failed:
            raise self._error_of(failed) from None
        return self._codec.decode(payload)

    async def aclose(self) -> None:
        """Stop reading."""
        self._incoming.give_up()

    def __del__(self) -> None:
        self._incoming.give_up()
