"""Who asks: values that a method takes by their type, and that the transport fills in (W1).

A parameter of one of these types is part of the key, like any other, and no argument: no client can
send or choose it. What a session's principal is worth depends on the broker's permissions (D30).
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Final, TypeAlias

__all__ = ["ANONYMOUS", "IDENTITIES", "Asker", "Identity", "Principal", "Session"]

ANONYMOUS: Final = "anonymous"
"""The principal of whoever names none."""


@dataclass(frozen=True, slots=True)
class Principal:
    """The name under which a process takes part in the system: that of `Host(principal=…)`.

    A process that names none is `anonymous`, as are all others that name none.
    """

    name: str


@dataclass(frozen=True, slots=True)
class Session:
    """One client from its start to its end: a process, or a browser that comes by a gateway, which
    has one from one sign-in to the next.

    id: whoever knows it may be taken for the client, so no text shows it: `repr` tells sessions
        apart by a digest.
    """

    id: str

    def __repr__(self) -> str:
        digest = hashlib.blake2b(self.id.encode(errors="surrogatepass"), digest_size=4)
        return f"Session(#{digest.hexdigest()})"


Identity: TypeAlias = Principal | Session
IDENTITIES: Final = (Principal, Session)


_BROWSER: Final = re.compile(r"[\w-]{1,100}", re.ASCII)


class Asker:
    """Who makes a call, by each of the types that a method may take.

    is_gateway: it makes calls for browsers, too.
    """

    __slots__ = ("_known", "is_gateway")

    def __init__(self, principal: str, cid: str, *, is_gateway: bool = False) -> None:
        """principal, cid: of the client's process. Neither has a dot, and one principal cannot
        listen as another, so that no other client has its session.
        """
        self.is_gateway: Final = is_gateway
        self._known: dict[type[Identity], Identity] = {
            Principal: Principal(principal),
            Session: Session(f"{principal}.{cid}"),
        }

    @classmethod
    def browser(cls, session: str) -> Asker:
        """Who comes by a gateway, and is anonymous: only the application knows who signed in. What
        the gateway is, its browsers are not.

        session: has no dot, so that it is never that of a process.

        Raises:
            ValueError: it has one, or is too long.
        """
        if not _BROWSER.fullmatch(session):
            raise ValueError("the session of a browser is a word of letters, digits, _ and -")
        asker = cls(ANONYMOUS, "")
        asker._known[Session] = Session(session)
        return asker

    def as_(self, cls: type[Identity]) -> Identity:
        """Who it is, as a value of this type."""
        return self._known[cls]
