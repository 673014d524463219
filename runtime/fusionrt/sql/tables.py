"""Our tables, in a `MetaData` of their own: nobody's `create_all` or Alembic meets them unasked."""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    text,
)

__all__ = ["VERSION", "events", "logs", "metadata", "operations", "readers"]

VERSION: Final = 1
"""Of these tables. What brings those of the version before here is `fusiongen.migrations`, and adds
only, so that hosts of both versions run over them.
"""

metadata: Final = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pkey",
        "uq": "%(table_name)s_%(column_0_name)s_key",
        "ix": "%(table_name)s_%(column_0_name)s_idx",
    }
)
"""For Alembic: `target_metadata = [Base.metadata, fusionrt.sql.metadata]`."""

_Count = BigInteger().with_variant(Integer, "sqlite")

operations: Final = Table(
    "fusion_operations",
    metadata,
    Column("seq", _Count, primary_key=True, comment="SQLite: in the order of commits"),
    Column("xid", BigInteger, index=True, comment="PostgreSQL: the transaction that stored it"),
    Column("id", Text, nullable=False, unique=True),
    Column("iid", Text, nullable=False, comment="the host that ran it"),
    Column("command", Text, nullable=False),
    Column("at", Float, nullable=False, index=True, comment="seconds since 1970, by the database"),
    Column("keys", LargeBinary, nullable=False, comment="what it invalidates, as msgpack"),
    Column("result", LargeBinary, comment="the first result, for whoever asks again"),
    sqlite_autoincrement=True,  # what was trimmed is not counted anew
)

readers: Final = Table(
    "fusion_readers",
    metadata,
    Column("iid", Text, primary_key=True),
    Column("process", Text, nullable=False, comment="host name and process id, for people"),
    Column("position", Text, nullable=False, comment="all before it is applied there"),
    Column("seen", Float, nullable=False, comment="seconds since 1970, by the database"),
)

logs: Final = Table(
    "fusion_logs",
    metadata,
    Column("one", Integer, primary_key=True, autoincrement=False),
    Column("id", Text, nullable=False, comment="of this log, whatever its address is"),
    Column(
        "version",
        Integer,
        nullable=False,
        server_default=text(str(VERSION)),
        comment="of these tables",
    ),
)

_OPEN = text("state = 'open'")

events: Final = Table(
    "fusion_events",
    metadata,
    Column("id", Text, primary_key=True),
    Column("type", Text, nullable=False),
    Column("value", LargeBinary, nullable=False, comment="as msgpack"),
    Column("state", Text, nullable=False, comment="open, done or dead"),
    Column(
        "due", Float, nullable=False, comment="nobody takes it before; when claimed: until when"
    ),
    Column("tries", Integer, nullable=False, comment="how often it was claimed"),
    Column("claimant", Text, comment="the host that it is claimed by"),
    Column("error", Text, comment="what the last try failed with"),
    Column("added", Float, nullable=False, comment="seconds since 1970, by the database"),
    Column("ended", Float, comment="when it was done, or given up"),
    Index("fusion_events_due_idx", "due", postgresql_where=_OPEN, sqlite_where=_OPEN),
    Index("fusion_events_ended_idx", "ended"),
)
