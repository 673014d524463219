"""`None` on a path skips the key, unless the parameter takes `None`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from fusionrt import ANY, command, compute, service
from msgspec import Struct


class Address(NamedTuple):
    city: str | None
    zip: str


class Person(Struct, frozen=True):
    name: str
    address: Address | None = None

    @property
    def initial(self) -> str | None:
        return self.name[:1] or None


@dataclass
class Parcel:
    sender: Person | None
    lines: list[Person] | None = None
    weights: dict[str, float] = field(default_factory=dict)


@service
class Post(Protocol):
    @compute
    async def of(self, city: str, name: str = "") -> int: ...

    @compute
    async def maybe(self, city: str | None) -> int: ...

    @command(
        invalidates=[
            "of(parcel.sender.address.city)",
            "of(parcel.sender.initial, name=parcel.sender.name)",
            "maybe(parcel.sender.address.city)",
            "maybe(None)",
            "of(line.address.zip, line.name) for line in parcel.lines",
            "of(key, ANY) for key in parcel.weights",
            "of(person.name) for person in result",
            "of(note)",
        ]
    )
    async def send(self, parcel: Parcel, note: str | None) -> tuple[Person, ...] | None: ...


__all__ = ["ANY", "Post"]
