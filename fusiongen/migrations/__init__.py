"""`fusiongen migrations`: the tables of `fusionrt.sql`, as revisions of a user's Alembic project.

Alembic users have one line of revisions, and one command that brings it to its end. A place of our
own among the `version_locations` would be a second line: two heads, so that `alembic upgrade head`
and `alembic revision` fail until each is told which one is meant.
"""

from fusionrt.errors import MissingPackage

try:
    import alembic  # noqa: F401
except ImportError:
    raise MissingPackage("fusiongen migrations", "fusiongen[sql]") from None

from .adding import add_migrations
from .revisions import REVISIONS, Revision

__all__ = ["REVISIONS", "Revision", "add_migrations"]
