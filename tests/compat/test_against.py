"""`check --against`: a git revision or a lock file, tiers, places, and what is allowed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from fusiongen.commands.check import check
from fusiongen.compat.rule import Tier
from fusiongen.errors import GenerationError, NoBaseline
from fusiongen.output.lock import LOCK_FILE
from fusiongen.output.stamp import digest
from fusiongen.output.write import generate
from fusiongen.project import Project, load
from fusiongen.show.report import Report
from tests.projects import CONFIG, Write

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


def _git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=x", "-c", "user.email=x@example.org")
    command = ["git", *identity, *arguments]
    done = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


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


def test_what_is_allowed_in_vain_is_told(committed: Write) -> None:
    """An entry that no change matches is a warning, for it hides the next one; one of a change that
    the tier leaves out is not."""
    config = CONFIG + ALLOW.format(rule="METHOD_REMOVED")
    loaded = committed({"shop/contracts.py": OLD}, config)
    generate(loaded)
    (told,) = check(loaded, "HEAD", Tier.SOURCE)
    assert (told.kind, told.path, told.rule) == ("warning", "pyproject.toml", "METHOD_REMOVED")
    assert "`METHOD_REMOVED` at `carts.ping` is allowed, and there is no such change" in str(told)
    loaded = committed({"shop/contracts.py": NEW}, config)
    generate(loaded)
    assert check(loaded, "HEAD", Tier.CACHE) == []


def test_C6_the_output_folder_has_another_name(committed: Write, tmp_path: Path) -> None:
    """The lock is looked for where the configuration of the revision says that it was."""
    shutil.rmtree(tmp_path / "shop" / "generated")
    loaded = committed({"shop/contracts.py": NEW}, CONFIG.replace("generated", "made"))
    assert [each.rule for each in _against(loaded)] == ["METHOD_REMOVED", "PARAMETER_RENAMED"]


def test_C6_a_project_below_the_root_of_its_repository(tmp_path: Path) -> None:
    """Paths are those of the project, from wherever the command runs."""
    below = tmp_path / "below"
    (below / "shop").mkdir(parents=True)
    (below / "shop" / "contracts.py").write_text(OLD)
    (below / "shop" / "types.py").write_text(TYPES)
    (below / "pyproject.toml").write_text(CONFIG)
    _git(tmp_path, "init", "-q")
    generate(load(below))
    _git(tmp_path, "add", ".")
    _git(tmp_path, "commit", "-qm", "first")
    (below / "shop" / "contracts.py").write_text(NEW)
    found = _against(load(below))
    assert [each.rule for each in found] == ["METHOD_REMOVED", "PARAMETER_RENAMED"]


def test_C6_a_shallow_clone(committed: Write, tmp_path: Path) -> None:
    """A revision that was not fetched is no empty one: the error says how to fetch it; with a full
    hash, too, which git takes for a revision without looking."""
    first = _git(tmp_path, "rev-parse", "HEAD")
    committed({"shop/contracts.py": NEW})
    _git(tmp_path, "commit", "-qam", "second")
    clone = tmp_path / "clone"
    _git(tmp_path, "clone", "-q", "--depth=1", tmp_path.as_uri(), str(clone))
    for missing in (first, "HEAD~1", "main"):
        with pytest.raises(NoBaseline, match=f"{missing} is neither .* the clone is shallow"):
            _against(load(clone), missing)
    _git(clone, "fetch", "-q", "--depth=1", "origin", first)
    found = _against(load(clone), "FETCH_HEAD")
    assert [each.rule for each in found] == ["METHOD_REMOVED", "PARAMETER_RENAMED"]


def test_C6_a_git_hook_names_another_place(
    committed: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Git tells its hooks, and those of a repository around a submodule, where they run: the lock
    is still looked for where the project is."""
    (other := tmp_path.parent / f"{tmp_path.name}-other").mkdir()
    _git(other, "init", "-q")
    for name, place in (("DIR", ".git"), ("WORK_TREE", "."), ("INDEX_FILE", ".git/index")):
        monkeypatch.setenv(f"GIT_{name}", str(other / place))
    monkeypatch.setenv("GIT_PREFIX", "nowhere/")
    found = _against(committed({"shop/contracts.py": NEW}))
    assert [each.rule for each in found] == ["METHOD_REMOVED", "PARAMETER_RENAMED"]


def test_C6_a_hook_of_a_linked_worktree(committed: Write, tmp_path: Path) -> None:
    """The check runs from the hook itself, below the root of a worktree elsewhere."""
    hooks, seen, tree = (
        tmp_path.parent / f"{tmp_path.name}-{each}" for each in ("hooks", "seen", "tree")
    )
    hooks.mkdir()
    command = f'{sys.executable} -Pm fusiongen check --against HEAD > "{seen}" 2>&1; exit 0'
    (hooks / "pre-commit").write_text(f"#!/bin/sh\ncd shop && {command}\n")
    (hooks / "pre-commit").chmod(0o755)
    _git(tmp_path, "worktree", "add", "-q", str(tree), "-b", "other")
    (tree / "shop" / "contracts.py").write_text(NEW)
    generate(load(tree))
    _git(tree, "-c", f"core.hooksPath={hooks}", "commit", "-qam", "second")
    assert "METHOD_REMOVED" in seen.read_text()


def test_C6_a_repository_that_only_the_environment_names(
    committed: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder without `.git`, its repository apart: what the user named is used."""
    apart = tmp_path.parent / f"{tmp_path.name}-apart"
    (tmp_path / ".git").rename(apart)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    loaded = committed({"shop/contracts.py": NEW})
    with pytest.raises(NoBaseline, match="no git repository"):
        _against(loaded)
    monkeypatch.setenv("GIT_DIR", str(apart))
    monkeypatch.setenv("GIT_WORK_TREE", str(tmp_path))
    assert [each.rule for each in _against(loaded)] == ["METHOD_REMOVED", "PARAMETER_RENAMED"]


def test_a_repository_of_another_user_is_told(
    committed: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What git does not trust, as in many a container: the error says how to trust it; if the
    environment already does, the lock is read."""
    loaded = committed({"shop/contracts.py": NEW})
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    for name in ("GLOBAL", "SYSTEM"):
        monkeypatch.setenv(f"GIT_CONFIG_{name}", os.devnull)
    with pytest.raises(NoBaseline, match=r"git config --global --add safe\.directory"):
        _against(loaded)
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "safe.directory")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "*")
    assert _against(loaded)


def test_C6_a_contract_behind_a_symbolic_link(tmp_path: Path) -> None:
    """It is imported, and named, by the name of the link, whether the file or a folder above it is
    one; the file elsewhere need not be below a source root. A file that is found twice is one."""
    folder, elsewhere = tmp_path / "project", tmp_path / "elsewhere"
    (folder / "shop").mkdir(parents=True)
    elsewhere.mkdir()
    (elsewhere / "carts.py").write_text(OLD)
    (elsewhere / "types.py").write_text(TYPES)
    (folder / "shop" / "contracts.py").symlink_to("../../elsewhere/carts.py")
    (folder / "shop" / "types.py").symlink_to(elsewhere / "types.py")
    (folder / "twice").mkdir()
    (folder / "twice" / "contracts.py").symlink_to("../shop/contracts.py")
    (folder / "pyproject.toml").write_text(CONFIG.replace("shop/con", "*/con"))
    _git(folder, "init", "-q")
    generate(load(folder))
    assert "shop/contracts.py" in (folder / "shop/generated/carts/server.py").read_text()
    _git(folder, "add", ".")
    _git(folder, "commit", "-qm", "first")
    (elsewhere / "carts.py").write_text(NEW)
    found = _against(load(folder))
    assert [each.rule for each in found] == ["METHOD_REMOVED", "PARAMETER_RENAMED"]
    assert {each.path for each in found} == {"shop/contracts.py"}


def test_C6_a_project_whose_source_root_is_a_symbolic_link(tmp_path: Path) -> None:
    """`src` leads elsewhere, and `out` with it."""
    folder, elsewhere = tmp_path / "project", tmp_path / "elsewhere"
    (elsewhere / "shop").mkdir(parents=True)
    folder.mkdir()
    (elsewhere / "shop" / "contracts.py").write_text(OLD)
    (elsewhere / "shop" / "types.py").write_text(TYPES)
    (folder / "src").symlink_to(elsewhere)
    (folder / "pyproject.toml").write_text(CONFIG.replace("shop/", "src/shop/"))
    generate(load(folder))
    assert (elsewhere / "shop" / "generated" / LOCK_FILE).is_file()
    assert not check(load(folder), None, Tier.SOURCE)


def _edited(text: str) -> str:
    return text.replace("carts", "baskets")


def _of_another_format(text: str) -> str:
    content = json.loads(text)
    del content["hash"]
    content["format"] = 1
    content["hash"] = digest(json.dumps(content, indent=2, sort_keys=True) + "\n")
    return json.dumps(content)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (_edited, r"is no lock as fusiongen wrote it"),
        (lambda text: text[:100], r"is no lock as fusiongen wrote it"),
        (lambda text: "[]", r"is no lock as fusiongen wrote it"),
        (_of_another_format, r"was written by another version of fusiongen \(format 1\)"),
    ],
)
def test_a_lock_that_cannot_be_read_is_one_sentence(
    damage: Callable[[str], str], message: str, committed: Write, tmp_path: Path
) -> None:
    """One that was edited, cut off, is something else, or of another version; in a file and in a
    revision."""
    lock = tmp_path / "shop" / "generated" / LOCK_FILE
    (tmp_path / "old.json").write_text(damage(lock.read_text()))
    lock.write_text((tmp_path / "old.json").read_text())
    _git(tmp_path, "commit", "-qam", "damaged")
    loaded = committed({"shop/contracts.py": OLD})
    with pytest.raises(NoBaseline, match=rf"old\.json {message}"):
        _against(loaded, str(tmp_path / "old.json"))
    with pytest.raises(NoBaseline, match=rf"shop/generated/{LOCK_FILE} at HEAD {message}"):
        _against(loaded)


@pytest.mark.parametrize(
    ("against", "message"),
    [
        ("nowhere", "nowhere is neither a file nor a revision"),
        ("0" * 40, "is neither a file nor a revision"),
        ("--output=x", "--output=x is neither a file nor a revision"),
        ("HEAD:pyproject.toml", "is neither a file nor a revision"),
        ("shop", "shop is neither a file nor a revision"),
        ("pyproject.toml", "pyproject.toml is no lock as fusiongen wrote it"),
    ],
)
def test_nothing_to_compare_with_is_one_sentence(
    against: str, message: str, committed: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A revision or file that is not there, or not a lock, says what to do."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(NoBaseline) as caught:
        _against(committed({"shop/contracts.py": OLD}), against)
    assert message in str(caught.value)
    assert "shallow" not in str(caught.value)
    assert not (tmp_path / "x").exists()


def test_a_lock_that_was_not_committed_is_told(project: Write, tmp_path: Path) -> None:
    """A revision without a lock is not taken for an empty one."""
    loaded = project({"shop/contracts.py": OLD, "shop/types.py": TYPES})
    _git(tmp_path, "init", "-q")
    _git(tmp_path, "commit", "-qm", "empty", "--allow-empty")
    with pytest.raises(NoBaseline, match=r"there was no shop/generated/fusion.lock.json at HEAD"):
        _against(loaded)


def test_no_repository_is_told(
    project: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Outside of a repository a revision means nothing: the error says so, and what git said."""
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    loaded = project({"shop/contracts.py": OLD, "shop/types.py": TYPES})
    with pytest.raises(NoBaseline, match=r"there is no git repository \(fatal: not a git"):
        _against(loaded, "main")


def test_no_git_is_told(committed: Write, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without git a file will still do."""
    loaded = committed({"shop/contracts.py": OLD})
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoBaseline, match="git is not installed: name the path"):
        _against(loaded, "main")
    assert _against(loaded, str(tmp_path / "shop" / "generated" / LOCK_FILE)) == []


@pytest.mark.parametrize(
    "revision",
    [
        *("HEAD~1", "@~1", ":/first", "HEAD^{/first}", "HEAD@{1}", "@{1}", "v1.0", "v1.0^{}"),
        *(
            "v1.0^{commit}",
            "refs/tags/v1.0",
            "main~1",
            "main^",
            "main~1^{commit}",
            "v1.0-0-g{hash}",
        ),
        *("stash@{0}", "stash", "{hash}"),
    ],
)
def test_C6_a_revision_may_be_spelled_as_git_takes_it(
    committed: Write, tmp_path: Path, revision: str
) -> None:
    """By a name, what a message says, the log of where a branch was, a tag that is an object."""
    _git(tmp_path, "branch", "-qM", "main")
    _git(tmp_path, "tag", "-am", "the first one", "v1.0")
    first = _git(tmp_path, "rev-parse", "--short", "HEAD")
    (tmp_path / "notes.txt").write_text("kept")
    _git(tmp_path, "stash", "-u", "-q")
    loaded = committed({"shop/contracts.py": NEW})
    generate(loaded)
    _git(tmp_path, "commit", "-qam", "second")
    found = _against(loaded, revision.replace("{hash}", first))
    assert [each.rule for each in found] == ["METHOD_REMOVED", "PARAMETER_RENAMED"]


@pytest.mark.parametrize(
    "revision", ["^HEAD", "HEAD..HEAD", "HEAD:shop", "HEAD:shop/types.py", ":/nothing", "--all", ""]
)
def test_C6_what_names_no_commit_is_no_revision(committed: Write, revision: str) -> None:
    """A range, a file of a commit, an option, an unset variable of a CI job: the error says
    what to name."""
    loaded = committed({"shop/contracts.py": NEW})
    with pytest.raises(NoBaseline, match="is neither a file nor a revision"):
        _against(loaded, revision)
