"""Services over a SQL database: sessions, and an operation log in the same transaction.

Needs the extra `sql`: SQLAlchemy's asyncio, with asyncpg for PostgreSQL and aiosqlite for SQLite.
"""

from ..errors import MissingPackage

try:
    import aiodataloader  # noqa: F401
    import sqlalchemy  # noqa: F401
    import tenacity  # noqa: F401
except ImportError:
    raise MissingPackage("fusionrt.sql", "fusiongen[sql]") from None

from .database import Database
from .history import History, LogEntry, LogReader
from .loading import Loader
from .outbox import DeadEvent, Outbox, OutboxCounts
from .tables import metadata

__all__ = [
    "Database",
    "DeadEvent",
    "History",
    "Loader",
    "LogEntry",
    "LogReader",
    "Outbox",
    "OutboxCounts",
    "metadata",
]
