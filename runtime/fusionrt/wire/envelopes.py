"""Envelopes: the frames that travel in one message, and who sent them (D11, D21).

client → host `[cid, principal, gen, last, frames, proof]`;
host → client `[iid, gen, number, frames, proof]`.
"""

from __future__ import annotations

from typing import Any, Generic, TypeVar

import msgspec

from ..errors import WireError
from .frames import Calls, ClientFrame, HostFrame, Natural

__all__ = [
    "BadCalls",
    "ClientEnvelope",
    "FromClient",
    "FromHost",
    "HostEnvelope",
    "decode_client_envelope",
    "decode_host_envelope",
    "encode_client_envelope",
    "encode_host_envelope",
]

_E = TypeVar("_E")
_S = TypeVar("_S")


class BadCalls(msgspec.Struct, frozen=True, gc=False):
    """Stands where calls did not decode, but their ids did: they can be answered."""

    first: int
    count: int

    @property
    def ids(self) -> range:
        """The ids of the calls."""
        return range(self.first, self.first + self.count)


class ClientEnvelope(msgspec.Struct, frozen=True):
    """What a client said.

    gen: the session, as the client named it; at random, below 2^53.
    last: the highest number that it applied: all up to it have arrived.
    damaged: frames that did not decode and were dropped, the `BadCalls` included (D21).
    proof: what the welcome gave it; empty before (D30).
    """

    cid: str
    principal: str
    gen: int
    last: int
    frames: tuple[ClientFrame | BadCalls, ...]
    damaged: int = 0
    proof: bytes = b""


class HostEnvelope(msgspec.Struct, frozen=True):
    """What a host said.

    number: the message's place in the session's sequence, from 1; 0 is outside of it (D1).
    damaged: frames that did not decode: the client lacks something, and resyncs (D11).
    proof: of the session; empty where its host has none of that name (D30).
    """

    iid: str
    gen: int
    number: int
    frames: tuple[HostFrame, ...]
    damaged: int = 0
    proof: bytes = b""


class FromClient(msgspec.Struct, Generic[_S], frozen=True, array_like=True):
    """The shape of a client → host message, around frames of any reading."""

    cid: str
    principal: str
    gen: Natural
    last: Natural
    frames: _S
    proof: bytes = b""


class FromHost(msgspec.Struct, Generic[_S], frozen=True, array_like=True):
    """The shape of a host → client message, around frames of any reading."""

    iid: str
    gen: Natural
    number: Natural
    frames: _S
    proof: bytes = b""


_ERRORS = (msgspec.MsgspecError, ValueError, RecursionError)
_CALLS = Calls.__struct_config__.tag
_encode = msgspec.msgpack.Encoder().encode
_decode_any = msgspec.msgpack.Decoder().decode
_client_frame: msgspec.msgpack.Decoder[ClientFrame] = msgspec.msgpack.Decoder(ClientFrame)
_client_whole = msgspec.msgpack.Decoder(FromClient[tuple[ClientFrame, ...]])
_client_raw = msgspec.msgpack.Decoder(FromClient[tuple[msgspec.Raw, ...]])
_host_frame: msgspec.msgpack.Decoder[HostFrame] = msgspec.msgpack.Decoder(HostFrame)
_host_whole = msgspec.msgpack.Decoder(FromHost[tuple[HostFrame, ...]])
_host_raw = msgspec.msgpack.Decoder(FromHost[tuple[msgspec.Raw, ...]])


def encode_client_envelope(
    cid: str,
    principal: str,
    gen: int,
    last: int,
    frames: tuple[ClientFrame, ...],
    proof: bytes = b"",
) -> bytes:
    """The bytes of one client → host message."""
    return _encode(FromClient(cid, principal, gen, last, frames, proof))


def encode_host_envelope(
    iid: str, gen: int, number: int, frames: tuple[HostFrame, ...], proof: bytes = b""
) -> bytes:
    """The bytes of one host → client message."""
    return _encode(FromHost(iid, gen, number, frames, proof))


def decode_client_envelope(data: bytes) -> ClientEnvelope:
    """Read a client → host message; a bad frame never discards its neighbours (D11).

    Raises WireError if not even the envelope can be read: count it and drop it (D21).
    """
    try:
        whole = _client_whole.decode(data)
        return ClientEnvelope(
            whole.cid, whole.principal, whole.gen, whole.last, whole.frames, 0, whole.proof
        )
    except _ERRORS:
        pass
    raw = _decode_raw(_client_raw, data)
    frames: list[ClientFrame | BadCalls] = []
    damaged = 0
    for frame in raw.frames:
        try:
            frames.append(_client_frame.decode(frame))
        except _ERRORS:
            damaged += 1
            frames.extend(_bad_calls(frame))
    name = raw.cid, raw.principal, raw.gen
    return ClientEnvelope(*name, raw.last, tuple(frames), damaged, raw.proof)


def decode_host_envelope(data: bytes) -> HostEnvelope:
    """Read a host → client message; a bad frame never discards its neighbours (D11).

    Raises WireError if not even the envelope can be read: that is a gap (D11).
    """
    try:
        whole = _host_whole.decode(data)
        return HostEnvelope(whole.iid, whole.gen, whole.number, whole.frames, 0, whole.proof)
    except _ERRORS:
        pass
    raw = _decode_raw(_host_raw, data)
    frames: list[HostFrame] = []
    damaged = 0
    for frame in raw.frames:
        try:
            frames.append(_host_frame.decode(frame))
        except _ERRORS:
            damaged += 1
    return HostEnvelope(raw.iid, raw.gen, raw.number, tuple(frames), damaged, raw.proof)


def _decode_raw(decoder: msgspec.msgpack.Decoder[_E], data: bytes) -> _E:
    try:
        return decoder.decode(data)
    except _ERRORS:
        raise WireError("a message is not an envelope of this protocol: drop it") from None


def _bad_calls(frame: msgspec.Raw) -> tuple[BadCalls, ...]:
    """What is left of calls that did not decode: their ids, if that much of them can be read."""
    try:
        fields: Any = _decode_any(frame)
    except _ERRORS:
        return ()
    match fields:
        case [tag, int(first), *rest] if tag == _CALLS and type(first) is int and first > 0:
            arguments = rest[2] if len(rest) > 2 else ()
            count = len(arguments) if isinstance(arguments, list) and arguments else 1
            return (BadCalls(first, count),) if first + count <= 2**53 else ()
    return ()
