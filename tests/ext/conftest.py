"""The databases of `tests/sql`."""

from tests.sql.conftest import empty, postgres, postgres_server, sqlite

__all__ = ["empty", "postgres", "postgres_server", "sqlite"]
