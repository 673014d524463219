"""What the page on operations shows runs as it stands there, over both databases."""

from __future__ import annotations

import ast
import asyncio
import importlib
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from fusiongen.output.write import generate
from fusiongen.project import load
from fusionrt import Host, operation
from fusionrt.sql import Database
from tests import forked
from tests.docs.test_tutorial import DOCS, blocks

PAGE = DOCS / "operations.md"
PROJECT = """\
[tool.fusiongen]
contracts = ["todo_contracts.py"]
out = "todo_generated"
"""
CONTRACT = '''\
"""The contract that the page speaks of."""

from dataclasses import dataclass
from typing import Protocol

from fusionrt import command, compute, service

@dataclass(frozen=True)
class Todo:
    """Something to do."""
    id: str

@service
class Todos(Protocol):
    """What there is to do."""
    @compute
    async def get(self, id: str) -> Todo | None:
        """One of them."""
        ...
    @command(invalidates=["get(todo.id)"])
    async def add(self, todo: Todo) -> Todo:
        """One more."""
        ...
    @command(invalidates=["get(id)"])
    async def remind(self, id: str) -> None:
        """Of one."""
        ...
'''


def python(part: str) -> str:
    """The block of the page's Python that has this in it."""
    texts = [block.text for block in blocks(PAGE) if block.language == "python"]
    (found,) = [text for text in texts if part in text]
    return found


@dataclass
class TodoDone:
    """What the page relays."""

    todo: str


class Names(dict[str, Any]):
    """What the lines of the page take for granted; what they define comes to it."""

    async def run(self, text: str, *more: str) -> None:
        """Run lines with `await` outside of functions; then more, in the block that they end in."""
        text = text.replace('"postgresql+asyncpg://…"', "database_url") + "\n".join(more)
        code = compile(text, str(PAGE), "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        ran = eval(code, self)
        if ran is not None:
            await ran


@pytest.fixture
async def names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, jetstream: str, empty: str
) -> Names:
    """A contract of todos, generated; a broker, and a database with its tables."""
    (tmp_path / "pyproject.toml").write_text(PROJECT)
    (tmp_path / "todo_contracts.py").write_text(CONTRACT)
    generate(load(tmp_path))
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(sys.modules, "page", ModuleType("page"))  # dataclasses look for theirs
    contracts, services, clients = (
        importlib.import_module(name)
        for name in ("todo_contracts", "todo_generated.todos.server", "todo_generated.todos.client")
    )
    async with Database(empty) as db:
        await db.create_all()
    reminded: list[str] = []

    class Reminding(services.TodosService):  # type: ignore[name-defined, misc]
        async def remind(self, id: str) -> None:
            reminded.append(id)

    return Names(
        __name__="page",
        url=jetstream,
        database_url=empty,
        Todo=contracts.Todo,
        TodosService=Reminding,
        TodosClient=clients.TodosClient,
        TodoDone=TodoDone,
        dataclass=dataclass,
        operation=operation,
        reminded=reminded,
    )


async def test_a_service_over_a_database(names: Names) -> None:
    """It is served, and the operation of its command is stored."""

    async def check(host: Host) -> None:
        client = host.client(names["TodosClient"])
        todo = names["Todo"]("a")
        assert await client.add(todo) == todo
        assert await client.get("a") is None  # its sessions do nothing
        stored = await names["db"].history().last(9)
        assert [entry.command for entry in stored] == ["todos.add"]

    names["check"] = check
    await names.run(python("db.read()"), "    await check(host)", "await db.close()")


async def test_events_are_stored_and_done(names: Names) -> None:
    """After their time; what a handler does with an id it does once."""

    async def check(host: Host) -> None:
        todos, db = names["todos"], names["db"]
        await todos.add(names["Todo"]("a"))
        assert (await db.outbox().counts()).waiting == 1
        for _ in range(2):
            await names["remind"](names["ReminderDue"]("a"), "x")
        assert names["reminded"] == ["a"]

    names["check"] = check
    await names.run(python("db.read()"))
    names["TodosService"] = names["TodosInSql"]
    await names.run(python("host.relay"), "    await check(host)", "await db.close()")


async def test_texts_by_key(names: Names) -> None:
    """What is below a prefix is what the page says."""
    text = python("KeyValueStoreInSql(db)")
    async with (
        Database(names["database_url"]) as names["db"],
        Host(names["url"], log=names["db"].log()) as names["host"],
    ):
        await names.run(text)
        (said,) = re.findall(r'^await store.list\("flags"\) +# (\(.*?\))', text, re.M)
        assert await names["store"].list("flags") == ast.literal_eval(said)
        assert await names["store"].get("flags/beta") == "on"
        assert names["SandboxedKeyValueStoreOf"](names["store"])


def test_migrations_are_written_as_the_page_shows(tmp_path: Path) -> None:
    """By the name that they have there."""
    (block,) = [block for block in blocks(PAGE) if "fusiongen migrations" in block.text]
    (written,) = re.findall(r"^wrote (\S+)$", block.text, re.M)
    assert forked.run("alembic", "init", "migrations", folder=tmp_path).returncode == 0
    done = forked.run("fusiongen", "migrations", folder=tmp_path)
    assert (done.returncode, f"wrote {written}\n" in done.stdout) == (0, True), done
    assert (tmp_path / written).is_file()


async def test_a_log_is_shown_as_on_the_page(names: Names, tmp_path: Path) -> None:
    """Each sort of line with the same fields."""
    (block,) = [block for block in blocks(PAGE) if "fusiongen operations" in block.text]
    shown = [line for line in block.text.splitlines()[1:] if not line.startswith("!")]

    async def check(host: Host) -> None:
        await host.client(names["TodosClient"]).add(names["Todo"]("a"))
        url = names["database_url"]
        done = await asyncio.to_thread(forked.run, "fusiongen", "operations", url, folder=tmp_path)
        assert done.returncode == 0, done
        assert [shape(line) for line in done.stdout.splitlines()] == [shape(line) for line in shown]

    names["check"] = check
    await names.run(python("db.read()"), "    await check(host)", "await db.close()")


def shape(line: str) -> tuple[str, int]:
    """What sort of line, and how many fields it has."""
    fields = re.split(r"\t| {2,}|\s(?=lag |[0-9a-f]{4}…)", line.strip())
    return ("operation" if fields[0][0].isdigit() else fields[0], len(fields))
