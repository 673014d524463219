"""What the hosts of a service write into their table: who is there, and who owns which shard.

`member.<id>` is a host's lease: it is renewed while the host lives. Its time is told by whoever
watches it, on a clock of his own: a member whose record did not change for a whole lease is taken
out, which its next renewal then finds. No clock is compared with another one. `shard.<n>` names the
member that owns a shard; the revision of that record is the fencing token (D20).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

import msgspec

from ..transport import Table

__all__ = ["Claim", "Member", "Register"]


class _Member(msgspec.Struct, frozen=True, array_like=True):
    host: str
    leaving: bool


class Member(NamedTuple):
    """A host that is there. id: new each time that it comes. host: its instance id.
    leaving: it wants no shard any more. revision: of its record.
    """

    id: str
    host: str
    leaving: bool
    revision: int


class Claim(NamedTuple):
    """Who owns a shard: a member's id; empty if it is free. revision: of the record, 0 if none."""

    member: str
    revision: int


_FREE: Final = Claim("", 0)
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Member).decode


class Register:
    """Reads and writes the records."""

    def __init__(self, table: Table) -> None:
        self.table: Final = table

    def members(self) -> Iterator[Member]:
        """The hosts that are there, or were until a short time ago."""
        for key, (value, revision) in self.table.entries.items():
            kind, _, id = key.partition(".")
            if kind == "member":
                record = _decode(value)
                yield Member(id, record.host, record.leaving, revision)

    def member(self, id: str) -> Member | None:
        """That one, if it is there."""
        entry = self.table.entries.get(f"member.{id}")
        if entry is None:
            return None
        record = _decode(entry.value)
        return Member(id, record.host, record.leaving, entry.revision)

    def claim(self, shard: int) -> Claim:
        """Who owns a shard."""
        entry = self.table.entries.get(f"shard.{shard}")
        return _FREE if entry is None else Claim(entry.value.decode(), entry.revision)

    async def renew(self, id: str, host: str, *, leaving: bool, last: int) -> int:
        """Write a member's record: its revision; see `Table.put` for what it raises."""
        return await self.table.put(f"member.{id}", _encode(_Member(host, leaving)), last)

    async def remove(self, id: str, last: int) -> None:
        """Take a member out: from then on it cannot renew, and its shards are free."""
        await self.table.delete(f"member.{id}", last)

    async def write(self, shard: int, member: str, last: int) -> int:
        """Write who owns a shard: the revision, its fencing token."""
        return await self.table.put(f"shard.{shard}", member.encode(), last)
