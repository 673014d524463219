"""Contracts as strangers write them: what is accepted imports, type-checks and can be called; what
is refused is refused by a rule.

The cases are texts in `strangers/`: a name, then files. A file without a name is the contract,
after the usual imports.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fusiongen.errors import ContractError
from fusiongen.output.reading import reading_of
from fusiongen.output.write import generate
from fusiongen.project import load
from tests.projects import CONFIG
from tests.python import RUNTIME, passes

HERE = Path(__file__).resolve().parent / "strangers"
HEAD = "from typing import Protocol\nfrom fusionrt import ANY, command, compute, service\n"
NEWER = re.compile(r"^(type \w+|class \w+\[)", re.MULTILINE)
"""Syntax of Python 3.12."""

Files = dict[str, str]


def _cases(name: str) -> Iterator[tuple[str, Files]]:
    text = (HERE / f"{name}.txt").read_text(encoding="utf-8")
    for case in re.split(r"^#### ", text, flags=re.MULTILINE)[1:]:
        title, _, body = case.partition("\n")
        contract, *parts = re.split(r"^=== (\S+)\n", body, flags=re.MULTILINE)
        files = dict(zip(parts[::2], parts[1::2], strict=True))
        if contract:
            files["shop/contracts.py"] = HEAD + contract
        yield title, files


ACCEPTED = dict(_cases("accepted"))
REFUSED = dict(_cases("refused"))


def _write(folder: Path, files: Files) -> Path:
    for name, text in {"pyproject.toml": CONFIG, **files}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def _run(folder: Path, *command: str) -> None:
    passes(*command, cwd=folder, path=(folder, RUNTIME))


_CALL = """\
import asyncio, importlib, inspect, sys, warnings
from pathlib import Path

warnings.simplefilter("error")
from fusionrt.values.codecs import arguments_codec, codec


async def value(self, *args, **kwargs):
    return None


async def stream(self, *args, **kwargs):
    yield None


async def call(service, contract):
    for method in contract.methods:
        declared = inspect.signature(getattr(contract.protocol, method.name)).parameters
        if any(each.default is each.empty for each in [*declared.values()][1:]):
            continue
        bound = getattr(service, method.name)
        if type(method).__name__ == "Stream":
            assert [item async for item in bound()] == [None]
        else:
            assert await bound() is None


def prose(owner, name):
    text = inspect.cleandoc(getattr(owner, name).__doc__ or "").strip()
    return [line.rstrip() for line in text.split("\\n")]


def bodies(contract):
    kinds = {method.name: type(method).__name__ for method in contract.methods}
    return {name: stream if kind == "Stream" else value for name, kind in kinds.items()}


for folder in map(Path, sys.argv[1:]):
    for name in [name for name in sys.modules if name.partition(".")[0] in ("shop", "lib", "ns")]:
        del sys.modules[name]
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    for proxy in sorted((folder / "shop" / "generated").glob("*/proxy.py")):
        package = importlib.import_module(f"shop.generated.{proxy.parent.name}")
        contract = importlib.import_module(f"{package.__name__}.proxy").CONTRACT
        for signature in contract.resolved.signatures.values():
            arguments_codec(signature.parameters)
            codec(signature.result)
        client, _, stub = (getattr(package, each) for each in package.__all__)
        for method in contract.methods:
            told = [prose(each, method.name) for each in (contract.protocol, stub, client)]
            assert told[0] == told[1] == told[2], told
        asyncio.run(call(type("Mine", (stub,), bodies(contract))(), contract))
    sys.path.remove(str(folder))
"""


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Every accepted case, generated, each in a folder of its own."""
    root = tmp_path_factory.mktemp("strangers")
    folders = {name: _write(root / name, files) for name, files in ACCEPTED.items()}
    for folder in folders.values():
        generate(load(folder))
    return folders


def test_C3_what_is_accepted_imports_and_can_be_called(generated: dict[str, Path]) -> None:
    """Each declared type has a codec, each docstring is there, and each method that needs no
    argument answers."""
    newer = sys.version_info >= (3, 12)
    folders = [
        str(folder)
        for name, folder in generated.items()
        if newer or not any(map(NEWER.search, ACCEPTED[name].values()))
    ]
    assert len(folders) > 20
    _run(next(iter(generated.values())), "-c", _CALL, *folders)


def _beside_each_other(generated: dict[str, Path], folder: Path) -> None:
    """Every case in this one folder, its packages named after it."""
    for name, project in generated.items():
        for path in project.rglob("*.py"):
            package, *below = path.relative_to(project).parts
            target = folder.joinpath(f"{package}_{name}", *below)
            target.parent.mkdir(parents=True, exist_ok=True)
            text = path.read_bytes().decode()
            renamed = re.sub(r"\b(shop|ns)(?=[. ])", rf"\1_{name}", text)
            target.write_bytes(renamed.encode())


@pytest.mark.timeout(240)
def test_C3_what_is_accepted_passes_strict_type_checks(
    generated: dict[str, Path], tmp_path: Path
) -> None:
    """`mypy --strict` is clean on contracts and generated code: one run for all."""
    _beside_each_other(generated, tmp_path)
    options = ("--strict", "--explicit-package-bases", "--python-version=3.13")
    _run(tmp_path, "-m", "mypy", *options, ".")


@pytest.mark.parametrize("title", REFUSED)
def test_C3_what_is_refused_names_its_rules(title: str, tmp_path: Path) -> None:
    """A case's title lists the rules that it breaks; no other is told, and no traceback shown."""
    _, *rules = title.split()
    with pytest.raises(ContractError) as caught:
        reading_of(load(_write(tmp_path, REFUSED[title])))
    assert {each.rule for each in caught.value.diagnostics} == set(rules)
