"""Classes whose values travel as their text: paths, network addresses, time zones; and pydantic's
URLs and secrets.

Their equality is not always that of their text (a `ZoneInfo` equals only itself), so it is the text
that names them in a key.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from ipaddress import (
    IPv4Address,
    IPv4Interface,
    IPv4Network,
    IPv6Address,
    IPv6Interface,
    IPv6Network,
)
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath
from typing import Any, Final, NamedTuple, get_args
from zoneinfo import ZoneInfo

__all__ = ["ADDRESSES", "TextForm", "text_form"]


class TextForm(NamedTuple):
    """How a value becomes text and back.

    made: the class that `read` makes instances of.
    write: raises a ValueError for a value that has no text.
    read: raises a ValueError or a LookupError for a text that is none of a value.
    """

    made: type
    write: Callable[[Any], str]
    read: Callable[[str], Any]


def text_form(cls: type) -> TextForm | None:
    """The text form of a class; None if its values have none."""
    if cls in _TEXTS:
        return _TEXTS[cls]
    bases = {f"{base.__module__}.{base.__qualname__}" for base in cls.__mro__}
    if not bases.isdisjoint(_URLS):
        return TextForm(cls, str, cls)
    if "pydantic.types.SecretStr" in bases:
        return TextForm(cls, lambda value: str(value.get_secret_value()), cls)
    return None


_URLS: Final = ("pydantic.networks._BaseUrl", "pydantic.networks._BaseMultiHostUrl")


def _path(cls: Any) -> TextForm:
    # With `/` on every system: the other end may be another one.
    return TextForm(type(cls()), PurePath.as_posix, cls)


def _address(cls: Any) -> TextForm:
    return TextForm(cls, cls.__str__, cls)  # an interface is an address: then without its mask


def _zone(value: ZoneInfo) -> str:
    if value.key is None:
        raise ValueError("a time zone without a key has no name")
    return value.key


ADDRESSES: Final = {
    "Address": IPv4Address | IPv6Address,
    "Interface": IPv4Interface | IPv6Interface,
    "Network": IPv4Network | IPv6Network,
}
"""By what it names: that of either version."""
_TEXTS: Final[Mapping[Any, TextForm]] = {
    **{cls: _path(cls) for cls in (Path, PurePath, PurePosixPath, PureWindowsPath)},
    **{cls: _address(cls) for pair in ADDRESSES.values() for cls in get_args(pair)},
    ZoneInfo: TextForm(ZoneInfo, _zone, ZoneInfo),
}
