"""`fusiongen migrations`: our tables, as revisions of a real Alembic project."""

from __future__ import annotations

import re
from argparse import Namespace
from contextlib import chdir
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text
from sqlalchemy.engine import Connection

from fusiongen.errors import GenerationError
from fusiongen.migrations import REVISIONS, Revision, add_migrations
from fusionrt import Host, OldTables
from fusionrt.sql import Database, metadata
from fusionrt.sql import shard as shards
from fusionrt.sql.tables import VERSION
from tests import forked
from tests.services.contracts import Note
from tests.sql.readers import shard_at
from tests.sql.shelf import Base, serving

MODELS = """\
from sqlalchemy import Column, Integer, MetaData, Table, Text

metadata = MetaData(naming_convention={"pk": "user_%(table_name)s"})
things = Table("things", metadata, Column("id", Integer, primary_key=True), Column("name", Text))
"""
TARGET = """\
import fusionrt.sql
import models
target_metadata = [models.metadata, fusionrt.sql.metadata]
"""
UP = """\
op.create_table(
        "things",
        sa.Column("id", sa.Integer()),
        sa.Column("name", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="user_things"),
    )
"""
SECOND = Revision(
    "fusionrt second",
    """
op.add_column("fusion_readers", sa.Column("since", sa.Float()))
with op.batch_alter_table("fusion_logs") as logs:
    logs.alter_column("version", server_default="2")
op.execute("UPDATE fusion_logs SET version = 2")
""",
    """
op.execute("UPDATE fusion_logs SET version = 1")
with op.batch_alter_table("fusion_logs") as logs:
    logs.alter_column("version", server_default="1")
op.drop_column("fusion_readers", "since")
""",
)


@dataclass
class Project:
    """A project in a folder of its own."""

    folder: Path

    @property
    def config(self) -> Path:
        """Where Alembic finds everything."""
        return self.folder / "alembic.ini"

    def init(self, template: str) -> None:
        """Start it, as Alembic does."""
        config = Config(self.config, toml_file=self.folder / "pyproject.toml", stdout=StringIO())
        config.cmd_opts = Namespace(quiet=True)
        with chdir(self.folder):
            command.init(config, "history", template)

    def revision(self, id: str, up: str = "", down: str = "", head: str = "head") -> None:
        """Add one of the user's."""
        directory = ScriptDirectory.from_config(Config(self.config))
        directory.messaging_opts = {"quiet": True}
        directory.generate_revision(id, id, head, upgrades=up, downgrades=down, splice=True)

    def migrations(self, *more: Revision) -> list[Path]:
        """Add ours, as the command does."""
        return add_migrations(self.config, "head", (*REVISIONS, *more))

    def alembic(self, *words: str, code: int = 0) -> str:
        """Run a command of Alembic's; what it printed."""
        return self._run("alembic", *words, code=code)

    def fusiongen(self, *words: str, code: int = 0) -> str:
        """Run one of ours; the same."""
        return self._run("fusiongen", *words, code=code)

    def _run(self, module: str, *words: str, code: int) -> str:
        done = forked.run(module, *words, folder=self.folder)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def edit(self, name: str, old: str, new: str) -> None:
        """Change a file, in one place."""
        path = self.folder / name
        changed = re.sub(old, lambda _: new, path.read_text(), count=1, flags=re.MULTILINE)
        assert changed != path.read_text()
        path.write_text(changed)


@pytest.fixture
def project(tmp_path: Path, empty: str) -> Project:
    """With one table of its own, in one revision; over an empty database of each kind."""
    project = Project(tmp_path)
    (tmp_path / "models.py").write_text(MODELS)
    project.init("async")
    project.edit("alembic.ini", r"^sqlalchemy.url.*$", f"sqlalchemy.url = {empty}")
    project.edit("history/env.py", r"^target_metadata = None$", TARGET)
    project.revision("things", UP, 'op.drop_table("things")')
    return project


async def shape(url: str) -> dict[str, object]:
    """Of each of our tables all that a database knows of it."""
    async with shard_at(url) as shard, shard.reads.connect() as connection:
        return await connection.run_sync(_shape)


def _shape(connection: Connection) -> dict[str, object]:
    if connection.dialect.name == "sqlite":
        made = "SELECT name, sql FROM sqlite_master WHERE tbl_name LIKE 'fusion%'"
        return {name: sql for name, sql in connection.execute(text(made))}
    inspector = inspect(connection)
    names = [name for name in inspector.get_table_names() if name.startswith("fusion_")]
    indexes = "SELECT indexdef FROM pg_indexes WHERE tablename LIKE 'fusion%' ORDER BY indexdef"
    told: dict[str, object] = {
        name: (
            [{**each, "type": str(each["type"])} for each in inspector.get_columns(name)],
            inspector.get_pk_constraint(name),
            inspector.get_unique_constraints(name),
        )
        for name in names
    }
    return {**told, "indexes": connection.scalars(text(indexes)).all()}


async def test_the_migrated_tables_are_those_that_create_all_makes(
    project: Project, empty: str
) -> None:
    """Columns, comments, defaults, keys and indexes, by the same names."""
    project.migrations()
    project.alembic("upgrade", "head")
    migrated = await shape(empty)
    project.alembic("downgrade", "things")
    assert {*await shape(empty)} <= {"indexes"}
    async with Database(empty) as db:
        await db.create_all()
    assert migrated == await shape(empty)
    assert {*metadata.tables} <= {*migrated}


async def test_the_users_line_of_revisions_stays_one(project: Project, empty: str) -> None:
    """`upgrade head` is enough, there and back; `check` finds nothing of ours, and still what is
    new of the user's, whose next revision has only that."""
    told = project.fusiongen("migrations")
    assert "fusionrt.sql.metadata" in told and "alembic upgrade head" in told
    project.alembic("upgrade", "head")
    assert "No new upgrade operations" in project.alembic("check")
    project.edit(
        "models.py", r'Column\("name", Text\)', 'Column("name", Text), Column("more", Text)'
    )
    told = project.alembic("check", code=255)
    assert told.count("autogenerate.compare") == 1 and "things.more" in told
    project.alembic("revision", "--autogenerate", "--rev-id", "more", "-m", "more")
    made = (project.folder / "history" / "versions" / "more_more.py").read_text()
    assert "down_revision: Union[str, Sequence[str], None] = 'fusion_1'" in made
    assert made.count("op.") == 2
    project.alembic("downgrade", "base")
    assert {*await shape(empty)} <= {"indexes"}


async def test_a_host_runs_over_migrated_tables(
    project: Project, empty: str, nats_server: str
) -> None:
    """They are all that a log needs."""
    project.migrations()
    project.alembic("upgrade", "head")
    async with Database(empty) as db, db.begin() as session:
        await (await session.connection()).run_sync(Base.metadata.create_all)
    async with serving(nats_server, empty) as host:
        await host.notes.put(Note(1, "me", "a"))
        assert host.log.stored == 1


def test_what_is_there_is_not_added_again(project: Project) -> None:
    """A second time nothing is written, and what was made stays as it is."""
    (path,) = project.migrations()
    before = path.stat()
    assert "nothing to add" in project.fusiongen("migrations")
    assert path.stat() == before


async def test_a_later_version_is_added_after_what_the_user_made_since(
    project: Project, empty: str
) -> None:
    """A project that has the first version gets the second one alone; one that has none both."""
    project.migrations()
    project.alembic("upgrade", "head")
    async with Database(empty) as db, Host(None, log=db.log()):
        pass
    project.revision("own")
    (added,) = project.migrations(SECOND)
    assert "= 'own'" in added.read_text()
    project.alembic("upgrade", "head")
    assert await version(empty) == 2
    project.alembic("downgrade", "fusion_1")
    assert await version(empty) == 1


def test_a_project_without_any_gets_all_versions(project: Project) -> None:
    """One after the other, in one line."""
    added = project.migrations(SECOND)
    assert [path.name.partition("_fusionrt")[0] for path in added] == ["fusion_1", "fusion_2"]
    assert "= 'fusion_1'" in added[1].read_text()


async def version(url: str) -> int:
    """Of the tables, as the database has it."""
    async with shard_at(url) as shard, shard.reads.connect() as connection:
        found: int = (
            await connection.execute(text("SELECT version FROM fusion_logs"))
        ).scalar_one()
        return found


async def test_a_host_refuses_tables_of_an_earlier_version(
    empty: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says what to do; over those of a later one it runs, for these only have more."""
    async with Database(empty) as db:
        await db.create_all()
        monkeypatch.setattr(shards, "VERSION", VERSION + 1)
        with pytest.raises(OldTables, match="fusiongen migrations") as caught:
            async with Host(None, log=db.log()):
                pass
        assert (caught.value.version, caught.value.needed) == (VERSION, VERSION + 1)
        monkeypatch.setattr(shards, "VERSION", VERSION - 1)
        async with Host(None, log=db.log()):
            pass


def test_each_version_has_its_revision() -> None:
    """Whoever changes the tables finds out here that a revision is missing."""
    assert len(REVISIONS) == VERSION


# -- whatever the project looks like --


def test_a_file_of_sql_has_them_too(project: Project) -> None:
    """Nothing is asked of the database."""
    project.migrations()
    made = project.alembic("upgrade", "things:head", "--sql")
    for table in metadata.tables:
        assert f"CREATE TABLE {table}" in made


def test_without_a_project_it_says_what_to_do(tmp_path: Path) -> None:
    """Neither here nor where the option says."""
    told = Project(tmp_path).fusiongen("migrations", code=1)
    assert told.startswith("error: ") and "alembic init" in told
    with pytest.raises(GenerationError, match="--config"):
        add_migrations(tmp_path / "other.ini", "head")


@pytest.mark.parametrize("template", ["generic", "pyproject", "multidb"])
def test_every_template_of_alembic_takes_them(tmp_path: Path, template: str) -> None:
    """That of several databases has them in each."""
    project = Project(tmp_path)
    project.init(template)
    project.fusiongen("migrations", *(["-c", "pyproject.toml"] if template == "pyproject" else []))
    (path,) = (tmp_path / "history" / "versions").glob("fusion_1_*.py")
    text = path.read_text()
    compile(text, path.name, "exec")
    times = 2 if template == "multidb" else 1
    assert text.count('op.create_table(\n        "fusion_operations"') == times
    assert text.count('op.drop_table("fusion_operations")') == times


def test_of_several_heads_one_is_named(tmp_path: Path) -> None:
    """Else Alembic says that there are several."""
    project = Project(tmp_path)
    project.init("generic")
    for head in ("one", "two"):
        project.revision(head, head="base")
    assert "Multiple heads" in project.fusiongen("migrations", code=1)
    project.fusiongen("migrations", "--head", "two")
    (path,) = (tmp_path / "history" / "versions").glob("fusion_1_*.py")
    assert "= 'two'" in path.read_text()
