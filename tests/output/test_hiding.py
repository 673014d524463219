"""Modules of a project by the names of others are refused where generated code would fail (C3)."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from fusiongen.commands.check import check
from fusiongen.compat.rule import Tier
from fusiongen.errors import GenerationError
from fusiongen.output.hiding import NEEDED
from fusiongen.output.reading import reading_of
from fusiongen.output.write import generate
from fusiongen.project import load
from tests.projects import Write
from tests.python import RUNTIME
from tests.sizes import size

CONTRACT = """\
from typing import Protocol

from fusionrt import service


@service
class Carts(Protocol):
    async def get(self) -> str: ...
"""
GOLDEN = Path(__file__).parents[1] / "golden"
SPARED = {"ast", "platform"} if sys.version_info >= (3, 13) else set[str]()
"""What only older Pythons import on the way."""
_IMPORTED = """
import sys
import fusionrt, fusionrt.abi
for name in fusionrt.__all__:
    getattr(fusionrt, name)
if len(sys.argv) > 1:
    print(*(name for name in sys.modules if name.startswith("fusionrt")))
"""


def _config(out: str = "shop/generated", contracts: str = "shop/contracts.py") -> str:
    return f'[tool.fusiongen]\ncontracts = ["{contracts}"]\nout = "{out}"\n'


@pytest.mark.parametrize(
    ("files", "told"),
    [
        (["typing.py"], "typing.py has the name of Python's own module `typing`"),
        (["email/__init__.py"], "email/__init__.py has the name of Python's own module `email`"),
        (["fusionrt.py"], "fusionrt.py has the name of the library `fusionrt`"),
        (["pydantic/__init__.py"], "pydantic/__init__.py has the name of the library `pydantic`"),
    ],
)
def test_C3_a_module_that_would_hide_a_needed_one_is_refused(
    files: list[str], told: str, project: Write
) -> None:
    """Generated code would fail with an import error of somebody else; so the file is named."""
    loaded = project({"shop/contracts.py": CONTRACT, **dict.fromkeys(files, "")}, _config())
    with pytest.raises(GenerationError) as caught:
        reading_of(loaded)
    assert str(caught.value) == f"{told}, and only one of them can be imported: rename it"


@pytest.mark.parametrize(
    ("contracts", "out", "told"),
    [
        ("shop/contracts.py", "logging", "logging has"),
        ("shop/contracts.py", "types/generated", "types has"),
        ("shop/contracts.py", "nats", "nats has"),
        ("shop/contracts.py", "calendar/generated", "calendar has"),
        ("code/contracts.py", "generated", "code has"),
        ("json/contracts.py", "generated", "json has"),
    ],
)
def test_C3_a_folder_is_not_called_as_what_is_imported_instead(
    contracts: str, out: str, told: str, project: Write
) -> None:
    """Neither `out` nor the folder of a contract hides a module that is needed, nor lies in one,
    without `__init__.py`, that a module of Python's own hides."""
    with pytest.raises(GenerationError, match=f"^{told} the name of "):
        reading_of(project({contracts: CONTRACT}, _config(out, contracts)))


@pytest.mark.parametrize(
    "files",
    [
        ["test.py", "code.py", "calendar.py", "queue/__init__.py", "time.py"],
        ["typing/notes.txt", "email/templates/welcome.py"],
        ["shop/typing.py", "shop/asyncio/__init__.py"],
        ["fusionrt/__init__.py", "fusionrt/abi.py"],
    ],
    ids=" ".join,
)
def test_C3_a_name_that_breaks_nothing_is_let_pass(files: list[str], project: Write) -> None:
    """What nothing needs, a folder without modules, a module in a package, the library itself."""
    loaded = project({"shop/contracts.py": CONTRACT, **dict.fromkeys(files, "")}, _config())
    assert reading_of(loaded).contracts


def test_C3_roots_that_hold_neither_contracts_nor_output_do_not_count(project: Write) -> None:
    """With all of it below `src`, a script beside that folder hides nothing."""
    files = {"src/shop/contracts.py": CONTRACT, "typing.py": ""}
    config = _config("src/shop/generated", "src/shop/contracts.py")
    assert reading_of(project(files, config)).contracts


def test_C3_a_module_that_comes_later_is_found(project: Write, tmp_path: Path) -> None:
    """`check` does not take the project for unchanged."""
    generate(project({"shop/contracts.py": CONTRACT}, _config()))
    assert not check(load(tmp_path), None, Tier.SOURCE)
    (tmp_path / "asyncio.py").touch()
    with pytest.raises(GenerationError, match=r"asyncio.py has the name of Python's own module"):
        check(load(tmp_path), None, Tier.SOURCE)


def _run(*given: str, first: Path | None = None) -> subprocess.CompletedProcess[str]:
    path = f"import sys\nsys.path[:0] = {[str(each) for each in (first, RUNTIME) if each]}\n"
    return subprocess.run(
        [sys.executable, "-c", path + _IMPORTED, *given],
        capture_output=True,
        text=True,
        check=False,
    )


def _imports(file: Path) -> Iterator[str]:
    """What a module imports at its top level."""
    for node in ast.parse(file.read_text()).body:
        match node:
            case ast.Import(names=names):
                yield from (name.name.partition(".")[0] for name in names)
            case ast.ImportFrom(module=str(module), level=0):
                yield module.partition(".")[0]


def _can_be_hidden(name: str) -> bool:
    origin = getattr(__import__(name).__spec__, "origin", None)
    return name in sys.stdlib_module_names and origin not in ("built-in", "frozen")


@pytest.fixture(scope="module")
def own() -> frozenset[str]:
    """What the text of generated code imports, and that of the runtime, as far as it is loaded."""
    names = _run("names").stdout.split()
    stems = [RUNTIME.joinpath(*name.split(".")) for name in names]
    files = [each / "__init__.py" if each.is_dir() else each.with_suffix(".py") for each in stems]
    files += [*GOLDEN.glob("*/expected/*/*.py")]
    found = {name for file in files if file.exists() for name in _imports(file)}
    return frozenset(filter(_can_be_hidden, found & sys.stdlib_module_names - {"__future__"}))


def test_C3_all_that_is_imported_is_known_as_needed(own: frozenset[str]) -> None:
    """By generated code, and by the runtime itself."""
    assert len(own) > 20
    assert own <= {*NEEDED}


@pytest.mark.search
def test_C3_what_is_known_as_needed_is(own: frozenset[str], tmp_path: Path) -> None:
    """With an empty module in the place of any other, the runtime does not even import."""
    others = sorted({*NEEDED} - own - SPARED)
    assert _run().returncode == 0
    for name in Random(0).sample(others, size(3, len(others))):
        folder = tmp_path / f"with_{name}"
        folder.mkdir()
        (folder / f"{name}.py").touch()
        assert _run(first=folder).returncode != 0, name
