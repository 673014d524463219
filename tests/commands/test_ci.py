"""The recipes of `docs/ci.md` and the hook of `.pre-commit-hooks.yaml`: they parse, and run."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from .console import shop

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
(HOOK,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
OWN_HOOK, WORKFLOW = (
    yaml.safe_load(each) for each in re.findall(r"```yaml[^\n]*\n(.*?)```", PAGE, re.DOTALL)[1:]
)
(RECIPE,) = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
STEPS = [step["run"] for step in WORKFLOW["jobs"]["check"]["steps"] if "run" in step]
COMMANDS = [step for step in STEPS if step.startswith("fusiongen ")]


def _sh(script: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run as a hook or a CI would: with `fusiongen` on the path."""
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    names = ("AUTHOR_NAME", "AUTHOR_EMAIL", "COMMITTER_NAME", "COMMITTER_EMAIL")
    author = {f"GIT_{name}": "a@b" for name in names}
    return subprocess.run(
        ["sh", "-e", "-c", script],
        cwd=cwd,
        env={**os.environ, **author, "PATH": path, "XDG_CACHE_HOME": str(cwd / ".cache")},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository that holds the example, with its reference."""
    project = shop(tmp_path_factory.mktemp("started"))
    done = _sh(
        "fusiongen docs --out docs/services && printf '.cache/\n__pycache__/\n' > .gitignore"
        " && git init -q -b main && git add -A && git commit -q -m start",
        project,
    )
    assert done.returncode == 0, done.stderr
    return project


@pytest.fixture
def clone(started: Path, tmp_path: Path) -> Path:
    """A clone of a copy of it, on a branch of its own."""
    shutil.copytree(started, tmp_path / "shop")
    done = _sh("git clone -q shop clone && git -C clone checkout -q -b topic", tmp_path)
    assert done.returncode == 0, done.stderr
    return tmp_path / "clone"


def _edit(clone: Path, old: str, new: str) -> None:
    contracts = clone / "shop" / "contracts.py"
    assert old in contracts.read_text()
    contracts.write_text(contracts.read_text().replace(old, new))


def test_the_hook_installs_what_its_command_needs() -> None:
    """The extra is there, and the entry is a script of ours."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert HOOK["language"] == "python"
    assert HOOK["additional_dependencies"] == [".[gen]"]
    assert "gen" in project["optional-dependencies"]
    assert shlex.split(HOOK["entry"])[0] in project["scripts"]


@pytest.mark.parametrize(
    ("file", "runs"),
    [
        ("shop/contracts.py", True),
        ("pyproject.toml", True),
        ("backend/pyproject.toml", True),
        ("shop/generated/fusion.lock.json", True),
        ("shop/generated/carts/client.py", True),
        ("README.md", False),
        ("data.json", False),
    ],
)
def test_the_hook_runs_for_what_it_depends_on(file: str, runs: bool) -> None:
    """Files of Python, the configuration, the lock; whole, for it looks at the project."""
    assert bool(re.search(HOOK["files"], file)) is runs
    assert HOOK["pass_filenames"] is False


def test_the_hook_of_a_project_is_the_same() -> None:
    """But for where `fusiongen` comes from."""
    own: dict[str, Any] = OWN_HOOK["repos"][0]["hooks"][0]
    same = ("id", "name", "entry", "files", "pass_filenames")
    assert {key: own[key] for key in same} == {key: HOOK[key] for key in same}


def test_the_entry_of_the_hook_judges(clone: Path) -> None:
    """0 while all is current, 1 for stale code; it changes nothing."""
    assert _sh(HOOK["entry"], clone).returncode == 0
    _edit(clone, "def total(", "def sum(")
    stale = _sh(HOOK["entry"], clone)
    assert stale.returncode == 1
    assert "stale: shop/generated/carts/client.py" in stale.stdout
    assert _sh("git status --porcelain", clone).stdout == " M shop/contracts.py\n"


@pytest.mark.parametrize("recipe", [RECIPE, "\n".join(COMMANDS)], ids=["shell", "actions"])
def test_a_recipe_judges(clone: Path, recipe: str) -> None:
    """It passes what is compatible, and stops what breaks those who know `main`."""
    assert "check" in recipe and "docs" in recipe
    done = _sh(recipe, clone)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    _edit(clone, "def total(self, id: str)", "def total(self, key: str)")
    assert _sh("fusiongen generate && fusiongen docs --out docs/services", clone).returncode == 0
    done = _sh(recipe, clone)
    assert done.returncode == 1
    assert "PARAMETER_RENAMED" in done.stdout


def test_what_came_to_main_since_is_not_removed(clone: Path) -> None:
    """The shell's recipe compares with where the branch began."""
    origin = clone.parent / "shop"
    contracts = origin / "shop" / "contracts.py"
    added = "    async def ping(self) -> str: ...\n"
    contracts.write_text(contracts.read_text() + f"\n{added}")
    assert _sh("fusiongen generate && git commit -q -a -m ping", origin).returncode == 0
    done = _sh(RECIPE, clone)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert _sh("fusiongen check --against origin/main", clone).returncode == 1


def test_the_workflow_has_what_its_commands_need() -> None:
    """`--against` needs the history; the findings are for GitHub."""
    checkout = WORKFLOW["jobs"]["check"]["steps"][0]
    assert checkout["with"]["fetch-depth"] == 0
    assert COMMANDS[0] == "fusiongen check --format github --against origin/main"
