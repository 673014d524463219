"""Large messages made smaller, and what comes of bytes that are none of that (D21)."""

from __future__ import annotations

import random
import sys
from typing import Any

import msgspec
import pytest

from fusionrt.errors import MissingPackage, WireError
from fusionrt.wire.envelopes import decode_host_envelope, encode_host_envelope
from fusionrt.wire.frames import Results
from fusionrt.wire.packing import MOST_SPARED, SMALL, Packing, _zstd, unpacking

zstd: Any = _zstd()
MOST = 1024 * 1024
TEXT = b"a hundred bowls of tea, " * 2000
ENVELOPE = encode_host_envelope("h1", 42, 1, (Results(7, (1,), (TEXT,), False),))


@pytest.fixture
def packing() -> Packing:
    """With the default limit of a broker."""
    return Packing(MOST)


def test_a_message_is_smaller_and_the_same_afterwards(packing: Packing) -> None:
    """Whatever its size, as long as it fits into a message."""
    for size in (SMALL, 2 * SMALL, 100_000, MOST):
        data = (TEXT * (size // len(TEXT) + 1))[:size]
        packed = packing.pack(data)
        assert len(packed) < size / 10
        assert packing.unpack(packed) == data


def test_what_is_small_or_does_not_get_smaller_travels_as_it_is(packing: Packing) -> None:
    """And after a few of these the next ones are not tried, up to some number of them."""
    small = b"x" * (SMALL - 1)
    assert packing.pack(small) is small
    noise = random.Random(1).randbytes(2 * SMALL)
    tried = 0
    for _ in range(1000):
        if not packing._spared:
            tried += 1
        assert packing.pack(noise) is noise
    assert tried < 10 + 1000 / MOST_SPARED
    while packing._spared:
        packing.pack(noise)
    assert packing.pack(TEXT) != TEXT
    assert packing._spare == 0


def test_no_envelope_begins_as_a_packed_message_does(packing: Packing) -> None:
    """So a receiver needs no mark, and a message that is not packed costs it a look."""
    assert packing.unpack(ENVELOPE) is ENVELOPE
    read = unpacking(packing, decode_host_envelope)
    assert read(packing.pack(ENVELOPE)) == read(ENVELOPE)


def test_D21_a_bomb_is_refused_by_what_it_says_and_by_what_it_does(packing: Packing) -> None:
    """A hundred megabytes in three kilobytes; and one that lies about its size, or hides it."""
    bomb = zstd.compress(bytes(100 * 1024 * 1024))
    assert len(bomb) < 10_000
    hidden = zstd.compress(
        bytes(10 * MOST), options={zstd.CompressionParameter.content_size_flag: 0}
    )
    wide = zstd.compress(bytes(1000), options={zstd.CompressionParameter.window_log: 27})
    for data in (bomb, hidden):
        with pytest.raises(WireError, match="too large"):
            packing.unpack(data)
    assert packing.unpack(wide) == bytes(1000)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: data[:-3],
        lambda data: data[:4],
        lambda data: data[:1],
        lambda data: data + b"more",
        lambda data: data + data,
        lambda data: data[:20] + bytes(20) + data[40:],
    ],
    ids=["cut", "header", "first byte", "more", "twice", "overwritten"],
)
def test_D21_bytes_that_are_no_packed_message_are_an_error(packing: Packing, spoil: Any) -> None:
    """Never another exception, never other bytes than those that were packed."""
    packed = packing.pack(msgspec.msgpack.encode([*range(4000)]))
    with pytest.raises(WireError, match="packed message"):
        packing.unpack(spoil(packed))


def test_D21_any_flipped_bit_is_an_error_or_the_same_length(packing: Packing) -> None:
    """What the frame cannot see, the decoder of envelopes judges."""
    packed = packing.pack(TEXT)
    for index in range(len(packed)):
        for bit in range(8):
            data = bytearray(packed)
            data[index] ^= 1 << bit
            try:
                whole = packing.unpack(bytes(data))
            except WireError:
                continue
            assert len(whole) <= MOST


def test_what_is_not_installed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """With what to install."""
    for name in ("compression", "backports", "backports.zstd"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(MissingPackage, match=r"fusiongen\[zstd\]"):
        Packing(MOST)
