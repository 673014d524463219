"""The command line on a project: init, generate, check, run; and what a newcomer gets wrong."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from tests.python import ROOT, RUNTIME, python

from .console import Background, fusiongen, shop


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The example, generated."""
    return shop(tmp_path)


def test_init_makes_a_project_that_generates_and_checks(tmp_path: Path) -> None:
    """From an empty folder to current generated code; never over what is there."""
    started = fusiongen("init", "new", cwd=tmp_path)
    assert started.returncode == 0, started.stderr
    new = tmp_path / "new"
    assert fusiongen("check", cwd=new).returncode == 1
    assert fusiongen("generate", cwd=new).returncode == 0
    assert fusiongen("check", cwd=new).returncode == 0
    again = fusiongen("init", "new", cwd=tmp_path)
    assert again.returncode == 1 and again.stderr.startswith("error: ")


def test_init_without_a_folder_starts_the_project_here(tmp_path: Path) -> None:
    """Whoever made an empty folder is in it."""
    started = fusiongen("init", cwd=tmp_path)
    assert started.returncode == 0, started.stderr
    assert started.stdout.splitlines()[-1].startswith("next: fusiongen generate")
    assert fusiongen("generate", cwd=tmp_path).returncode == 0


def test_a_generated_project_of_init_runs(tmp_path: Path, nats_server: str) -> None:
    """What `init` wrote serves, as its closing line says."""
    next_line = fusiongen("init", "new", cwd=tmp_path).stdout.splitlines()[-1]
    target = next_line.rpartition(" ")[2]
    new = tmp_path / "new"
    fusiongen("generate", cwd=new)
    with Background("run", target, "--nats", nats_server, cwd=new) as running:
        running.wait_for("serving on")
        assert running.stop() == 0


def test_the_first_test_run_of_a_new_project_warns_of_nothing(tmp_path: Path) -> None:
    """No plugin that happens to be installed may greet a newcomer with a deprecation."""
    fusiongen("init", "new", cwd=tmp_path)
    new = tmp_path / "new"
    fusiongen("generate", cwd=new)
    run = python("-m", "pytest", cwd=new, path=(RUNTIME, ROOT))
    assert run.returncode == 0, run.stdout + run.stderr
    assert "1 passed" in run.stdout
    assert "warning" not in (run.stdout + run.stderr).lower()


def test_check_tells_what_is_wrong(project: Path) -> None:
    """Exit code 1 and the kind of drift, in each format."""
    assert fusiongen("check", cwd=project).stdout == ""
    server = project / "shop" / "generated" / "carts" / "server.py"
    server.write_text(server.read_text() + "# mine\n")
    done = fusiongen("check", cwd=project)
    assert done.returncode == 1
    assert "hand-edited: shop/generated/carts/server.py" in done.stdout
    assert "-# mine" in done.stdout
    assert fusiongen("check", "--format", "json", cwd=project).stdout.startswith("[")
    assert fusiongen("check", "--format", "github", cwd=project).stdout.startswith("::error file=")


def test_stale_code_does_not_run(project: Path) -> None:
    """`run` in a project whose contract has changed says what to do."""
    contracts = project / "shop" / "contracts.py"
    contracts.write_text(contracts.read_text().replace("def total(", "def sum("))
    done = fusiongen("run", "shop.app:carts", cwd=project)
    assert done.returncode == 1
    assert done.stderr.startswith("error: the generated code is not what the contracts say")
    assert done.stderr.endswith("run `fusiongen generate`\n")


def test_a_contract_that_does_not_parse_is_told_by_line(project: Path) -> None:
    """File, line and column, and nothing is written."""
    contracts = project / "shop" / "contracts.py"
    contracts.write_text(contracts.read_text() + "\ndef oops(:\n")
    lines = contracts.read_text().count("\n")
    done = fusiongen("generate", cwd=project)
    assert done.returncode == 1
    assert done.stderr.startswith(f"shop/contracts.py:{lines}:")
    assert "Traceback" not in done.stderr


def test_a_port_that_is_taken_is_told(tmp_path: Path) -> None:
    """Something that is no broker listens there."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = fusiongen("server", "--port", str(port), cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("error: ") and str(port) in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("target", "problem"),
    [
        ("shop.app", "this is not of the form MODULE:ATTR"),
        ("shop.nothing:carts", "there is no module shop.nothing"),
        ("shop.app:nothing", "shop.app has no asynchronous function nothing"),
    ],
)
def test_a_wrong_application_is_one_sentence(project: Path, target: str, problem: str) -> None:
    """What was wrong with MODULE:ATTR, and what it should be."""
    done = fusiongen("run", target, cwd=project)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"error: {target}: {problem}; name a function `async def app")


def test_outside_of_a_project_every_command_says_so(tmp_path: Path) -> None:
    """No pyproject.toml: what to do about it."""
    for command in ("generate", "check", "describe"):
        done = fusiongen(command, cwd=tmp_path)
        assert done.returncode == 1
        assert "start one with `fusiongen init DIR`" in done.stderr


def test_a_wrong_option_is_a_usage_error(tmp_path: Path) -> None:
    """Exit code 2."""
    assert fusiongen("check", "--format", "xml", cwd=tmp_path).returncode == 2
