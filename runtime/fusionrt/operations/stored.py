"""`StoredOperation`: an operation as the logs keep it, and as hosts tell each other of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec

from ..contract import ANY
from ..table import Contract
from ..values.codecs import codec
from .operation import Key, Operation

__all__ = [
    "StoredKey",
    "StoredOperation",
    "decoded_keys",
    "encoded_keys",
    "from_stored",
    "stored",
    "whole",
]


class StoredKey(msgspec.Struct, array_like=True, frozen=True):
    """method: empty for the whole service. arguments: each by its codec; None stands for `ANY`."""

    service: str
    method: str = ""
    arguments: tuple[bytes | None, ...] = ()


class StoredOperation(msgspec.Struct, array_like=True, frozen=True):
    """id: unique. iid: of the host that ran it. command: its name, for people.
    result: what it returned, encoded; None of one that failed (O13, O20).
    """

    id: str
    iid: str
    command: str
    keys: tuple[StoredKey, ...]
    result: bytes | None = None

    def encode(self) -> bytes:
        """As bytes."""
        return _encode(self)

    @staticmethod
    def decode(data: bytes) -> StoredOperation:
        """From bytes.

        Raises:
            msgspec.DecodeError: it is none.
        """
        return _decode(data)


_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(StoredOperation).decode
_decode_keys: Final = msgspec.msgpack.Decoder(tuple[StoredKey, ...]).decode


def encoded_keys(keys: tuple[StoredKey, ...]) -> bytes:
    """As bytes, for a log that keeps them apart."""
    return _encode(keys)


def decoded_keys(data: bytes) -> tuple[StoredKey, ...]:
    """From bytes.

    Raises:
        msgspec.DecodeError: they are none.
    """
    return _decode_keys(data)


def stored(operation: Operation, iid: str) -> StoredOperation:
    """What a log keeps of an operation."""
    keys = tuple(dict.fromkeys(map(_to_stored, operation.keys)))
    return StoredOperation(operation.id, iid, operation.command, keys, operation.result)


def whole(services: Iterable[str]) -> tuple[StoredKey, ...]:
    """The keys that stand for all results of these services."""
    return tuple(map(StoredKey, services))


def _to_stored(key: Key) -> StoredKey:
    name = key.contract.name
    if key.method is None:
        return StoredKey(name)
    try:
        types = key.contract.resolved.signatures[key.method].parameters
        arguments = tuple(
            None if argument is ANY else codec(tp).encode(argument)
            for tp, argument in zip(types, key.arguments, strict=True)
        )
    except Exception:
        return StoredKey(name)  # no key of this contract: `apply` has reported it
    return StoredKey(name, key.method, arguments)


def from_stored(contract: Contract, key: StoredKey) -> Key:
    """What cannot be understood, for another version of the contract wrote it, is all (O14)."""
    try:
        types = contract.resolved.signatures[key.method].parameters
        arguments = tuple(
            ANY if argument is None else codec(tp).decode(argument)
            for tp, argument in zip(types, key.arguments, strict=True)
        )
    except Exception:
        return Key(contract, None)
    return Key(contract, key.method, arguments)
