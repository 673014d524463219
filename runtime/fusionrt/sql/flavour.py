"""`Flavour`: what PostgreSQL and SQLite say differently."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Insert, Table
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from ..operations import Fate

__all__ = ["Flavour", "Receipt"]

Receipt = tuple[int, ...]
"""Names a transaction that is about to be committed, for who must ask what became of it."""


class Flavour(Protocol):
    """One kind of database. A position is a text: all that it includes was committed before it."""

    @property
    def notifies(self) -> bool:
        """Whether who stores an operation tells the others by the database."""

    def engines(self, url: URL, options: Mapping[str, Any]) -> tuple[AsyncEngine, AsyncEngine]:
        """One that writes, and one that can only read."""

    @property
    def moment(self) -> ColumnElement[float]:
        """The database's clock, in seconds since 1970."""

    @property
    def position(self) -> ColumnElement[str]:
        """What the statement sees that this is in."""

    def after(self, position: str) -> ColumnElement[bool]:
        """Operations that were not visible there: all of them, in whatever order they came."""

    def before(self, positions: list[str]) -> ColumnElement[bool]:
        """Operations that were visible at each of them; it need not be all of these."""

    def follows(self, position: str, last: str) -> bool:
        """Whether it came later in the same history: no other server took over, no backup."""

    def insert(self, table: Table) -> Insert:
        """That does nothing where its row is there already."""

    async def store(self, connection: AsyncConnection, row: dict[str, Any]) -> Receipt | None:
        """Write an operation, as the last thing before COMMIT; None if its id is there."""

    async def receipt(self, connection: AsyncConnection) -> Receipt:
        """The same where nothing is to be stored."""

    async def fate(self, connection: AsyncConnection, id: str, receipt: Receipt) -> Fate:
        """What became of a transaction; open as long as it may still commit (O12).

        connection: another one. id: of the operation that it stored; empty if it stored none.
        """

    def in_transaction(self, driver: Any) -> bool:
        """Whether the database said so with its last answer.

        driver: its connection.
        """

    def reading(self, connection: AsyncConnection) -> AbstractAsyncContextManager[None]:
        """The database refuses writes, in the midst of a transaction that may have written."""

    def stored(self, engine: AsyncEngine) -> AsyncGenerator[str, None]:
        """The host of each operation that is stored from now on; the first is empty, for what was
        stored before nobody has heard. It ends, or raises something, when the connection is lost.
        """

    def refuses(self, error: BaseException) -> bool:
        """Whether a value that was asked for is none of its column, and others might be."""

    def conflicts(self, error: BaseException) -> bool:
        """Whether the driver says: others were in the way, try again."""
