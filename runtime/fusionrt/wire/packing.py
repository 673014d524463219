"""Large messages made smaller, where both ends have said that they can (D21).

A packed message is a zstd frame: its first byte begins no envelope, so it needs no mark. Each end
says in its hello, or welcome, what it can unpack; nothing else is sent to it packed.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, Final, TypeVar

from ..errors import MissingPackage, WireError

__all__ = ["SMALL", "ZSTD", "Packing", "forms_of", "unpacking"]

ZSTD: Final = "zstd"
"""What it is called in a hello."""
SMALL: Final = 4096
"""Bytes below which packing costs more than it saves."""
LEVEL: Final = 1
"""Halves what results are made of, 16 KiB in 30 µs; level 3 takes half as long again for 2 % less.
(LZ4 takes 13 µs, and leaves 73 % of them.)"""
WORTH: Final = 0.9
"""A message that stays larger than this share of itself is sent as it is."""
MOST_SPARED: Final = 64
"""After messages that were not worth it, so many are not tried, at most."""

_T = TypeVar("_T")

_PACKED: Final = 0x28
"""The first byte of a zstd frame; an envelope begins with that of an array."""


def forms_of(packing: Packing | None) -> tuple[str, ...]:
    """What this end says that it can unpack."""
    return () if packing is None else (ZSTD,)


def unpacking(packing: Packing | None, decode: Callable[[bytes], _T]) -> Callable[[bytes], _T]:
    """What reads messages, packed ones too if this end takes them."""
    if packing is None:
        return decode
    return lambda data: decode(packing.unpack(data))


class Packing:
    """Of one process. The messages of a sender whose last ones did not get smaller are spared.

    most: bytes that a message may become when it is unpacked.

    Raises:
        MissingPackage: the extra `zstd` is not installed.
    """

    def __init__(self, most: int) -> None:
        self._most: Final = most
        self._zstd: Final = _zstd()
        self._compressor: Final = self._zstd.ZstdCompressor(level=LEVEL)
        window = self._zstd.DecompressionParameter.window_log_max
        lowest, highest = window.bounds()
        needed = max(most, 1024).bit_length()
        self._options: Final = {window: min(max(needed, lowest), highest)}
        self._spare, self._spared = 0, 0

    def pack(self, data: bytes) -> bytes:
        """The message, smaller if that is worth it."""
        if len(data) < SMALL:
            return data
        if self._spared:
            self._spared -= 1
            return data
        packed: bytes = self._compressor.compress(data, self._compressor.FLUSH_FRAME)
        if len(packed) <= len(data) * WORTH:
            self._spare = 0
            return packed
        self._spare = self._spared = min(2 * self._spare + 1, MOST_SPARED)
        return data

    def unpack(self, data: bytes) -> bytes:
        """The message as it was; one that is not packed is itself.

        Raises:
            WireError: it is no such frame, or would become too large: it is not unpacked to see.
        """
        if not data or data[0] != _PACKED:
            return data
        zstd = self._zstd
        try:
            size = zstd.get_frame_info(data).decompressed_size
            if size is None or size > self._most:
                raise WireError("a packed message does not say its size, or is too large: drop it")
            decompressor = zstd.ZstdDecompressor(options=self._options)
            whole: bytes = decompressor.decompress(data, max_length=self._most + 1)
        except zstd.ZstdError:
            raise WireError("a packed message cannot be unpacked: drop it") from None
        if len(whole) != size or not decompressor.eof or decompressor.unused_data:
            raise WireError("a packed message is not what it says: drop it")
        return whole


def _zstd() -> Any:
    """The module of Python 3.14, or its backport."""
    try:
        if sys.version_info >= (3, 14):
            from compression import zstd
        else:
            from backports import zstd
    except ImportError:
        raise MissingPackage("compression of messages", "fusiongen[zstd]") from None
    return zstd
