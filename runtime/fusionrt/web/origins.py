"""Which pages may speak to a gateway, a browser says where a page comes from (W8); and where the
servers of a site are.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from ..errors import ArgumentError
from ..seldom import Seldom

__all__ = ["Origins", "listed"]

_log = logging.getLogger("fusionrt")


class Origins:
    """Pages of the same host, and of those that are listed.

    Who names no origin is no browser: it brings no cookie that is not its own.
    """

    def __init__(self, listed: Iterable[str]) -> None:
        self._listed: Final = frozenset(listed)
        self._seldom: Final = Seldom(_log)

    def allow(self, connection: HTTPConnection) -> bool:
        """Whether the page that makes this request may."""
        origin = connection.headers.get("origin")
        if origin is None:
            return True
        origin = origin.lower()
        if origin in self._listed or _place(origin) == connection.headers.get("host", "").lower():
            return True
        self._seldom.warning(
            "a page of the origin %.200r was refused; see Gateway(origins=…)", origin
        )
        return False


def listed(option: str, given: Iterable[str], scheme: str = r"[a-z][\w+.-]*") -> tuple[str, ...]:
    """Origins that a gateway is given, as browsers write them.

    Raises:
        ArgumentError: something is none; one text is not taken for the origins of its letters.
    """
    texts = [given] if isinstance(given, str) else list(given)
    form = re.compile(scheme + r"://[^\s/?#@]+/?", re.IGNORECASE)
    wrong = [each for each in texts if not (isinstance(each, str) and form.fullmatch(each))]
    if wrong or isinstance(given, str):
        problem = f"{option}: expected origins, such as ['https://app.example.com'], not {given!r}"
        raise ArgumentError("Gateway", problem)
    return tuple(each.rstrip("/").lower() for each in texts)


def _place(origin: str) -> str | None:
    """The host and port of an origin; None for `null`, and what is none."""
    try:
        return urlsplit(origin).netloc or None
    except ValueError:
        return None
