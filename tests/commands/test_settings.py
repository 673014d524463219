"""`[tool.fusiongen]`, and `init`."""

from __future__ import annotations

from pathlib import Path

import pytest

from fusiongen.commands.init import init
from fusiongen.errors import GenerationError
from fusiongen.output.reading import reading_of
from fusiongen.output.write import generate
from fusiongen.project import load
from tests.output.test_write import CONTRACT
from tests.projects import Write
from tests.python import ROOT, RUNTIME, passes


def _config(body: str) -> str:
    return f"[tool.fusiongen]\n{body}\n"


def test_the_project_is_found_from_below(project: Write, tmp_path: Path) -> None:
    """The nearest pyproject.toml with our table counts; one without it is passed by."""
    project({"shop/contracts.py": CONTRACT, "shop/pyproject.toml": "[project]\nname = 'x'\n"})
    found = load(tmp_path / "shop")
    assert found.directory == tmp_path.resolve()
    assert found.roots == (tmp_path.resolve(),)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ('out = "x"', "`contracts` is missing"),
        ('contracts = []\nout = "x"', "`contracts`: "),
        ('contracts = ["shop/contracts.py"]\nout = 3', "`out`: input should be a valid string"),
        ('contracts = ["shop/contracts.py"]\nout = "x"\nsources = []', "`sources` is no option"),
        (
            'contracts = ["shop/contracts.py"]\nout = "x"\nroles.web.serve = ["carts"]',
            "`roles.web.serve` is no option; there are `serves`, `calls`",
        ),
        (
            'contracts = ["shop/contracts.py"]\nout = "x"\nallow = [{rules = "X"}]',
            "`allow.0.rules` is no option; there are `rule`, `at`",
        ),
        ('contracts = ["nowhere.py"]\nout = "x"', "`nowhere.py` under `contracts` matches no"),
        ('contracts = ["shop/contracts.py"]\nout = "shop"', "lies in `out` (shop), where only"),
        ('contracts = ["shop/contracts.py"]\nout = "x"\nroles.web = 3', "`roles.web` is no table"),
        ('contracts = ["/etc/x.py"]\nout = "x"', "is no pattern"),
        ('contracts = ["shop/contracts.py"]\nout = "x"\nsource-roots = ["lib"]', "`lib` of"),
        ("contracts = ", "is not valid TOML"),
    ],
)
def test_a_wrong_configuration_is_one_sentence(body: str, message: str, project: Write) -> None:
    """Every mistake in the table names the option and what is wrong with it."""
    with pytest.raises(GenerationError) as caught:
        project({"shop/contracts.py": CONTRACT}, _config(body))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value).split(":", 1)[0]


def test_no_project(tmp_path: Path) -> None:
    """Outside of every project the error names `init`."""
    with pytest.raises(GenerationError, match="fusiongen init DIR"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("files", "body", "message"),
    [
        ({"shop/contracts.py": "x = 1\n"}, 'out = "shop/generated"', "there is no contract in"),
        ({"shop/contracts.py": CONTRACT}, 'out = "shop/not-a-name"', "is not importable"),
        (
            {"shop/contracts.py": CONTRACT, "lib/x.py": ""},
            'out = "lib/generated"\nsource-roots = ["lib"]',
            "the contract file shop/contracts.py is not importable",
        ),
    ],
)
def test_what_cannot_be_imported_is_refused(
    files: dict[str, str], body: str, message: str, project: Write
) -> None:
    """Contracts and output have to be importable, and there has to be a contract."""
    with pytest.raises(GenerationError) as caught:
        reading_of(project(files, _config(f'contracts = ["shop/contracts.py"]\n{body}')))
    assert message in str(caught.value)


def test_a_src_layout_is_understood(project: Write) -> None:
    """`src` is a source root by default, and the innermost root names a module."""
    config = _config('contracts = ["src/**/contracts.py"]\nout = "src/shop/generated"')
    (contract,) = reading_of(project({"src/shop/contracts.py": CONTRACT}, config)).contracts
    assert contract.ref.module == "shop.contracts"
    assert contract.file == "src/shop/contracts.py"


def test_two_files_of_one_module_are_told(project: Write) -> None:
    """Below two source roots: Python, and the reader, would find the first of them only."""
    config = _config('contracts = ["**/contracts.py"]\nout = "shop/generated"')
    files = {
        "shop/contracts.py": CONTRACT,
        "src/shop/contracts.py": CONTRACT.replace("Carts", "Orders"),
    }
    told = "shop/contracts.py and src/shop/contracts.py are one module, `shop.contracts`"
    with pytest.raises(GenerationError, match=told):
        reading_of(project(files, config))


def test_init_writes_a_project_that_works(tmp_path: Path) -> None:
    """What `init` writes generates, type-checks under --strict, lints, and passes its own test."""
    folder = tmp_path / "new"
    written = init(folder)
    assert folder / "app.py" in written
    generate(load(folder))
    for command in (
        ("mypy", "--strict", "hello", "app.py", "tests"),
        ("ruff", "check", "--no-cache", "."),
        ("ruff", "format", "--no-cache", "--check", "."),
        ("pytest", "-q", "-p", "no:cacheprovider"),
    ):
        passes("-m", *command, cwd=folder, path=(folder, RUNTIME, ROOT))


def test_init_goes_into_a_fresh_clone(tmp_path: Path) -> None:
    """What git ignores there stays as it is; elsewhere git is told of what Python leaves."""
    clone, empty = tmp_path / "clone", tmp_path / "empty"
    clone.mkdir()
    (clone / ".gitignore").write_text("mine\n")
    assert clone / ".gitignore" not in init(clone)
    assert (clone / ".gitignore").read_text() == "mine\n" and (clone / "app.py").exists()
    assert empty / ".gitignore" in init(empty)
    assert "__pycache__/" in (empty / ".gitignore").read_text()


def test_init_overwrites_nothing(tmp_path: Path) -> None:
    """One file in the way, and nothing is written."""
    (tmp_path / "app.py").write_text("mine\n")
    with pytest.raises(GenerationError, match=r"app\.py exists already"):
        init(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["app.py"]
