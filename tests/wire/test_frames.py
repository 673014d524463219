"""Frames and envelopes on the wire: their bytes, their sizes, their schema."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fusionrt.errors import WireError
from fusionrt.wire.batch import batches, chunks, overhead, size
from fusionrt.wire.digest import Digest, method_id, mix
from fusionrt.wire.envelopes import (
    BadCalls,
    decode_client_envelope,
    decode_host_envelope,
    encode_client_envelope,
    encode_host_envelope,
)
from fusionrt.wire.frames import (
    Bye,
    Calls,
    Cancel,
    ClientFrame,
    Encoding,
    Farewell,
    HostFrame,
    Kind,
    Resync,
)
from fusionrt.wire.proofs import LENGTH
from fusionrt.wire.schema import frames_schema

from .frame_samples import CLIENT, HOST, client_frames, host_frames

SCHEMA = Path(__file__).parents[2] / "schemas" / "frames.schema.json"


def test_calls_on_the_wire_are_arrays_of_scalars_and_bytes() -> None:
    """Exactly these, so that a client in another language can be written from the schema."""
    call = Calls(
        1, Kind.COMMAND, 0xFFFF_FFFF, (b"\x91\x01",), Encoding.JSON, 500, ("op",), (("a", "b"),)
    )
    data = encode_client_envelope("c", "p", 2**53 - 1, 7, (call, Bye()), b"proof")
    assert msgspec.msgpack.decode(data) == [
        "c",
        "p",
        2**53 - 1,
        7,
        [[1, 1, 2, 0xFFFF_FFFF, [b"\x91\x01"], 1, 500, ["op"], [["a", "b"]]], [7]],
        b"proof",
    ]


@given(st.lists(client_frames, max_size=5))
def test_client_frames_survive_the_wire(frames: list[ClientFrame]) -> None:
    """Whatever a client says arrives as it was said."""
    envelope = decode_client_envelope(encode_client_envelope("c", "p", 3, 4, tuple(frames), b"x"))
    assert (envelope.cid, envelope.principal, envelope.gen, envelope.last) == ("c", "p", 3, 4)
    assert envelope.proof == b"x"
    assert envelope.frames == tuple(frames)
    assert envelope.damaged == 0


@given(st.lists(host_frames, max_size=5))
def test_host_frames_survive_the_wire(frames: list[HostFrame]) -> None:
    """Whatever a host says arrives as it was said."""
    envelope = decode_host_envelope(encode_host_envelope("h", 3, 4, tuple(frames), b"x"))
    assert (envelope.iid, envelope.gen, envelope.number) == ("h", 3, 4)
    assert envelope.proof == b"x"
    assert envelope.frames == tuple(frames)
    assert envelope.damaged == 0


def test_D11_a_bad_frame_discards_no_neighbour() -> None:
    """An unknown tag, a wrong type, a missing field: only that frame is lost."""
    bads: list[object] = [[99, 1], [2, "x"], [1, 5], {}, None, [], 17, [2, -1], [2, 2**60]]
    for bad in bads:
        data = msgspec.msgpack.encode(["c", "p", 1, 0, [[2, 1], bad, [2, 3]]])
        envelope = decode_client_envelope(data)
        assert [frame for frame in envelope.frames if isinstance(frame, Cancel)] == [
            Cancel(1),
            Cancel(3),
        ]
        assert envelope.damaged == 1
        assert (BadCalls(5, 1) in envelope.frames) is (bad == [1, 5])
        answer = msgspec.msgpack.encode(["h", 1, 1, [[40], bad, [40]]])
        assert decode_host_envelope(answer).frames == (Farewell(), Farewell())
        assert decode_host_envelope(answer).damaged == 1


def test_a_newer_peer_may_append_fields() -> None:
    """They are ignored."""
    data = msgspec.msgpack.encode(["c", "p", 1, 0, [[2, 1, "new"]], b"", "new"])
    assert decode_client_envelope(data).frames == (Cancel(1),)


def test_D21_what_is_no_envelope_raises_one_error() -> None:
    """Nested a million deep, declared to be huge, or simply something else."""
    for data in (b"", b"\xc1", b"\x91" * 1_000_000, b"\xdd\xff\xff\xff\xff", b"\x95\x01", b"null"):
        with pytest.raises(WireError):
            decode_client_envelope(data)
        with pytest.raises(WireError):
            decode_host_envelope(data)


@pytest.mark.parametrize("frame", [*CLIENT, *HOST], ids=lambda frame: type(frame).__name__)
def test_no_frame_is_larger_than_its_bound(frame: ClientFrame | HostFrame) -> None:
    """The bound that batching goes by is never too low."""
    assert len(msgspec.msgpack.encode(frame)) <= size(frame)


@given(st.one_of(client_frames, host_frames))
def test_no_frame_ever_is_larger_than_its_bound(frame: ClientFrame | HostFrame) -> None:
    """Whatever it holds."""
    assert len(msgspec.msgpack.encode(frame)) <= size(frame)


@given(st.text(max_size=50), st.lists(client_frames, max_size=20))
def test_no_envelope_is_larger_than_its_bound(name: str, frames: list[ClientFrame]) -> None:
    """The sum of its frames' bounds, and the overhead of the names in it."""
    data = encode_client_envelope(name, name, 2**53 - 1, 2**53 - 1, tuple(frames), bytes(LENGTH))
    assert len(data) <= overhead(name, name) + sum(map(size, frames))


@given(st.lists(client_frames, max_size=30), st.integers(1, 2000))
def test_batches_keep_order_and_size(frames: list[ClientFrame], limit: int) -> None:
    """Every frame once, in order; a batch is over the limit only if it has a single frame."""
    cut: list[tuple[ClientFrame, ...]] = list(batches(frames, limit))
    assert [frame for batch in cut for frame in batch] == frames
    assert all(len(batch) == 1 or sum(map(size, batch)) <= limit for batch in cut)
    for one, other in pairwise(cut):
        assert sum(map(size, one)) + size(other[0]) > limit, "no batch could take one more"


def test_an_empty_list_is_one_last_part() -> None:
    """So that an answer is sent even if there is nothing to list."""
    assert list(chunks((), 3)) == [((), True)]
    assert list(chunks((1, 2, 3), 3)) == [((1, 2, 3), True)]
    assert list(chunks((1, 2, 3, 4), 3)) == [((1, 2, 3), False), ((4,), True)]


def test_method_ids_are_stable() -> None:
    """FNV-1a, so that every language gets these numbers."""
    assert method_id("") == 0x811C9DC5
    assert method_id("a") == 0xE40C292C
    assert method_id("foobar") == 0xBF9CF968


@given(st.sets(st.integers(1, 2**53 - 1), max_size=20), st.randoms())
def test_D12_a_digest_depends_on_the_set_alone(ids: set[int], random: Any) -> None:
    """Not on the order in which ids came and went; and it tells neighbouring ids apart."""
    one, other = Digest(), Digest()
    for id in sorted(ids):
        one.add(id)
    for id in [2**53, *random.sample(sorted(ids), len(ids))]:
        other.add(id)
    other.remove(2**53)
    assert (one.count, one.value) == (other.count, other.value)
    assert 0 <= one.value < 2**32


def test_D12_sets_of_the_same_size_have_different_digests() -> None:
    """No pair of small ids has the digest of another pair."""
    pairs = [mix(a) ^ mix(b) for a in range(1, 200) for b in range(a + 1, 200)]
    assert len(set(pairs)) > len(pairs) * 0.999
    assert mix(1) != mix(1 + 2**32)


def test_the_schema_is_up_to_date() -> None:
    """`schemas/frames.schema.json` is what the frames say."""
    assert json.loads(SCHEMA.read_text(encoding="utf-8")) == frames_schema()


def test_every_reference_of_the_schema_resolves() -> None:
    """And every frame is described, with the names of its elements."""
    schema = frames_schema()
    text = json.dumps(schema)
    names = {part.split('"')[0] for part in text.split('"#/$defs/')[1:]}
    assert names <= set(schema["$defs"])
    assert {type(frame).__name__ for frame in (*CLIENT, *HOST)} <= set(schema["$defs"])
    titles = [item["title"] for item in schema["$defs"]["Resync"]["prefixItems"]]
    assert titles == ["tag", *Resync.__struct_fields__]
