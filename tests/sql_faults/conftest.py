"""A PostgreSQL for every run that needs one."""

from tests.sql.conftest import postgres, postgres_server, sqlite

__all__ = ["postgres", "postgres_server", "sqlite"]
