# ruff: noqa: UP045
"""Without `from __future__ import annotations`: quoted names, quoted unions, quotes inside."""

from typing import Annotated, Literal, Optional, Protocol

from fusionrt import command, compute, service
from pydantic import BaseModel, ConfigDict, Field


@service
class Notes(Protocol):
    """Notes, and who may see them."""

    @compute
    async def find(self, key: "Key") -> "Note | None": ...

    @compute
    async def names(
        self,
        mode: Literal["all", "mine"] = "all",
        prefix: 'Optional["str"]' = None,  # pyrefly: ignore[not-a-type]
    ) -> "tuple['str', ...]": ...  # pyrefly: ignore[not-a-type]

    @command(invalidates=["find(note.key)", "names('all', note.text)", "names('mine', None)"])
    async def save(self, note: "Note", text: Annotated["str", Field(max_length=9)]) -> None: ...


class Key(BaseModel):
    model_config = ConfigDict(frozen=True)

    id: str


class Note(BaseModel):
    key: Key
    text: str
