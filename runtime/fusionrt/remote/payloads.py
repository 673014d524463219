"""`Payloads`: the bytes of results that were told last: many clients ask for one, at once."""

from __future__ import annotations

from typing import Final

from ..wire.frames import Encoding

__all__ = ["Payloads"]

MOST: Final = 256 * 1024
"""Bytes that are kept, and one result: of what is told next, all may be new."""
EACH: Final = 200
"""Bytes that an entry takes beside its payload, about."""


class Payloads:
    """Of one method, by the versions of its results, which are never used twice. What many clients
    hold is encoded once, and takes the memory of one until all of them have it.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[int, Encoding], bytes] = {}
        self._size = 0

    def find(self, version: int, encoding: Encoding) -> bytes | None:
        """Those of a result; None if they are to be made."""
        return self._known.get((version, encoding))

    def add(self, version: int, encoding: Encoding, payload: bytes) -> None:
        """They were made."""
        if self._size > MOST:
            self._known.clear()
            self._size = 0
        self._known[version, encoding] = payload
        self._size += len(payload) + EACH
