"""Exceptions that a contract declares: they travel by the name of their class.

With it go their `args` and their attributes as values of no declared type (`values.untyped`), those
that Python's own exceptions keep (`filename`, `errno`) included. The fields of an exception that is
a dataclass, or an attrs class, travel as their types say. No constructor of the user's runs where
it arrives.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from functools import lru_cache
from types import BuiltinFunctionType, MemberDescriptorType
from typing import Any, Final

import msgspec

from ..errors import UnsupportedType, WireError
from ..graph import str_of
from ..seldom import Seldom
from ..values.codecs import Codec, codec
from ..values.fields import DeclaredField, declared_fields
from ..values.reading import record_style
from ..values.shapes import spell
from ..values.untyped import decode_untyped, encode_untyped

__all__ = ["check_declared", "declared", "declared_name", "raised"]

_seldom = Seldom(logging.getLogger("fusionrt"))
_PLACES: Final[Mapping[type[UnicodeError], tuple[str, ...]]] = {
    UnicodeDecodeError: ("encoding", "object", "start", "end", "reason"),
    UnicodeEncodeError: ("encoding", "object", "start", "end", "reason"),
    UnicodeTranslateError: ("object", "start", "end", "reason"),
}
"""What these keep, which Python uses unchecked: only their own initialisers set it."""
_PYTHONS: Final = frozenset(
    (
        *("errno", "strerror", "filename", "filename2", "msg", "name", "path"),
        *("lineno", "offset", "text", "end_lineno", "end_offset"),
        *(name for names in _PLACES.values() for name in names),
    )
)
"""What Python's own exceptions keep beside `args` that travels: not `AttributeError.obj`, which is
the host's."""


class _Declared(msgspec.Struct, array_like=True):
    name: str
    args: msgspec.Raw
    attributes: dict[str, msgspec.Raw]


def check_declared(cls: Any) -> None:
    """Refuse a class whose instances cannot arrive.

    Raises:
        UnsupportedType: none can be made without its constructor, or a typed field cannot travel.
    """
    _fields(cls)
    try:
        _allocated(cls, ())
    except TypeError as problem:
        raise UnsupportedType(
            spell(cls),
            f"cannot be in `raises`: nothing but its constructor makes one ({problem}); raise an "
            "exception of your own from it",
        ) from problem


def declared(cls: type[Exception], error: Exception) -> bytes:
    """The exception as bytes, as far as it can travel.

    cls: the class that the contract declares, of which it is an instance.
    """
    attributes = dict(_attributes(error))
    return msgspec.msgpack.encode(_Declared(cls.__name__, _args(cls, error), attributes))


def _args(cls: type[Exception], error: Exception) -> msgspec.Raw:
    """Its `args`; its text, if they cannot travel or the declared class would not say it."""
    if type(error).__str__ is cls.__str__:
        with suppress(Exception):  # some of it cannot travel, whatever it says of that
            return msgspec.Raw(encode_untyped(list(error.args)))
    return msgspec.Raw(encode_untyped([str_of(error)]))


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
        return None if cls is None else _made(cls, decode_untyped(found.args), found.attributes)
    except Exception:
        _seldom.exception("%s came from a host, and cannot be made here", found.name)
        return None


def _made(cls: Any, args: list[Any], attributes: Mapping[str, msgspec.Raw]) -> Exception:
    """Without its constructor, which may want other arguments than `args`: it ran on the host.
    Nor are attributes assigned: it may be a frozen dataclass."""
    error = _allocated(cls, args)
    fields, slots = _fields(cls), _slots(cls)
    values = {name: field.default() for name, (field, _) in fields.items() if field.default}
    for name, raw in attributes.items():
        values[name] = _read(raw, fields[name][1] if name in fields else None)
    _set_places(error, values)
    BaseException.args.__set__(error, tuple(args))  # type: ignore[attr-defined]
    for name, value in values.items():
        if name in slots:
            slots[name].__set__(error, value)
        else:
            vars(error)[name] = value
    return error


def _allocated(cls: Any, args: Iterable[Any]) -> Exception:
    """By the nearest class of Python's own: a `__new__` of the user's runs on the host."""
    own = (vars(base).get("__new__") for base in cls.__mro__)
    make: Any = next(each for each in own if isinstance(each, BuiltinFunctionType))
    error: Exception = make(cls, *args)
    return error


def _set_places(error: Exception, values: dict[str, Any]) -> None:
    """Take what a `UnicodeError` keeps out of the values, and set it.

    Raises:
        TypeError, ValueError, KeyError: it is none of Python's making (D21).
    """
    for cls, names in _PLACES.items():
        if isinstance(error, cls):
            kept = {name: values.pop(name) for name in names if name in values}
            if kept and kept["start"] < 0:
                raise ValueError("a UnicodeError does not start before its text")
            cls.__init__(error, *kept.values())


def _read(raw: msgspec.Raw, typed: Codec[Any] | None) -> Any:
    """An attribute; as one of no type if another version gave it another one."""
    if typed is not None:
        with suppress(WireError):
            return typed.decode(raw)
    return decode_untyped(raw)


def _attributes(error: Exception) -> Iterator[tuple[str, msgspec.Raw]]:
    """Those that can travel."""
    cls: Any = type(error)
    fields, slots = _fields(cls), _slots(cls)
    for name in dict.fromkeys((*vars(error), *slots)):
        if name in fields or not name.startswith("__"):
            encode = fields[name][1].encode if name in fields else encode_untyped
            with suppress(Exception):  # it is unset, or stays at home
                value = getattr(error, name)
                if value is not None or name not in slots or not _is_pythons(slots[name]):
                    yield name, msgspec.Raw(encode(value))


@lru_cache(maxsize=1024)
def _fields(cls: Any) -> Mapping[str, tuple[DeclaredField, Codec[Any]]]:
    """The typed fields of an exception, with their codecs; none of a plain class.

    Raises:
        UnsupportedType: one of them cannot travel.
    """
    style = record_style(cls)
    if style is None:
        return {}
    return {field.name: (field, codec(field.tp)) for field in declared_fields(cls, style)}


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
