"""Codecs against bytes that nobody honest sends (D21)."""

from __future__ import annotations

import asyncio
import dataclasses
import tracemalloc
from contextlib import suppress
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, field_validator

from fusionrt.errors import WireError
from fusionrt.values.codecs import codec
from tests.sizes import size
from tests.values.random_types import KINDS
from tests.values.zoo import MODELS, MUTABLE, RECORDS, Kind, Tree

_KINDS = st.sampled_from([*RECORDS, *MODELS, *MUTABLE]) | KINDS
_plain = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(0, 3), inner),
    max_leaves=8,
)


@pytest.mark.search
@settings(max_examples=size(37, 300), deadline=None)
@given(kind=_KINDS, data=st.binary(max_size=64) | _plain.map(msgspec.msgpack.encode))
@example(kind=Kind(Tree, st.nothing()), data=b"\x91" * 100_000)
@example(kind=Kind(Any, st.nothing()), data=b"\x81\xa1a" * 100_000)
def test_D21_any_bytes_decode_or_raise_wire_error(kind: Kind, data: bytes) -> None:
    """Random bytes and random well-formed data end in a value of the type or in a WireError."""
    with suppress(WireError):
        codec(kind.tp).encode(codec(kind.tp).decode(data))


@pytest.mark.search
@settings(max_examples=size(37, 300), deadline=None)
@given(data=st.data(), kind=_KINDS)
def test_D21_damaged_values_decode_or_raise_wire_error(data: st.DataObject, kind: Kind) -> None:
    """An encoded value with one byte changed, or cut short, ends the same way."""
    whole = bytearray(codec(kind.tp).encode(data.draw(kind.values)))
    place = data.draw(st.integers(0, len(whole) - 1))
    whole[place] = data.draw(st.integers(0, 255))
    for damaged in (bytes(whole), bytes(whole[:place])):
        with suppress(WireError):
            codec(kind.tp).decode(damaged)


@pytest.mark.search
@settings(max_examples=size(12, 100), deadline=None)
@given(kind=_KINDS, data=st.binary(max_size=32) | st.text().map(str.encode))
def test_D21_any_text_decodes_as_json_or_raises_wire_error(kind: Kind, data: bytes) -> None:
    """The same holds for JSON."""
    with suppress(WireError):
        codec(kind.tp).decode_json(data)


@pytest.mark.parametrize("tp", [list[int], tuple[int, ...], frozenset[str | Decimal], Any])
def test_D21_a_declared_length_allocates_nothing(tp: Any) -> None:
    """Five bytes that announce four billion items cost no memory."""
    subject = codec(tp)
    tracemalloc.start()
    try:
        for head in (b"\xdd", b"\xdf", b"\xdb", b"\xc6"):
            with pytest.raises(WireError):
                subject.decode(head + b"\xff\xff\xff\xff")
        assert tracemalloc.get_traced_memory()[1] < 100_000
    finally:
        tracemalloc.stop()


@dataclasses.dataclass(frozen=True)
class Guarded:
    kind: str
    extra: str | Decimal = ""

    def __post_init__(self) -> None:
        if self.kind == "value":
            raise ValueError("this kind is not allowed")
        if self.kind == "bug":
            raise KeyError("secret path")
        if self.kind == "cancelled":
            raise asyncio.CancelledError("secret path")
        if self.kind == "stop":
            raise KeyboardInterrupt


@dataclasses.dataclass(frozen=True)
class NativeGuarded:
    kind: str

    def __post_init__(self) -> None:
        Guarded(self.kind)


class GuardedModel(BaseModel):
    kind: str

    @field_validator("kind")
    @classmethod
    def _check(cls, kind: str) -> str:
        return Guarded(kind).kind


@pytest.mark.parametrize("tp", [Guarded, NativeGuarded, GuardedModel])
def test_D21_a_validators_words_reach_the_sender_and_a_bugs_do_not(tp: Any) -> None:
    """A ValueError's text is in the refusal; of any other exception it says nothing."""
    with pytest.raises(WireError, match="this kind is not allowed"):
        codec(tp).decode(msgspec.msgpack.encode({"kind": "value"}))
    with pytest.raises(WireError) as refused:
        codec(tp).decode(msgspec.msgpack.encode({"kind": "bug"}))
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("tp", [Guarded, NativeGuarded, GuardedModel])
def test_D29_whatever_a_users_class_raises_costs_its_own_value(tp: Any) -> None:
    """A `CancelledError`, too, for nothing is awaited: the values beside it arrive, and whoever
    reads them goes on. Only what stops the process does.
    """
    good, bad, stop = (
        msgspec.msgpack.encode({"kind": kind}) for kind in ("good", "cancelled", "stop")
    )
    values, problem = codec(tp).decode_until([good, bad, good])
    assert [value.kind for value in values] == ["good"]
    assert isinstance(problem, WireError)
    with pytest.raises(WireError) as refused:
        codec(tp).decode_json(b'{"kind": "cancelled"}')
    assert "secret" not in f"{problem} {refused.value}"
    for decode in (codec(tp).decode, lambda data: codec(tp).decode_all([data])):
        with pytest.raises(KeyboardInterrupt):
            decode(stop)


def test_D21_a_refusal_does_not_repeat_the_value() -> None:
    """What pydantic was given is not in its message, and a message has a bounded length."""

    class Login(BaseModel):
        password: str

    with pytest.raises(WireError) as refused:
        codec(Login).decode(msgspec.msgpack.encode({"passwort": "hunter2" * 1000}))
    assert "hunter2" not in str(refused.value)
    assert "password" in str(refused.value)
    assert len(str(refused.value)) <= 500
