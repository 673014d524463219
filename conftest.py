"""The databases of tests and of examples: a worker has one PostgreSQL for all of them."""

from tests.databases import empty, postgres, postgres_server, sqlite

__all__ = ["empty", "postgres", "postgres_server", "sqlite"]
