"""Bytes and frames that no honest peer sends (D21): errors and counted drops, never a crash."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fusionrt.errors import WireError
from fusionrt.wire import host_events as he
from fusionrt.wire import kept
from fusionrt.wire.digest import Digest
from fusionrt.wire.envelopes import (
    HostEnvelope,
    decode_client_envelope,
    decode_host_envelope,
    encode_client_envelope,
    encode_host_envelope,
)
from fusionrt.wire.frames import ClientFrame, Ending, HostFrame, Kind
from fusionrt.wire.states import ClientState
from tests.sizes import size

from .frame_samples import CLIENT, HOST, client_frames, host_frames
from .session_pair import Pair, plain

SHORT_CLIENT = [frame for frame in CLIENT if len(repr(frame)) < 1000]
SHORT_HOST = [frame for frame in HOST if len(repr(frame)) < 1000]


def mutations(data: bytes) -> Iterator[bytes]:
    """Every truncation; every byte with each of its bits flipped, and as the oddest markers."""
    for index in range(len(data)):
        yield data[:index]
        flips = [data[index] ^ (1 << bit) for bit in range(8)]
        for value in (*flips, 0x00, 0xC1, 0xDD, 0xDF, 0xFF):
            yield data[:index] + bytes([value]) + data[index + 1 :]


@pytest.mark.parametrize("frame", SHORT_CLIENT, ids=lambda frame: type(frame).__name__)
def test_D21_no_mutation_of_a_client_message_breaks_a_host(frame: ClientFrame) -> None:
    """It is an envelope or it is not; if it is, the session lives on and answers."""
    pair = Pair()
    for data in mutations(encode_client_envelope("c1", "p1", 42, 1, (frame,))):
        try:
            envelope = decode_client_envelope(data)
        except WireError:
            continue
        told = pair.host.receive(envelope, pair.now)
        for answer in pair.host.outgoing():
            assert decode_host_envelope(answer).damaged == 0
        if any(isinstance(event, he.Closed) for event in told):
            pair = Pair()


@pytest.mark.parametrize("frame", SHORT_HOST, ids=lambda frame: type(frame).__name__)
def test_D21_no_mutation_of_a_host_message_breaks_a_client(frame: HostFrame) -> None:
    """It is an envelope or it is not; if it is, the session lives on."""
    pair = Pair()
    for data in mutations(encode_host_envelope("h1", 42, 2, (frame,))):
        try:
            envelope = decode_host_envelope(data)
        except WireError:
            pair.client.gap(pair.now)
        else:
            pair.client.receive(envelope, pair.now)
        pair.client.events()
        for _, answer in pair.client.outgoing(pair.now):
            assert decode_client_envelope(answer).damaged == 0
        if pair.client.state is ClientState.GONE:
            pair = Pair()
        pair.client.call(plain(Kind.STREAM))


@pytest.mark.search
@settings(max_examples=size(37, 300), deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.lists(client_frames, max_size=6)), max_size=8))
def test_D21_no_frames_of_a_client_break_a_host(
    messages: list[tuple[int, list[ClientFrame]]],
) -> None:
    """Well-formed nonsense: every id stays accounted for, and the digest true."""
    pair = Pair()
    host = pair.host
    for last, frames in messages:
        envelope = pair.said(last, *frames)
        for event in host.receive(envelope, pair.now):
            match event:
                case he.CallsReceived(calls) if calls.kind is Kind.STREAM:
                    for id in calls.ids:
                        host.item(id, b"item")
                case he.CallsReceived(calls):
                    for id in calls.ids:
                        if id % 3:
                            host.result(id, b"result", keep=id % 3 == 1)
                case he.KeepAliveReceived():
                    host.acknowledge(event, (1, 2))
                case he.Consumed(id):
                    host.end(id, Ending("code", "message"))
                case he.Closed():
                    assert host.statistics().registered == 0
        for data in host.outgoing():
            assert decode_host_envelope(data).damaged == 0
    digest = Digest()
    for id in host._registry:
        digest.add(id)
    told = host._registry.digest
    assert (digest.count, digest.value) == (told.count, told.value)
    words = [word for _, word, *_ in host._kept._words]
    assert host.statistics().kept_bytes == sum(map(kept.bytes_of, words))
    assert host._kept._count == sum(map(kept.count_of, words))


@pytest.mark.search
@settings(max_examples=size(37, 300), deadline=None)
@given(st.lists(st.tuples(st.integers(0, 6), st.lists(host_frames, max_size=6)), max_size=8))
def test_D21_no_frames_of_a_host_break_a_client(
    messages: list[tuple[int, list[HostFrame]]],
) -> None:
    """Well-formed nonsense: every id stays accounted for, and the digest true."""
    pair = Pair()
    client = pair.client
    for number, frames in messages:
        for kind in Kind:
            client.call(plain(kind))
        client.outgoing(pair.now)
        client.receive(HostEnvelope("h1", 42, number, tuple(frames), 0, pair.proof), pair.now)
        client.events()
        pair.wait(0.5)
    before = client._calls.digest
    client._calls.listed()
    if client.state is not ClientState.GONE:
        after = client._calls.digest
        assert (before.count, before.value) == (after.count, after.value)
