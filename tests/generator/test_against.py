"""`check --against`: a git revision or a lock file, tiers, places, and what is allowed."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from fusiongen.actions import check
from fusiongen.compat.base import Tier
from fusiongen.emit import generate
from fusiongen.errors import GenerationError
from fusiongen.lock import LOCK_FILE
from fusiongen.project import Project
from fusiongen.report import Report

from .conftest import CONFIG, Write

OLD = """\
from shop.types import Cart
from typing import Protocol

from fusionrt import command, compute, service


@service
class Carts(Protocol):
    @compute
    async def get(self, id: str, /) -> Cart: ...

    async def ping(self) -> str: ...

    @command(invalidates=["get(cart.id)"])
    async def put(self, cart: Cart) -> None: ...
"""
NEW = OLD.replace("    async def ping(self) -> str: ...\n\n", "").replace("cart: Cart", "new: Cart")
NEW = NEW.replace("get(cart.id)", "get(new.id)")
TYPES = "from dataclasses import dataclass\n\n\n@dataclass(frozen=True)\nclass Cart:\n    id: str\n"
NAMED = '@service(name="carts")'
ALLOW = """
[[tool.fusiongen.allow]]
rule = "{rule}"
at = "carts.ping"
reason = "nobody calls it"
"""


def _git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=x", "-c", "user.email=x@example.org")
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def committed(project: Write, tmp_path: Path) -> Write:
    """A project whose first lock is committed."""
    generate(project({"shop/contracts.py": OLD, "shop/types.py": TYPES}))
    _git(tmp_path, "init", "-q")
    _git(tmp_path, "add", ".")
    _git(tmp_path, "commit", "-qm", "first")
    return project


def _against(project: Project, against: str = "HEAD", tier: Tier = Tier.SOURCE) -> list[Report]:
    generate(project)
    return [each for each in check(project, against, tier) if each.kind == "breaking"]


def test_C6_a_revision_is_compared_with_todays_contracts(committed: Write) -> None:
    """What broke since the commit, each with its id, where the contract shows it."""
    loaded = committed({"shop/contracts.py": NEW})
    removed, renamed = _against(loaded)
    assert (removed.rule, renamed.rule) == ("METHOD_REMOVED", "PARAMETER_RENAMED")
    assert str(removed).startswith("shop/contracts.py:8:7: breaking: carts.ping: METHOD_REMOVED")
    assert renamed.line == 13
    assert _against(committed({"shop/contracts.py": OLD})) == []


def test_C6_a_tier_holds_those_after_it(committed: Write) -> None:
    """`wire` leaves out what only breaks source; `cache` also what only breaks calls."""
    loaded = committed({"shop/contracts.py": NEW})
    assert [each.rule for each in _against(loaded, tier=Tier.WIRE)] == ["METHOD_REMOVED"]
    assert _against(loaded, tier=Tier.CACHE) == []


def test_C6_a_lock_file_is_as_good_as_a_revision(committed: Write, tmp_path: Path) -> None:
    """The lock of another checkout will do."""
    generate(committed({"shop/contracts.py": OLD}))
    kept = tmp_path / "old.json"
    kept.write_bytes((tmp_path / "shop" / "generated" / LOCK_FILE).read_bytes())
    found = _against(committed({"shop/contracts.py": NEW}), str(kept))
    assert [each.rule for each in found] == ["METHOD_REMOVED", "PARAMETER_RENAMED"]


def test_what_is_allowed_is_not_reported(committed: Write) -> None:
    """An entry with the rule's id and what changed; an id that there is not is told."""
    allowed = CONFIG + ALLOW.format(rule="METHOD_REMOVED")
    found = _against(committed({"shop/contracts.py": NEW}, allowed))
    assert [each.rule for each in found] == ["PARAMETER_RENAMED"]
    wrong = committed({"shop/contracts.py": NEW}, CONFIG + ALLOW.format(rule="NONSENSE"))
    with pytest.raises(GenerationError, match="`NONSENSE` under `allow`"):
        _against(wrong)


def test_C6_a_type_that_only_moved_breaks_nothing(committed: Write) -> None:
    """It is imported where it was; taken away from there, it breaks source, and not the wire."""
    moved = {"shop/contracts.py": OLD, "shop/more.py": TYPES}
    kept = "from shop.more import Cart as Cart\n"
    assert _against(committed({**moved, "shop/types.py": kept})) == []
    contract = OLD.replace("shop.types", "shop.more")
    found = _against(committed({**moved, "shop/contracts.py": contract, "shop/types.py": ""}))
    rules = {each.rule for each in found}
    assert rules == {"TYPE_REMOVED", "RESULT_RESPELLED", "PARAMETER_RESPELLED"}


def test_C6_a_type_that_keeps_its_old_name_breaks_nothing(committed: Write) -> None:
    """A class that was renamed and is still found under the old name, as an alias, also where the
    contract uses the new one; so does the contract itself."""
    types = TYPES.replace("Cart", "Basket") + "\n\nCart = Basket\n"
    contract = OLD.replace("import Cart", "import Basket as B").replace("Cart", "B")
    contract = contract.replace("class Bs", "class Baskets").replace("@service", NAMED)
    contract += "\n\nCarts = Baskets\n"
    assert _against(committed({"shop/contracts.py": contract, "shop/types.py": types})) == []


@pytest.mark.parametrize(
    ("against", "message"),
    [
        ("nowhere", "nowhere is neither a file nor a revision"),
        ("--output=x", "--output=x is neither a file nor a revision"),
        ("pyproject.toml", "pyproject.toml is no lock as fusiongen wrote it"),
    ],
)
def test_nothing_to_compare_with_is_one_sentence(
    against: str, message: str, committed: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A revision or file that is not there, or not a lock, says what to do."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(GenerationError) as caught:
        _against(committed({"shop/contracts.py": OLD}), against)
    assert message in str(caught.value)
    assert not (tmp_path / "x").exists()


def test_a_lock_that_was_not_committed_is_told(project: Write, tmp_path: Path) -> None:
    """A revision without a lock is not taken for an empty one."""
    loaded = project({"shop/contracts.py": OLD, "shop/types.py": TYPES})
    _git(tmp_path, "init", "-q")
    _git(tmp_path, "commit", "-qm", "empty", "--allow-empty")
    with pytest.raises(GenerationError, match=r"there was no generated.* at HEAD"):
        _against(loaded)
