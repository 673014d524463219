"""Exceptions that a contract declares: they travel by the name of their class.

With it go their `args` and their public attributes as plain values, those that Python's own
exceptions keep (`filename`, `errno`) included. The fields of an exception that is a dataclass, or
an attrs class, travel as their types say.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import lru_cache
from types import MemberDescriptorType
from typing import Any, Final

import msgspec

from ..errors import UnsupportedType, WireError
from ..graph import str_of
from ..values.codecs import Codec, codec
from ..values.fields import DeclaredField, declared_fields
from ..values.reading import record_style

__all__ = ["declared", "declared_name", "raised"]

_log = logging.getLogger("fusionrt")
_plain: Final = msgspec.msgpack.encode
_PYTHONS: Final = frozenset(
    (
        *("errno", "strerror", "filename", "filename2", "msg", "name", "path"),
        *("lineno", "offset", "text", "end_lineno", "end_offset"),
    )
)
"""What Python's own exceptions keep beside `args` that travels: not `AttributeError.obj`, which is
the host's; nor the places of a `UnicodeError`, which Python uses unchecked."""


class _Declared(msgspec.Struct, array_like=True):
    name: str
    args: list[Any]
    attributes: dict[str, msgspec.Raw]


def declared(name: str, error: Exception) -> bytes:
    """The exception as bytes, as far as it can travel."""
    attributes = dict(_attributes(error))
    for args in _args(error):
        with suppress(Exception):  # some of it cannot travel, whatever it says of that
            return _plain(_Declared(name, args, attributes))
    return _plain(_Declared(name, [], {}))


def _args(error: Exception) -> Iterator[list[Any]]:
    """What may stand for its `args`, the best first."""
    yield list(error.args)
    yield [str_of(error)]


def declared_name(data: bytes) -> str:
    """The name of the class whose instance these bytes are."""
    return msgspec.msgpack.decode(data, type=_Declared).name


def raised(data: bytes, classes: tuple[type[Exception], ...]) -> Exception | None:
    """The exception; None if none of the classes is its own."""
    try:
        found = msgspec.msgpack.decode(data, type=_Declared)
    except (msgspec.MsgspecError, ValueError, RecursionError):  # not of our making (D21)
        return None
    cls = next((each for each in classes if each.__name__ == found.name), None)
    try:
        return None if cls is None else _made(cls, found)
    except Exception:
        _log.exception("%s came from a host, and cannot be made here", found.name)
        return None


def _made(cls: Any, found: _Declared) -> Exception:
    """Without its constructor, which may want other arguments than `args`: it ran on the host.
    Nor are attributes assigned: it may be a frozen dataclass."""
    error: Exception = cls.__new__(cls, *found.args)
    BaseException.args.__set__(error, tuple(found.args))  # type: ignore[attr-defined]
    fields, slots = _fields(cls), _slots(cls)
    values = {name: field.default() for name, (field, _) in fields.items() if field.default}
    for name, raw in found.attributes.items():
        values[name] = _read(raw, fields[name][1] if name in fields else None)
    for name, value in values.items():
        if name in slots:
            slots[name].__set__(error, value)
        else:
            vars(error)[name] = value
    return error


def _read(raw: msgspec.Raw, typed: Codec[Any] | None) -> Any:
    """An attribute; as a plain value if it has no type, or another version gave it another one."""
    if typed is not None:
        with suppress(WireError):
            return typed.decode(raw)
    return msgspec.msgpack.decode(raw)


def _attributes(error: Exception) -> Iterator[tuple[str, msgspec.Raw]]:
    """Those that can travel."""
    cls: Any = type(error)
    fields, slots = _fields(cls), _slots(cls)
    for name in dict.fromkeys((*vars(error), *slots)):
        if name in fields or not name.startswith("_"):
            encode = fields[name][1].encode if name in fields else _plain
            with suppress(Exception):  # it is unset, or stays at home
                value = getattr(error, name)
                if value is not None or name not in slots or not _is_pythons(slots[name]):
                    yield name, msgspec.Raw(encode(value))


@lru_cache(maxsize=1024)
def _fields(cls: Any) -> Mapping[str, tuple[DeclaredField, Codec[Any]]]:
    """The typed fields of an exception, with their codecs; none of a plain class."""
    style = record_style(cls)
    if style is None:
        return {}
    try:
        return {field.name: (field, codec(field.tp)) for field in declared_fields(cls, style)}
    except UnsupportedType:
        return {}


@lru_cache(maxsize=1024)
def _slots(cls: Any) -> Mapping[str, MemberDescriptorType]:
    """Where a class keeps attributes beside its `__dict__`."""
    return {
        name: member
        for base in reversed(cls.__mro__)
        for name, member in vars(base).items()
        if isinstance(member, MemberDescriptorType)
        if name in _PYTHONS or not _is_pythons(member)
    }


def _is_pythons(member: MemberDescriptorType) -> bool:
    """Whether Python's own class keeps the attribute, which then reads as None while it is unset;
    set to None it would be shown."""
    return member.__objclass__.__module__ == "builtins"
