"""What `check --against` compares with: a git revision or a lock file, wherever the project is."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from fusiongen.commands.check import check
from fusiongen.compat.rule import Tier
from fusiongen.errors import NoBaseline
from fusiongen.output.lock import LOCK_FILE
from fusiongen.output.stamp import digest
from fusiongen.output.write import generate
from fusiongen.project import load
from tests.projects import CONFIG, Write

from .committed import NEW, OLD, TYPES, git, told_against


def test_C6_the_output_folder_has_another_name(committed: Write, tmp_path: Path) -> None:
    """The lock is looked for where the configuration of the revision says that it was."""
    shutil.rmtree(tmp_path / "shop" / "generated")
    loaded = committed({"shop/contracts.py": NEW}, CONFIG.replace("generated", "made"))
    assert [each.rule for each in told_against(loaded)] == ["METHOD_REMOVED", "PARAMETER_RENAMED"]


def test_C6_a_project_below_the_root_of_its_repository(tmp_path: Path) -> None:
    """Paths are those of the project, from wherever the command runs."""
    below = tmp_path / "below"
    (below / "shop").mkdir(parents=True)
    (below / "shop" / "contracts.py").write_text(OLD)
    (below / "shop" / "types.py").write_text(TYPES)
    (below / "pyproject.toml").write_text(CONFIG)
    git(tmp_path, "init", "-q")
    generate(load(below))
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "first")
    (below / "shop" / "contracts.py").write_text(NEW)
    found = told_against(load(below))
    assert [each.rule for each in found] == ["METHOD_REMOVED", "PARAMETER_RENAMED"]


def test_C6_a_shallow_clone(committed: Write, tmp_path: Path) -> None:
    """A revision that was not fetched is no empty one: the error says how to fetch it; with a full
    hash, too, which git takes for a revision without looking."""
    first = git(tmp_path, "rev-parse", "HEAD")
    committed({"shop/contracts.py": NEW})
    git(tmp_path, "commit", "-qam", "second")
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "-q", "--depth=1", tmp_path.as_uri(), str(clone))
    for missing in (first, "HEAD~1", "main"):
        with pytest.raises(NoBaseline, match=f"{missing} is neither .* the clone is shallow"):
            told_against(load(clone), missing)
    git(clone, "fetch", "-q", "--depth=1", "origin", first)
    found = told_against(load(clone), "FETCH_HEAD")
    assert [each.rule for each in found] == ["METHOD_REMOVED", "PARAMETER_RENAMED"]


def test_C6_a_git_hook_names_another_place(
    committed: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Git tells its hooks, and those of a repository around a submodule, where they run: the lock
    is still looked for where the project is."""
    (other := tmp_path.parent / f"{tmp_path.name}-other").mkdir()
    git(other, "init", "-q")
    for name, place in (("DIR", ".git"), ("WORK_TREE", "."), ("INDEX_FILE", ".git/index")):
        monkeypatch.setenv(f"GIT_{name}", str(other / place))
    monkeypatch.setenv("GIT_PREFIX", "nowhere/")
    found = told_against(committed({"shop/contracts.py": NEW}))
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
    git(tmp_path, "worktree", "add", "-q", str(tree), "-b", "other")
    (tree / "shop" / "contracts.py").write_text(NEW)
    generate(load(tree))
    git(tree, "-c", f"core.hooksPath={hooks}", "commit", "-qam", "second")
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
        told_against(loaded)
    monkeypatch.setenv("GIT_DIR", str(apart))
    monkeypatch.setenv("GIT_WORK_TREE", str(tmp_path))
    assert [each.rule for each in told_against(loaded)] == ["METHOD_REMOVED", "PARAMETER_RENAMED"]


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
        told_against(loaded)
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "safe.directory")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "*")
    assert told_against(loaded)


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
    git(folder, "init", "-q")
    generate(load(folder))
    assert "shop/contracts.py" in (folder / "shop/generated/carts/server.py").read_text()
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "first")
    (elsewhere / "carts.py").write_text(NEW)
    found = told_against(load(folder))
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
    git(tmp_path, "commit", "-qam", "damaged")
    loaded = committed({"shop/contracts.py": OLD})
    with pytest.raises(NoBaseline, match=rf"old\.json {message}"):
        told_against(loaded, str(tmp_path / "old.json"))
    with pytest.raises(NoBaseline, match=rf"shop/generated/{LOCK_FILE} at HEAD {message}"):
        told_against(loaded)


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
        told_against(committed({"shop/contracts.py": OLD}), against)
    assert message in str(caught.value)
    assert "shallow" not in str(caught.value)
    assert not (tmp_path / "x").exists()


def test_a_lock_that_was_not_committed_is_told(project: Write, tmp_path: Path) -> None:
    """A revision without a lock is not taken for an empty one."""
    loaded = project({"shop/contracts.py": OLD, "shop/types.py": TYPES})
    git(tmp_path, "init", "-q")
    git(tmp_path, "commit", "-qm", "empty", "--allow-empty")
    with pytest.raises(NoBaseline, match=r"there was no shop/generated/fusion.lock.json at HEAD"):
        told_against(loaded)


def test_no_repository_is_told(
    project: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Outside of a repository a revision means nothing: the error says so, and what git said."""
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    loaded = project({"shop/contracts.py": OLD, "shop/types.py": TYPES})
    with pytest.raises(NoBaseline, match=r"there is no git repository \(fatal: not a git"):
        told_against(loaded, "main")


def test_no_git_is_told(committed: Write, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without git a file will still do."""
    loaded = committed({"shop/contracts.py": OLD})
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoBaseline, match="git is not installed: name the path"):
        told_against(loaded, "main")
    assert told_against(loaded, str(tmp_path / "shop" / "generated" / LOCK_FILE)) == []


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
    git(tmp_path, "branch", "-qM", "main")
    git(tmp_path, "tag", "-am", "the first one", "v1.0")
    first = git(tmp_path, "rev-parse", "--short", "HEAD")
    (tmp_path / "notes.txt").write_text("kept")
    git(tmp_path, "stash", "-u", "-q")
    loaded = committed({"shop/contracts.py": NEW})
    generate(loaded)
    git(tmp_path, "commit", "-qam", "second")
    found = told_against(loaded, revision.replace("{hash}", first))
    assert [each.rule for each in found] == ["METHOD_REMOVED", "PARAMETER_RENAMED"]


@pytest.mark.parametrize(
    "revision", ["^HEAD", "HEAD..HEAD", "HEAD:shop", "HEAD:shop/types.py", ":/nothing", "--all", ""]
)
def test_C6_what_names_no_commit_is_no_revision(committed: Write, revision: str) -> None:
    """A range, a file of a commit, an option, an unset variable of a CI job: the error says
    what to name."""
    loaded = committed({"shop/contracts.py": NEW})
    with pytest.raises(NoBaseline, match="is neither a file nor a revision"):
        told_against(loaded, revision)
