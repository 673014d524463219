"""The file of a `ClientCache`: SQLite, used by one thread at a time."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, Self

from ..errors import CacheUnavailable
from .name import Name

__all__ = ["Store"]

ROOM: Final = 0.9
"""What is left of the most bytes when there were more: not every write has to make room."""
BUSY: Final = 5.0
"""Seconds that another process may take to write."""

_APPLICATION: Final = 0x66757372
_VERSION: Final = 1
_TABLES: Final = """
CREATE TABLE IF NOT EXISTS results (
    owner TEXT NOT NULL, method TEXT NOT NULL, arguments BLOB NOT NULL,
    payload BLOB NOT NULL, used REAL NOT NULL,
    PRIMARY KEY (owner, method, arguments)
) WITHOUT ROWID
"""
_ALL: Final = "SELECT method, arguments, payload FROM results WHERE owner = ?"
_KEEP: Final = "INSERT OR REPLACE INTO results VALUES (?, ?, ?, ?, ?)"
_USED: Final = "UPDATE results SET used = ? WHERE owner = ? AND method = ? AND arguments = ?"
_FORGET: Final = "DELETE FROM results WHERE owner = ? AND method = ? AND arguments = ?"
_SIZE: Final = "SELECT TOTAL(LENGTH(arguments) + LENGTH(payload)) FROM results"
_MAKE_ROOM: Final = """
DELETE FROM results WHERE (owner, method, arguments) IN (
    SELECT owner, method, arguments FROM (
        SELECT owner, method, arguments, SUM(LENGTH(arguments) + LENGTH(payload)) OVER (
            ORDER BY used DESC, owner, method, arguments
        ) AS size FROM results
    ) WHERE size > ?
)
"""


class Store:
    """Every method may raise `CacheUnavailable`."""

    def __init__(self, path: Path, database: sqlite3.Connection) -> None:
        self._path = path
        self._database = database

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open the file, and make it if it is not there: for this system's user alone."""
        try:
            with suppress(FileExistsError):
                os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            database = sqlite3.connect(
                path, timeout=BUSY, isolation_level=None, check_same_thread=False
            )
        except (OSError, sqlite3.Error) as error:
            raise CacheUnavailable(str(path), str(error)) from None
        store = cls(path, database)
        try:
            store._prepare()
        except CacheUnavailable:
            database.close()
            raise
        return store

    def _prepare(self) -> None:
        """Nothing of another program's is touched."""
        with self._told():
            application, version, tables = (
                self._database.execute(query).fetchone()[0]
                for query in (
                    "PRAGMA application_id",
                    "PRAGMA user_version",
                    "SELECT COUNT(*) FROM sqlite_master",
                )
            )
            if tables and application != _APPLICATION:
                raise CacheUnavailable(str(self._path), "it is the database of something else")
            self._database.execute("PRAGMA journal_mode=WAL")
            self._database.execute("PRAGMA synchronous=NORMAL")
            self._database.execute("PRAGMA secure_delete=ON")
            if tables and version != _VERSION:
                self._database.execute("DROP TABLE results")
            self._database.execute(_TABLES)
            self._database.execute(f"PRAGMA application_id={_APPLICATION}")
            self._database.execute(f"PRAGMA user_version={_VERSION}")

    def read(self, owner: str) -> dict[Name, bytes]:
        """All that is known for somebody."""
        with self._told():
            rows = self._database.execute(_ALL, (owner,))
            return {Name(method, arguments): payload for method, arguments, payload in rows}

    def write(
        self,
        owner: str,
        now: float,
        learned: Mapping[Name, bytes | None],
        used: Iterable[Name],
        most: int,
    ) -> None:
        """Keep what was learned, or is so no more; what was not used for longest makes room.

        now: for their order, in seconds; it outlives processes. most: bytes of all.
        """
        kept = {name: payload for name, payload in learned.items() if payload is not None}
        forgotten = learned.keys() - kept.keys()
        with self._transaction():
            execute = self._database.executemany
            execute(_FORGET, ((owner, *name) for name in forgotten))
            execute(_USED, ((now, owner, *name) for name in used))
            execute(_KEEP, ((owner, *name, payload, now) for name, payload in kept.items()))
            if self._database.execute(_SIZE).fetchone()[0] > most:
                self._database.execute(_MAKE_ROOM, (int(most * ROOM),))

    def clear(self, owner: str) -> None:
        """Forget all that is known for somebody; it is overwritten in the file."""
        with self._transaction():
            self._database.execute("DELETE FROM results WHERE owner = ?", (owner,))
        with self._told():
            self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._told():
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._database.execute("COMMIT")
            except BaseException:
                if self._database.in_transaction:
                    self._database.execute("ROLLBACK")
                raise

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise CacheUnavailable(str(self._path), str(error)) from None
