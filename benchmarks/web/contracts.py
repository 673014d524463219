"""What pages show: texts by key, each with the moment at which it was written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from fusionrt import command, compute, service

__all__ = ["Texts", "Written"]


@dataclass(frozen=True, slots=True)
class Written:
    """at: nanoseconds on the machine's clock, which all processes share."""

    at: int
    text: str


@service
class Texts(Protocol):
    """A table of texts."""

    @compute
    async def get(self, key: int) -> Written: ...

    @command(invalidates=["get(key) for key in keys"])
    async def write(self, keys: tuple[int, ...]) -> None: ...
