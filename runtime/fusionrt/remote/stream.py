"""`RemoteStream`: a stream as the typed client hands it out."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from typing import Any

from ..rpc import Failed, Incoming
from ..wire.codecs import Codec

__all__ = ["RemoteStream"]


class RemoteStream(AsyncGenerator[Any, None]):
    """Decodes the items. Its host stops when it is closed or dropped; nothing can be sent to it."""

    def __init__(
        self, incoming: Incoming, codec: Codec[Any], error_of: Callable[[Failed], Exception]
    ) -> None:
        self._incoming = incoming
        self._codec = codec
        self._error_of = error_of

    async def __anext__(self) -> Any:
        try:
            payload = await anext(self._incoming)
        except Failed as failed:
            raise self._error_of(failed) from None
        return self._codec.decode(payload)

    async def asend(self, value: None) -> Any:
        """The next item."""
        return await anext(self)

    async def athrow(self, *error: Any) -> Any:
        """Stop reading, and raise this."""
        self._incoming.give_up()
        return await super().athrow(*error)

    async def aclose(self) -> None:
        """Stop reading."""
        self._incoming.give_up()

    def __del__(self) -> None:
        self._incoming.give_up()
