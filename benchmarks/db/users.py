"""The table, and the two bodies that every way to use them shares."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import DateTime
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from fusionrt.sql import Database

from .contracts import User
from .generated.users import UsersService

__all__ = ["COUNT", "Base", "Row", "UsersInSql", "fill", "look_up", "rename"]

COUNT = 1_000


class Base(DeclarativeBase):
    """Of the table."""


class Row(Base):
    """A user."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    version: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    modified_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    name: Mapped[str]


async def look_up(db: Database, id: int) -> User | None:
    """As an application does it: a session of the pool, and an entity by its key."""
    async with db.read() as session:
        row = await session.get(Row, id)
        return None if row is None else _user(row)


async def rename(db: Database, id: int, name: str) -> None:
    """Read, change, commit; in a command, with the operation."""
    async with db.begin() as session:
        row = await session.get_one(Row, id)
        row.name, row.version, row.modified_at = name, row.version + 1, datetime.now(UTC)


@dataclass
class UsersInSql(UsersService):
    """With the same bodies."""

    db: Database

    async def get(self, id: int) -> User | None:
        return await look_up(self.db, id)

    async def rename(self, id: int, name: str) -> None:
        await rename(self.db, id, name)


async def fill(db: Database) -> None:
    """Users 0 … 999."""
    await db.create_all(Base.metadata)
    now = datetime.now(UTC)
    async with db.begin() as session:
        session.add_all(
            Row(id=id, version=1, created_at=now, modified_at=now, name=f"user {id}")
            for id in range(COUNT)
        )


def _user(row: Row) -> User:
    return User(row.id, row.version, row.created_at, row.modified_at, row.name)
