"""Who a broker is and who we are to it, as far as nats-py gets that wrong (D30).

It says user and password to a server without TLS, whatever was asked for. And what a URL holds it
tells in its errors.
"""

from __future__ import annotations

import re
from urllib.parse import SplitResult, urlsplit

import nats.errors

from ..errors import BrokerUnavailable
from .writing import WritingClient

__all__ = ["SigningClient", "parsed_url", "public_url"]

_SEPARATOR = re.compile(r",(?=\s*[a-z]+://)", re.I)
_SECRET = re.compile(r"^(\s*[a-z]+://)?.*@", re.I | re.S)


class SigningClient(WritingClient):
    """demands_tls: nothing is said to a server without it."""

    demands_tls = False

    @property
    def wants_certificate(self) -> bool:
        """Whether the server said that it looks at ours."""
        return bool(self._server_info.get("tls_verify"))

    def _connect_command(self) -> bytes:
        if self.demands_tls and not self._server_info.get("tls_required"):
            raise nats.errors.Error("nats: it does not offer the TLS that is demanded")
        command: bytes = super()._connect_command()
        return command


def public_url(url: str) -> str:
    """The URL, or several with commas between, without the users and passwords in them.

    It need not be a URL that can be read: what may be a password is left out of that, too.
    """
    return ",".join(_SECRET.sub(r"\1", each) for each in _SEPARATOR.split(url))


def parsed_url(url: str) -> SplitResult:
    """Its parts.

    Raises:
        BrokerUnavailable: it cannot be read.
    """
    parts = urlsplit(url if "://" in url else f"nats://{url}")
    try:
        port = parts.port
    except ValueError:  # its text has what may be a password
        port = 0
    if port == 0 or not parts.hostname:
        problem = "this is no URL; in a user and a password, %-encode all but letters and digits"
        raise BrokerUnavailable(public_url(url), problem) from None
    return parts
