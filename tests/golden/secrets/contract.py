"""Arguments and results that hold secrets, by each way to mark them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated, Protocol

from fusionrt import Secret, command, compute, service
from pydantic import BaseModel, SecretBytes, SecretStr

Pin = Annotated[str, Secret]


@dataclass(frozen=True)
class Login:
    name: str
    password: Annotated[str, Secret]


class Card(BaseModel, frozen=True):
    owner: str
    number: Annotated[str, Secret]
    code: SecretStr


@service
class Vault(Protocol):
    """What nobody may read over anybody's shoulder."""

    @compute
    async def marked(self, pin: Annotated[str, Secret]) -> int: ...

    @compute
    async def aliased(self, pin: Pin) -> int: ...

    @compute
    async def masked(self, pin: SecretStr, raw: SecretBytes | None = None) -> int: ...

    @compute
    async def within(self, login: Login, cards: tuple[Card, ...] = ()) -> int: ...

    @compute(consolidate=0.01)
    async def merged(self, pin: Annotated[str | None, Secret]) -> int: ...

    @compute
    async def of(self, name: str) -> Login: ...

    @command(
        invalidates=["marked(pin)", "aliased(pin)", "merged(pin)", "of(name)", "within(login)"]
    )
    async def put(self, name: str, pin: Annotated[str, Secret], login: Login) -> Login: ...

    async def check(self, login: Login) -> Card: ...

    def cards(self, pin: Pin) -> AsyncIterator[Card]: ...
