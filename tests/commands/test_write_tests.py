"""`fusiongen generate --tests`: tests of what commands declare, for users to complete."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fusiongen.commands.write_tests import write_tests
from tests.golden.regenerate import cases, project_of
from tests.python import ROOT, RUNTIME, passes

from .console import fusiongen, shop

FOLDER = "tests/conventions"
SET_PRICE = f"{FOLDER}/test_products_set_price.py"

# What a user writes in the place of each `pytest.skip`.
COMPLETED = {
    'pytest.skip("make a service here")': (
        "return ProductsInMemory({id: Product(id, Decimal(2)) for id in ('apple', 'pear')})"
    ),
    'pytest.skip("choose arguments here")': 'return "apple", Decimal(5)',
    'pytest.skip("read here")': 'await products.get("apple")\n    await products.get("pear")',
    "from shop.contracts import Products": (
        "from shop.contracts import Product, Products\nfrom shop.services import ProductsInMemory"
    ),
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The example, generated."""
    return shop(tmp_path)


def _edit(path: Path, *changes: tuple[str, str]) -> None:
    text = path.read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text)


def _pytest(project: Path, *arguments: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-rs", "-p", "no:cacheprovider", *arguments],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(project)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


def test_each_command_gets_a_test_once(project: Path) -> None:
    """What is there is the user's; a new command gets its test in the next run."""
    first = fusiongen("generate", "--tests", FOLDER, cwd=project).stdout.splitlines()
    names = ("carts_put", "products_put", "products_set_price")
    assert first[:3] == [f"wrote {FOLDER}/test_{n}.py; complete it, it is yours" for n in names]
    (project / SET_PRICE).write_text("# mine\n")
    get = "    @compute\n    async def get("
    remove = "    @command(invalidates=[])\n    async def remove(self, id: str) -> None: ...\n"
    _edit(project / "shop" / "contracts.py", (get, f"{remove}\n{get}"))
    second = fusiongen("generate", "--tests", FOLDER, cwd=project).stdout
    assert [line for line in second.splitlines() if FOLDER in line] == [
        f"wrote {FOLDER}/test_{n}.py; complete it, it is yours"
        for n in ("carts_remove", "products_remove")
    ]
    assert (project / SET_PRICE).read_text() == "# mine\n"
    assert fusiongen("check", cwd=project).returncode == 0


def test_what_is_not_completed_is_skipped(project: Path) -> None:
    """With what to do; no plugin is needed."""
    fusiongen("generate", "--tests", FOLDER, cwd=project)
    code, shown = _pytest(project, FOLDER, "-p", "no:asyncio")
    assert code == 0
    assert "3 skipped" in shown and "make a service here" in shown


@pytest.fixture
def completed(project: Path) -> Path:
    """The example with the test of `set_price` completed."""
    fusiongen("generate", "--tests", FOLDER, cwd=project)
    _edit(project / SET_PRICE, *COMPLETED.items())
    return project


def test_a_completed_test_passes(completed: Path) -> None:
    """For the example's command is right; and what the user wrote passes `mypy --strict`."""
    code, shown = _pytest(completed, SET_PRICE)
    assert code == 0 and "1 passed" in shown
    _run(completed, "mypy", "--strict", "--explicit-package-bases", SET_PRICE)


@pytest.mark.parametrize("declared", ["", "\"get('kiwi')\""])
def test_a_declaration_that_forgets_a_key_is_caught(completed: Path, declared: str) -> None:
    """By the method and the arguments that should have been named."""
    old = '@command(invalidates=["get(id)"])'
    _edit(completed / "shop" / "contracts.py", (old, f"@command(invalidates=[{declared}])"))
    assert fusiongen("generate", cwd=completed).returncode == 0
    code, shown = _pytest(completed, SET_PRICE)
    assert code == 1
    assert "products.get('apple') changed, and the command did not invalidate it" in shown
    assert "products.get('pear')" not in shown


def test_a_declaration_that_names_too_much_is_a_warning(completed: Path) -> None:
    """The test passes, and pytest's summary tells."""
    old = '@command(invalidates=["get(id)"])'
    _edit(completed / "shop" / "contracts.py", (old, '@command(invalidates=["get(ANY)"])'))
    _edit(
        completed / "shop" / "contracts.py",
        ("from fusionrt import command", "from fusionrt import ANY, command"),
    )
    assert fusiongen("generate", cwd=completed).returncode == 0
    code, shown = _pytest(completed, SET_PRICE)
    assert code == 0 and "1 passed" in shown
    assert "NeedlessInvalidation: products.set_price invalidated products.get(ANY)" in shown


def test_tests_and_watch_do_not_go_together(project: Path) -> None:
    """A usage error, and nothing is written."""
    done = fusiongen("generate", "--watch", "--tests", FOLDER, cwd=project)
    assert done.returncode == 2
    assert done.stderr == "error: --tests writes once: leave --watch out\n"
    assert not (project / FOLDER).exists()


@pytest.fixture(scope="module")
def goldens(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The tests of every command of every golden."""
    folder = tmp_path_factory.mktemp("goldens")
    for case in cases():
        write_tests(project_of(case), folder / case)
    yield folder


def _run(folder: Path, *command: str) -> None:
    passes("-m", *command, cwd=folder, path=(ROOT, RUNTIME), RUFF_NO_CACHE="true")


@pytest.mark.timeout(240)
def test_C3_tests_pass_strict_type_checks(goldens: Path) -> None:
    """Whatever the parameters are, and however they may be passed."""
    assert len(list(goldens.rglob("test_*.py"))) > 10
    _run(goldens, "mypy", "--strict", "--explicit-package-bases", "--namespace-packages", ".")


def test_C3_no_linter_finds_anything_in_tests(goldens: Path) -> None:
    """Nor would a formatter change them."""
    _run(
        goldens,
        "ruff",
        "check",
        "--isolated",
        "--config",
        "line-length=100",
        "--select",
        "E,F,W,B,UP,PT",
        ".",
    )
    _run(goldens, "ruff", "format", "--isolated", "--check", ".")
