"""The cookie that tells browsers apart: made by a gateway, and only by a gateway (W1, W8)."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Final, NamedTuple

from starlette.requests import HTTPConnection

from ..primitives import now

__all__ = ["Browser", "Cookies", "Renewed"]

AGE: Final = 30 * 24 * 3600
"""Seconds that a browser keeps it."""
ON_ITS_WAY: Final = 60.0
"""Seconds that the answer may take which sets another one."""
MOST: Final = 10_000
"""Cookies that are known not to be used any more."""
_BYTES: Final = 24
_CODE: Final = 16


class Browser(NamedTuple):
    """Who comes. principal: one word, from which the cookie cannot be told; it is the id of its
    `Session`, too. cookie: the header that sets it; empty if it was shown.
    """

    principal: str
    cookie: str = ""


class Cookies:
    """Makes cookies, and knows its own again.

    name: of the cookie. key: all gateways of a system have the same.
    """

    def __init__(self, name: str, key: bytes) -> None:
        self._name: Final = name
        self._key: Final = hashlib.blake2b(key, digest_size=32).digest()

    def browser(self, connection: HTTPConnection) -> Browser:
        """Who makes a request: as its cookie says, if a gateway made that; else somebody new."""
        shown = self.shown(connection)
        if shown:
            return Browser(shown)
        return self.renewed(connection)

    def renewed(self, connection: HTTPConnection) -> Browser:
        """Whoever it was, somebody new."""
        made = self._made()
        secure = "; Secure" if connection.url.scheme in ("https", "wss") else ""
        attributes = f"Max-Age={AGE}; Path=/; HttpOnly; SameSite=Lax{secure}"
        return Browser(_principal(made), f"{self._name}={made}; {attributes}")

    def shown(self, connection: HTTPConnection) -> str:
        """The principal of a browser that was here before; empty of any other one."""
        cookie = connection.cookies.get(self._name, "")
        return _principal(cookie) if self._is_ours(cookie) else ""

    def _made(self) -> str:
        id = secrets.token_hex(_BYTES)
        return f"{id}.{self._code(id)}"

    def _is_ours(self, shown: str) -> bool:
        id, _, code = shown.partition(".")
        return hmac.compare_digest(code.encode(), self._code(id).encode())

    def _code(self, id: str) -> str:
        data = id.encode(errors="surrogatepass")
        return hashlib.blake2b(data, key=self._key, digest_size=_CODE).hexdigest()


class Renewed:
    """Browsers that have been given another cookie, and may come once more with the one before: the
    answer that sets it is on its way.
    """

    def __init__(self) -> None:
        self._since: Final[dict[str, float]] = {}

    def add(self, principal: str) -> None:
        """It has another one now."""
        self._since[principal] = now()
        while len(self._since) > MOST:
            del self._since[next(iter(self._since))]

    def __contains__(self, principal: str) -> bool:
        since = self._since.get(principal)
        return since is not None and now() - since < ON_ITS_WAY


def _principal(cookie: str) -> str:
    return "page-" + hashlib.blake2b(cookie.encode(), digest_size=_CODE).hexdigest()
