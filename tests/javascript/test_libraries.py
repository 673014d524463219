"""`[tool.fusiongen] library-contracts`: modules for contracts that come with installed packages."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from fusiongen.commands.check import check
from fusiongen.commands.generate import generate
from fusiongen.compat.rule import Tier
from fusiongen.errors import GenerationError
from fusiongen.project import Project
from tests.projects import CONFIG, Write

OWN = """\
from dataclasses import dataclass
from typing import Protocol
from fusionrt import compute, service

@dataclass(frozen=True)
class Stamp:
    text: str

@service
class Letters(Protocol):
    @compute
    async def stamp(self, id: str) -> Stamp: ...  # fusiongen: ignore[FG062]
"""
POST = '''\
"""Imports what is not there: it is read, and never run."""
import surely_not_installed
from .contracts import Post, Hidden
'''
CONTRACTS = '''\
from dataclasses import dataclass
from typing import Protocol
from fusionrt import Session, compute, service

@dataclass(frozen=True)
class Stamp:
    price: int

@service
class Post(Protocol):
    """Whence letters come."""
    @compute
    async def stamp(self, session: Session, country: str = "NL") -> Stamp: ...

@service
class Unasked(Protocol):
    async def ping(self) -> str: ...

@service(internal=True)
class Hidden(Protocol):
    async def open(self) -> str: ...
'''
Make = Callable[..., Project]


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installed package, `royal.post`."""
    home = tmp_path / "site-packages" / "royal"
    (home / "post").mkdir(parents=True)
    (home / "__init__.py").touch()
    (home / "post" / "__init__.py").write_text(POST)
    (home / "post" / "contracts.py").write_text(CONTRACTS)
    monkeypatch.syspath_prepend(home.parent)
    return home / "post"


@pytest.fixture
def make(project: Write, package: Path) -> Make:
    """A project that names contracts of it."""

    def made(*names: str, text: str = OWN, javascript: str = 'javascript = "web"\n') -> Project:
        listed = f"library-contracts = {list(names)}\n"
        written: Project = project({"shop/contracts.py": text}, f"{CONFIG}{javascript}{listed}")
        return written

    return made


def _text(project: Project, name: str) -> str:
    return (project.directory / "web" / name).read_text()


def test_a_contract_of_a_package_becomes_a_module(make: Make) -> None:
    """That one alone, with its types, and without what the gateway fills in (W1); the project's own
    types keep their names. Python's packages are the project's.
    """
    shop = make("royal.post.Post")
    generate(shop)
    assert "stamp: f.compute({ country" in _text(shop, "post.js")
    assert "from royal/post/contracts.py" in _text(shop, "post.js")
    types = _text(shop, "post.d.ts")
    assert "stamp(country?: string): Promise<royal_post_contracts_Stamp>" in types
    assert "stamp(id: string): Promise<Stamp>" in _text(shop, "letters.d.ts")
    assert not (shop.directory / "web" / "unasked.js").exists()
    assert not (shop.out / "post").exists()
    assert "post" not in (shop.out / "fusion.lock.json").read_text()
    assert not [name for name in sys.modules if name.startswith("royal")]


def test_C5_check_knows_when_the_package_has_changed(make: Make, package: Path) -> None:
    """Its module is stale then; when the contract is not asked for any more, it is left over."""
    generate(shop := make("royal.post.Post"))
    assert check(shop, None, Tier.SOURCE) == check(shop, None, Tier.SOURCE) == []
    (package / "contracts.py").write_text(CONTRACTS.replace('"NL"', '"BE"'))
    (found,) = check(shop, None, Tier.SOURCE)
    assert found.message.startswith("web/post.js is not what its contract says")
    generate(shop)
    kinds = {report.kind for report in check(make(), None, Tier.SOURCE)}
    assert kinds == {"orphaned", "stale"}  # `types.js`


def test_lines_and_docs_leave_the_version_alone(make: Make, package: Path) -> None:
    """What pages have kept of a contract is of use to them until the contract changes (W7)."""
    generate(shop := make("royal.post.Post"))

    def version() -> str:
        (line,) = [each for each in _text(shop, "post.js").splitlines() if "f.service(" in each]
        return line

    before = version()
    docs = CONTRACTS.replace("Whence", "From where").replace("    @compute", "\n    @compute")
    (package / "contracts.py").write_text(docs)
    generate(shop)
    assert version() == before
    (package / "contracts.py").write_text(docs.replace("price: int", "price: float"))
    generate(shop)
    assert version() != before


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("royal.post.Nobody", "no contract of an installed package"),
        ("royal.post.contracts.Stamp", "no contract of an installed package"),
        ("royal.nowhere.Post", "no contract of an installed package"),
        ("nobody.has.It", "no contract of an installed package"),
        ("Post", "no contract of an installed package"),
        ("../royal.Post", "no contract of an installed package"),
        ("royal.post.Hidden", "is internal"),
    ],
)
def test_W2_what_no_page_may_call_is_refused(name: str, why: str, make: Make) -> None:
    """With its name, and what to write instead."""
    with pytest.raises(GenerationError, match=why) as refused:
        generate(make(name))
    assert f"`{name}`" in str(refused.value)


def test_two_services_of_one_name_are_refused(make: Make) -> None:
    """A module has one of them."""
    with pytest.raises(GenerationError, match=r"`royal\.post\.contracts\.Post` .* second service"):
        generate(make("royal.post.Post", text=OWN.replace("class Letters", "class Post")))


def test_without_a_folder_for_javascript_they_are_refused(make: Make) -> None:
    """They have no other use."""
    with pytest.raises(GenerationError, match="name a folder by `javascript`"):
        make("royal.post.Post", javascript="")
