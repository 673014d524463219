"""`check --against`, `--strict` and `generate --watch`, as a user runs them."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from .console import Background, fusiongen, shop


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The example, generated."""
    return shop(tmp_path)


def _edit(project: Path, old: str, new: str) -> None:
    contracts = project / "shop" / "contracts.py"
    text = contracts.read_text()
    assert old in text
    contracts.write_text(text.replace(old, new))


def test_check_against_tells_what_breaks(project: Path, tmp_path: Path) -> None:
    """Exit code 1, the id of the rule, and the place, in each format; a tier narrows it."""
    lock = tmp_path / "before.json"
    lock.write_bytes((project / "shop" / "generated" / "fusion.lock.json").read_bytes())
    same = fusiongen("check", "--against", str(lock), cwd=project)
    assert (same.returncode, same.stdout) == (0, "")
    _edit(project, "def total(self, id: str)", "def total(self, key: str)")
    fusiongen("generate", cwd=project)
    done = fusiongen("check", "--against", str(lock), cwd=project)
    assert done.returncode == 1
    assert "breaking: carts.total: PARAMETER_RENAMED (source) `id` is now `key`" in done.stdout
    (found,) = json.loads(
        fusiongen("check", "--against", str(lock), "--format", "json", cwd=project).stdout
    )
    assert (found["rule"], found["path"]) == ("PARAMETER_RENAMED", "shop/contracts.py")
    shown = fusiongen("check", "--against", str(lock), "--format", "github", cwd=project).stdout
    assert shown.startswith("::error file=shop/contracts.py,line=")
    assert "title=fusiongen%3A PARAMETER_RENAMED::carts.total: " in shown
    narrowed = fusiongen("check", "--against", str(lock), "--tier", "wire", cwd=project)
    assert (narrowed.returncode, narrowed.stdout) == (0, "")


def test_what_is_allowed_in_vain_fails_only_if_strict(project: Path) -> None:
    """It is a warning of pyproject.toml, in each format."""
    lock = project / "shop" / "generated" / "fusion.lock.json"
    with (project / "pyproject.toml").open("a") as config:
        config.write(
            '[[tool.fusiongen.allow]]\nrule = "METHOD_REMOVED"\nat = "carts.pong"\nreason = "old"\n'
        )
    command = ("check", "--against", str(lock))
    done = fusiongen(*command, cwd=project)
    assert done.returncode == 0
    assert done.stdout.startswith("warning: `METHOD_REMOVED` at `carts.pong` is allowed, and there")
    assert fusiongen(*command, "--strict", cwd=project).returncode == 1
    (found,) = json.loads(fusiongen(*command, "--format", "json", cwd=project).stdout)
    assert (found["kind"], found["path"], found["line"]) == ("warning", "pyproject.toml", None)
    shown = fusiongen(*command, "--format", "github", cwd=project).stdout
    assert shown.startswith(
        "::warning file=pyproject.toml,title=fusiongen%3A METHOD_REMOVED::`METHOD_REMOVED` at"
    )


def test_check_against_nothing_is_one_sentence(project: Path) -> None:
    """Neither a file nor a revision: exit code 2, which no finding has."""
    done = fusiongen("check", "--against", "nowhere", cwd=project)
    assert done.returncode == 2
    assert done.stderr.startswith("error: nowhere is neither a file nor a revision")
    assert done.stderr.count("\n") == 1


def test_warnings_fail_only_if_strict(project: Path) -> None:
    """Printed by `generate` and `check`, with exit code 0; with `--strict`, 1."""
    _edit(project, "@compute\n    async def total", "@command(invalidates=[])\n    async def total")
    (project / "shop" / "contracts.py").write_text(
        (project / "shop" / "contracts.py").read_text() + "\n"
    )
    done = fusiongen("generate", cwd=project)
    assert done.returncode == 0
    assert "warning: FG061 `total` invalidates nothing" in done.stderr
    assert fusiongen("generate", "--strict", cwd=project).returncode == 1
    done = fusiongen("check", cwd=project)
    assert done.returncode == 0 and "warning: FG061" in done.stdout
    assert fusiongen("check", "--strict", cwd=project).returncode == 1
    shown = fusiongen("check", "--format", "github", cwd=project).stdout
    assert shown.startswith("::warning file=shop/contracts.py,line=")


def test_broken_rules_are_findings_of_check(project: Path) -> None:
    """A pull request shows them in their place, like any other finding."""
    _edit(project, "def total(self, id: str)", "def total(self, id: list[str])")
    done = fusiongen("check", "--format", "github", cwd=project)
    assert done.returncode == 1
    assert done.stdout.startswith("::error file=shop/contracts.py,line=")
    assert "title=fusiongen%3A FG051" in done.stdout


def test_watch_generates_at_each_change_and_goes_on(project: Path) -> None:
    """A mistake is told and nothing is written; mended, it generates; Ctrl-C ends it."""
    contracts = project / "shop" / "contracts.py"
    client = project / "shop" / "generated" / "carts" / "client.py"
    text = contracts.read_text()
    before = client.read_text()
    with Background("generate", "--watch", cwd=project) as watch:
        watch.wait_for("watching for changes")
        contracts.write_text(text + "\ndef oops(:\n")
        watch.wait_for("FG001 this is not valid Python")
        assert client.read_text() == before
        watch.wait_for("watching for changes", times=2)
        contracts.write_text(text.replace("def total(", "def sum("))
        watch.wait_for("wrote shop/generated/carts/client.py")
        assert "def sum(" in client.read_text()
        watch.wait_for("watching for changes", times=3)
        (project / "pyproject.toml").write_text("[tool.fusiongen]\n")
        watch.wait_for("error: [tool.fusiongen] in")
        watch.wait_for("watching for changes", times=4)
        assert watch.stop(signal.SIGINT) in (0, 130)
