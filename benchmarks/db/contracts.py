"""What is looked up: a user by id, of a thousand, and one writer's command."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from fusionrt import command, compute, service

__all__ = ["User", "Users"]


@dataclass(frozen=True, slots=True)
class User:
    """The fields of ActualLab's `TestItem`."""

    id: int
    version: int
    created_at: datetime
    modified_at: datetime
    name: str


@service
class Users(Protocol):
    """Users in a table."""

    @compute
    async def get(self, id: int) -> User | None: ...

    @command(invalidates=["get(id)"])
    async def rename(self, id: int, name: str) -> None: ...
