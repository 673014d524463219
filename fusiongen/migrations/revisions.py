"""What each version of the tables of `fusionrt.sql` adds to the one before it.

A revision that was published stays as it is: it is history in projects of others. When the tables
change, `fusionrt.sql.tables.VERSION` grows by one, and a revision is added here, which ends by
saying so in the table `fusion_logs`. It may only add, for hosts of the version before run on.
"""

from __future__ import annotations

from typing import Final, NamedTuple

__all__ = ["REVISIONS", "Revision"]


class Revision(NamedTuple):
    """upgrade, downgrade: Python, as the bodies of these functions in a file of Alembic's."""

    message: str
    upgrade: str
    downgrade: str


REVISIONS: Final[tuple[Revision, ...]] = (
    Revision(
        "fusionrt operations readers and events",
        """
count = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
op.create_table(
    "fusion_operations",
    sa.Column("seq", count, nullable=False, comment="SQLite: in the order of commits"),
    sa.Column(
        "xid", sa.BigInteger(), comment="PostgreSQL: the transaction that stored it"
    ),
    sa.Column("id", sa.Text(), nullable=False),
    sa.Column("iid", sa.Text(), nullable=False, comment="the host that ran it"),
    sa.Column("command", sa.Text(), nullable=False),
    sa.Column(
        "at", sa.Float(), nullable=False, comment="seconds since 1970, by the database"
    ),
    sa.Column(
        "keys", sa.LargeBinary(), nullable=False, comment="what it invalidates, as msgpack"
    ),
    sa.Column("result", sa.LargeBinary(), comment="the first result, for whoever asks again"),
    sa.PrimaryKeyConstraint("seq", name=op.f("fusion_operations_pkey")),
    sa.UniqueConstraint("id", name=op.f("fusion_operations_id_key")),
    sqlite_autoincrement=True,
)
op.create_index(op.f("fusion_operations_at_idx"), "fusion_operations", ["at"])
op.create_index(op.f("fusion_operations_xid_idx"), "fusion_operations", ["xid"])
op.create_table(
    "fusion_readers",
    sa.Column("iid", sa.Text(), nullable=False),
    sa.Column(
        "process", sa.Text(), nullable=False, comment="host name and process id, for people"
    ),
    sa.Column(
        "position", sa.Text(), nullable=False, comment="all before it is applied there"
    ),
    sa.Column(
        "seen", sa.Float(), nullable=False, comment="seconds since 1970, by the database"
    ),
    sa.PrimaryKeyConstraint("iid", name=op.f("fusion_readers_pkey")),
)
op.create_table(
    "fusion_logs",
    sa.Column("one", sa.Integer(), autoincrement=False, nullable=False),
    sa.Column(
        "id", sa.Text(), nullable=False, comment="of this log, whatever its address is"
    ),
    sa.Column(
        "version",
        sa.Integer(),
        server_default=sa.text("1"),
        nullable=False,
        comment="of these tables",
    ),
    sa.PrimaryKeyConstraint("one", name=op.f("fusion_logs_pkey")),
)
op.create_table(
    "fusion_events",
    sa.Column("id", sa.Text(), nullable=False),
    sa.Column("type", sa.Text(), nullable=False),
    sa.Column("value", sa.LargeBinary(), nullable=False, comment="as msgpack"),
    sa.Column("state", sa.Text(), nullable=False, comment="open, done or dead"),
    sa.Column(
        "due",
        sa.Float(),
        nullable=False,
        comment="nobody takes it before; when claimed: until when",
    ),
    sa.Column("tries", sa.Integer(), nullable=False, comment="how often it was claimed"),
    sa.Column("claimant", sa.Text(), comment="the host that it is claimed by"),
    sa.Column("error", sa.Text(), comment="what the last try failed with"),
    sa.Column(
        "added", sa.Float(), nullable=False, comment="seconds since 1970, by the database"
    ),
    sa.Column("ended", sa.Float(), comment="when it was done, or given up"),
    sa.PrimaryKeyConstraint("id", name=op.f("fusion_events_pkey")),
)
op.create_index(
    op.f("fusion_events_due_idx"),
    "fusion_events",
    ["due"],
    postgresql_where=sa.text("state = 'open'"),
    sqlite_where=sa.text("state = 'open'"),
)
op.create_index(op.f("fusion_events_ended_idx"), "fusion_events", ["ended"])
""",
        """
op.drop_table("fusion_events")
op.drop_table("fusion_logs")
op.drop_table("fusion_readers")
op.drop_table("fusion_operations")
""",
    ),
)
"""The first brings the tables to version 1, and so on."""
