"""The NATS subjects: they carry service and principal, so that permissions can name them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

__all__ = ["ANONYMOUS", "CONSOLE", "TOKEN", "Subjects"]

ANONYMOUS: Final = "anonymous"
"""The principal of whoever names none."""
CONSOLE: Final = "console"
"""The principal of the command line."""

TOKEN: Final = re.compile(r"[\w-]+", re.ASCII)
"""What a principal and a client id are made of: nothing that changes the subject around it."""


@dataclass(frozen=True, slots=True)
class Subjects:
    """Subjects below one prefix, which keeps systems that share a broker apart."""

    prefix: str = "fusion"

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

    def client(self, principal: str, cid: str, service: str) -> str:
        """Where the sessions of one client and one service answer; `>` for all services."""
        return f"{self.prefix}.c.{principal}.{cid}.{service}"

    def operations(self, service: str) -> str:
        """Where the hosts of a service tell each other which keys a command invalidated."""
        return f"{self.prefix}.op.{service}"
