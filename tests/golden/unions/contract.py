# ruff: noqa: UP007, UP045
"""Unions: of scalars that look alike, of records, nested in containers and in each other."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Optional, Protocol, Union
from uuid import UUID

from fusionrt import compute, service
from pydantic import BaseModel


@dataclass(frozen=True)
class Cat:
    name: str


@dataclass(frozen=True)
class Dog:
    name: str


class Fish(BaseModel, frozen=True):
    name: str


Pet = Cat | Dog | Fish


@service
class Zoo(Protocol):
    @compute
    async def number(self, value: int | bool | float) -> str: ...

    @compute
    async def text(self, value: Union[str, Union[Decimal, UUID]] | None = None) -> str: ...

    @compute
    async def pet(self, pet: Pet, when: date | datetime) -> Optional[Pet]: ...

    @compute
    async def pets(self, pets: tuple[Cat | Dog, ...]) -> dict[str, list[Pet | None]]: ...
