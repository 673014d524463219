"""Who asks: values that a method takes by their type, and that the transport fills in (W1).

A parameter of one of these types is part of the key, like any other, and no argument: no client can
send or choose it. What a session's principal is worth depends on the broker's permissions (D30).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final, TypeAlias

__all__ = ["IDENTITIES", "Asker", "Identity", "Principal", "Session"]


@dataclass(frozen=True, slots=True)
class Principal:
    """The name under which a process takes part in the system: that of `Host(principal=…)`.

    A process that names none is `anonymous`, as are all others that name none.
    """

    name: str


@dataclass(frozen=True, slots=True)
class Session:
    """One client from its start to its end: a process, until a gateway has others.

    id: whoever knows it may be taken for the client, so no text shows it: `repr` tells sessions
        apart by a digest.
    """

    id: str

    def __repr__(self) -> str:
        digest = hashlib.blake2b(self.id.encode(errors="surrogatepass"), digest_size=4)
        return f"Session(#{digest.hexdigest()})"


Identity: TypeAlias = Principal | Session
IDENTITIES: Final = (Principal, Session)


class Asker:
    """Who makes a call, by each of the types that a method may take.

    principal, cid: of the client's process. Neither has a dot, and one principal cannot listen as
        another, so that no other client has its session.
    """

    __slots__ = ("_known",)

    def __init__(self, principal: str, cid: str) -> None:
        self._known: Final[dict[type[Identity], Identity]] = {
            Principal: Principal(principal),
            Session: Session(f"{principal}.{cid}"),
        }

    def as_(self, cls: type[Identity]) -> Identity:
        """Who it is, as a value of this type."""
        return self._known[cls]
