"""`[tool.fusiongen] javascript`: the modules of browsers, beside the packages of Python."""

from __future__ import annotations

from pathlib import Path

import pytest

from fusiongen.commands.check import check
from fusiongen.commands.generate import generate
from fusiongen.compat.rule import Tier
from fusiongen.errors import GenerationError
from fusiongen.project import Project, load
from tests.projects import CONFIG, Write

CONTRACT = '''\
from dataclasses import dataclass
from enum import Enum
from typing import Protocol
from fusionrt import command, compute, service

class Size(Enum):
    """How large."""
    SMALL = "s"

@dataclass(frozen=True)
class Todo:
    """A thing to do; not */ the end."""
    id: str
    done: bool = False

class Full(Exception):
    """There is no room."""

@service(raises=[Full, KeyError])
class Todos(Protocol):
    """Lists of things to do."""

    @compute
    async def get(self, id: str, size: Size = Size.SMALL, limit: int = 20) -> Todo | None:
        """One thing."""

    @command(invalidates=["get(todo.id, ANY, ANY)"])
    async def put(self, todo: Todo, *, default: str | None = None) -> None: ...

@service(internal=True)
class Secrets(Protocol):
    async def open(self) -> object: ...
'''
JAVASCRIPT = f'{CONFIG}javascript = "web/generated"\n'


@pytest.fixture
def shop(project: Write) -> Project:
    """A project with a contract for browsers, and one that is not."""
    written: Project = project({"shop/contracts.py": CONTRACT}, JAVASCRIPT)
    return written


def _text(project: Project, name: str) -> str:
    return (project.directory / "web" / "generated" / name).read_text()


def test_a_contract_becomes_a_module(shop: Project) -> None:
    """What it declares, defaults and docs included, in the words of JavaScript."""
    generate(shop)
    code = _text(shop, "todos.js")
    assert '  get: f.compute({\n    id: f.text,\n    size: f.given(f.literal("s"), "s"),' in code
    assert "limit: f.given(f.int, 20)" in code
    assert "  put: f.command({ todo: Todo, default: f.given(f.optional(f.text), null) }" in code
    assert "{ Full: Full.raised, KeyError: KeyError.raised })" in code
    types = _text(shop, "todos.d.ts")
    assert "get(id: string, size?: Size, limit?: t.Int | bigint): Promise<Todo | null>" in types
    assert "put: t.Command<[todo: Todo, default_?: string | null], void>" in types
    assert "  /** One thing. */" in types
    assert "/** A thing to do; not *\\/ the end. */" in _text(shop, "types.d.ts")


def test_W2_an_internal_contract_has_no_module(shop: Project) -> None:
    """Nor do its types need a form in JavaScript."""
    generate(shop)
    assert not (shop.directory / "web" / "generated" / "secrets.js").exists()


def test_C5_check_knows_the_modules(shop: Project) -> None:
    """Whether each is current, edited by hand, or left over; the runtime's files as well."""
    generate(shop)
    assert check(shop, None, Tier.SOURCE) == []
    web = shop.directory / "web" / "generated"
    (web / "todos.js").write_text(_text(shop, "todos.js").replace("20", "30"))
    (web / "fusion" / "link.js").unlink()
    (web / "gone.js").write_text(_text(shop, "todos.d.ts"))
    (web / "mine.js").write_text("export const mine = 1\n")
    found = {report.message.split()[0]: report.kind for report in check(shop, None, Tier.SOURCE)}
    assert found == {
        "web/generated/fusion/link.js": "stale",
        "web/generated/gone.js": "orphaned",
        "web/generated/todos.js": "hand-edited",
    }
    outcome = generate(shop)
    assert outcome.deleted == (web / "gone.js",)
    assert (web / "mine.js").exists()
    assert check(shop, None, Tier.SOURCE) == []


def test_C5_copies_where_nothing_is_generated_are_nobodys(shop: Project) -> None:
    """What a bundler or a package manager put below the folder is neither told of nor deleted."""
    generate(shop)
    web = shop.directory / "web" / "generated"
    copies = [web / "dist" / "gone.js", web / "node_modules" / "shop" / "fusion" / "gone.js"]
    for copy in copies:
        copy.parent.mkdir(parents=True)
        copy.write_text(_text(shop, "todos.js"))
    (web / "fusion" / "gone.js").write_text(_text(shop, "fusion/link.js"))
    (told,) = check(shop, None, Tier.SOURCE)
    assert told.message.startswith("web/generated/fusion/gone.js has no contract")
    assert generate(shop).deleted == (web / "fusion" / "gone.js",)
    assert all(copy.exists() for copy in copies)


def test_C4_a_file_that_is_not_ours_is_in_the_way(shop: Project) -> None:
    """Nothing is written then."""
    web = shop.directory / "web" / "generated"
    web.mkdir(parents=True)
    (web / "todos.js").write_text("export const mine = 1\n")
    with pytest.raises(GenerationError, match="choose another `javascript`"):
        generate(shop)
    assert not (web / "types.js").exists()


def test_a_service_that_is_called_as_one_of_our_modules_is_refused(project: Write) -> None:
    """With what to do."""
    text = CONTRACT.replace("@service(raises", '@service(name="fusion", raises')
    with pytest.raises(GenerationError, match=r"fusion\.js, which is ours"):
        generate(project({"shop/contracts.py": text}, JAVASCRIPT))


def test_without_the_option_there_is_nothing(project: Write) -> None:
    """Python alone."""
    shop = project({"shop/contracts.py": CONTRACT})
    generate(shop)
    assert not list(shop.directory.rglob("*.js"))
    assert load(shop.directory).javascript is None


def test_C1_the_same_bytes_wherever_it_is(project: Write, tmp_path: Path) -> None:
    """Paths of the machine are in no file."""
    shop = project({"shop/contracts.py": CONTRACT}, JAVASCRIPT)
    generate(shop)
    for path in (shop.directory / "web").rglob("*.*"):
        assert str(tmp_path) not in path.read_text()
