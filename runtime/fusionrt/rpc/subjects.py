"""The NATS subjects: they carry service and principal, so that permissions can name them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, NamedTuple

from ..errors import InvalidSubject
from ..identity import ANONYMOUS
from ..transport import check_subject

__all__ = ["ANONYMOUS", "CONSOLE", "TOKEN", "Place", "Subjects"]

CONSOLE: Final = "console"
"""The principal of the command line."""

TOKEN: Final = re.compile(r"[\w-]+", re.ASCII)
"""What a principal and a client id are made of: nothing that changes the subject around it."""
_WILDCARD: Final = re.compile(r"[*>]")


class Place(NamedTuple):
    """Where a service is called.

    found: where a host of it is asked for. spoken: where one is spoken to, in front of its instance
        id; empty if that is there as well, for there is no other. answered: where it answers.
    """

    found: str
    spoken: str
    answered: str

    def host(self, iid: str) -> str:
        """Where one host is spoken to."""
        return f"{self.spoken}.{iid}" if self.spoken else self.found


@dataclass(frozen=True, slots=True)
class Subjects:
    """Subjects below one prefix, which keeps systems that share a broker apart."""

    prefix: str = "fusion"

    def __post_init__(self) -> None:
        """Raises:
        InvalidSubject: nothing can be published below the prefix.
        """
        if _WILDCARD.search(check_subject(self.prefix)):
            raise InvalidSubject(self.prefix)

    def hosts(self, service: str) -> str:
        """Where a client finds a host: one of the service's queue group answers."""
        return f"{self.prefix}.q.{service}"

    def host(self, service: str, iid: str) -> str:
        """What one host listens on, for one of its services."""
        return f"{self.prefix}.i.{service}.{iid}"

    def shard(self, service: str, shard: int | str) -> str:
        """Where a client finds the host that owns a shard; `*` for all of them."""
        return f"{self.prefix}.s.{service}.{shard}"

    def table(self, service: str) -> str:
        """The table of who owns which shard of a service: the name of a JetStream bucket."""
        return re.sub(r"[^\w-]", "_", f"{self.prefix}-{service}", flags=re.ASCII)

    def place(self, service: str, principal: str, cid: str) -> Place:
        """Where this client calls a service, whoever serves it."""
        spoken = f"{self.prefix}.i.{service}"
        return Place(self.hosts(service), spoken, self.client(principal, cid, service))

    def back(self, service: str, client: tuple[str, str], principal: str, cid: str) -> Place:
        """Where a host, whose own client is the last two, calls what one of its clients offers."""
        return Place(self.offered(*client, service), "", self.returned(principal, cid, service))

    def offered(self, principal: str, cid: str, service: str) -> str:
        """What a client listens on for calls of what it offers to its hosts."""
        return self.client(principal, cid, f"call.{service}")

    def returned(self, principal: str, cid: str, service: str) -> str:
        """Where a client answers the calls of a host."""
        return self.client(principal, cid, f"back.{service}")

    def client(self, principal: str, cid: str, service: str) -> str:
        """Where the sessions of one client and one service answer; `>` for all services."""
        return f"{self.prefix}.c.{principal}.{cid}.{service}"

    def operations(self, service: str) -> str:
        """Where the hosts of a service tell each other which keys a command invalidated."""
        return f"{self.prefix}.op.{service}"

    @property
    def log(self) -> str:
        """What is below this is in the operation log of JetStream."""
        return f"{self.prefix}.log"

    @property
    def events(self) -> str:
        """What is below this is told to other systems, in a stream of JetStream."""
        return f"{self.prefix}.events"

    @property
    def event_stream(self) -> str:
        """That stream."""
        return re.sub(r"[^\w-]", "_", f"{self.prefix}-events", flags=re.ASCII)

    @property
    def stream(self) -> str:
        """The stream that has it, unless another one was named."""
        return re.sub(r"[^\w-]", "_", f"{self.prefix}-log", flags=re.ASCII)
