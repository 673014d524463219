"""Writes the revisions that an Alembic project has not yet."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from textwrap import indent
from typing import Any, Final

from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError

from ..errors import GenerationError
from .revisions import REVISIONS, Revision

__all__ = ["add_migrations"]

PYPROJECT: Final = "pyproject.toml"


def add_migrations(
    config: Path, head: str, revisions: Sequence[Revision] = REVISIONS
) -> list[Path]:
    """Add them after a revision of the user's, by the project's own template; those that were.

    config: `alembic.ini`, or `pyproject.toml`. head: as Alembic takes it. revisions: all there are.

    Raises:
        GenerationError: there is no such project, or no such head.
    """
    try:
        return list(_added(_config(config), head, revisions))
    except CommandError as error:
        raise GenerationError(f"Alembic: {error}") from error


def _config(path: Path) -> Config:
    is_toml = path.name == PYPROJECT
    ini = path.with_name("alembic.ini") if is_toml else path
    config = Config(ini, toml_file=path if is_toml else path.with_name(PYPROJECT))
    if not config.get_alembic_option("script_location"):
        raise GenerationError(
            f"{path} is not of an Alembic project: start one with `alembic init`, or name the "
            "configuration of yours with --config"
        )
    return config


def _added(config: Config, head: str, revisions: Sequence[Revision]) -> Iterator[Path]:
    directory = ScriptDirectory.from_config(config)
    directory.messaging_opts = {"quiet": True}
    there = {script.revision for script in directory.walk_revisions()}
    for version, revision in enumerate(revisions, 1):
        id = f"fusion_{version}"
        if id not in there:
            words = _words(config, revision)
            script = directory.generate_revision(id, revision.message, head, config=config, **words)
            assert script is not None
            yield Path(script.path)
            head = id


def _words(config: Config, revision: Revision) -> dict[str, Any]:
    """What templates call the bodies; that of `multidb` has some of each database."""
    databases = config.get_main_option("databases", "")
    prefixes = ["", *(f"{name}_" for name in re.split(r",\s*", databases) if name)]
    bodies = {"upgrades": revision.upgrade, "downgrades": revision.downgrade}
    return {
        f"{prefix}{word}": indent(body, "    ").strip()
        for prefix in prefixes
        for word, body in bodies.items()
    }
