"""Which pages may speak to a gateway: a browser says where a page comes from (W8)."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

__all__ = ["Origins"]

_log = logging.getLogger("fusionrt")


class Origins:
    """Pages of the same host, and of those that are listed.

    Who names no origin is no browser: it brings no cookie that is not its own.
    """

    def __init__(self, listed: Iterable[str]) -> None:
        self._listed: Final = frozenset(each.rstrip("/").lower() for each in listed)

    def allow(self, connection: HTTPConnection) -> bool:
        """Whether the page that makes this request may."""
        origin = connection.headers.get("origin")
        if origin is None:
            return True
        origin = origin.lower()
        if origin in self._listed or _place(origin) == connection.headers.get("host", "").lower():
            return True
        _log.warning("a page of the origin %.200r was refused; see Gateway(origins=…)", origin)
        return False


def _place(origin: str) -> str | None:
    """The host and port of an origin; None for `null`, and what is none."""
    try:
        return urlsplit(origin).netloc or None
    except ValueError:
        return None
