"""`tests.services.contracts.Notes` in a table, with code that looks like plain SQLAlchemy."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from fusionrt import Host, LogStatistics
from fusionrt.operations import OpenLog
from fusionrt.sql import Database
from tests.services.contracts import Note
from tests.services.memory import NotesInMemory

__all__ = ["Base", "Row", "Shelf", "ShelfHost", "serving"]


class Base(DeclarativeBase):
    """Of the tables of the tests."""


class Row(Base):
    """A note."""

    __tablename__ = "notes"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    owner: Mapped[str]
    text: Mapped[str]
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's way


def _note(row: Row) -> Note:
    return Note(row.id, row.owner, row.text)


@dataclass
class Shelf(NotesInMemory):
    """The commands of a test may do more than these."""

    db: Database = field(kw_only=True)

    async def get(self, id: int) -> Note | None:
        self.ran.append(f"get {id}")
        async with self.db.read() as session:
            row = await session.get(Row, id)
            return None if row is None else _note(row)

    async def ids(self, owner: str, *, tag: str = "", limit: int = 20) -> tuple[int, ...]:
        async with self.db.read() as session:
            rows = select(Row.id).where(Row.owner == owner).order_by(Row.id).limit(limit)
            return tuple((await session.scalars(rows)).all())

    async def put(self, note: Note) -> Note:
        self.ran.append(f"put {note.text}")
        async with self.db.begin() as session:
            row = await session.get(Row, note.id)
            if row is None:
                session.add(Row(id=note.id, owner=note.owner, text=note.text))
            else:
                row.owner, row.text = note.owner, note.text
        return note

    async def touch(self, id: int) -> Note:
        async with self.db.begin() as session:
            row = await session.get_one(Row, id)
            row.text += "!"
            return _note(row)


@dataclass
class ShelfHost:
    """A host with its own connections to the database, as if it were alone in a process."""

    db: Database
    host: Host
    notes: Shelf

    @property
    def open_log(self) -> OpenLog:
        """Its log, as the host uses it."""
        log = self.host._open().commits.nudges.log
        assert log is not None
        return log

    @property
    def log(self) -> LogStatistics:
        """What the host has to do with its log."""
        log = self.host.statistics().log
        assert log is not None
        return log


@asynccontextmanager
async def serving(nats: str, url: str, cls: type[Shelf] = Shelf) -> AsyncIterator[ShelfHost]:
    """A host that serves the notes in this database."""
    async with Database(url) as db, Host(nats, log=db.log()) as host:
        notes = cls(db=db)
        await host.serve(notes)
        yield ShelfHost(db, host, notes)
