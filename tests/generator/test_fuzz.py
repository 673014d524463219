"""Random contracts: what is accepted works, and nothing ends in a traceback."""

from __future__ import annotations

import asyncio
import importlib
import shutil
import sys
from pathlib import Path
from random import Random
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, note, reject, settings
from hypothesis import strategies as st

from fusiongen.errors import ContractError, GenerationError
from fusiongen.output.plan import plan
from fusiongen.output.write import generate
from fusiongen.project import Project, load
from fusionrt import Host
from fusionrt.testing import eventually
from fusionrt.transport.memory import MemoryNetwork
from fusionrt.values.codecs import codec
from tests.python import RUNTIME, passes
from tests.sizes import size

from .mutations import mutated
from .random_contracts import Drawn, drawn

SAMPLE = size(5, 25)
NEWER = sys.version_info >= (3, 12)
_CONFIG = '[tool.fusiongen]\ncontracts = ["{0}/contracts.py"]\nout = "{0}/generated"\n'
_SETTINGS = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    # An example takes up to a second, to shrink one takes many minutes: it is told whole instead.
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    report_multiple_bugs=False,
)
_BASIC = '{"typeCheckingMode": "basic", "include": ["*/generated", "*/contracts.py"]}'


def _project(folder: Path, name: str, files: dict[str, str]) -> Project:
    for file, text in {"__init__.py": "", **files}.items():
        path = folder / name / file
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8", errors="surrogatepass", newline="")
    (folder / "pyproject.toml").write_text(_CONFIG.format(name))
    return load(folder)


def _tell(files: dict[str, str]) -> None:
    """With a failure: to run the drawn project needs no more."""
    for file, text in files.items():
        note(f"{file}:\n" + text.encode(errors="backslashreplace").decode())


def _accepted(folder: Path, name: str, case: Drawn) -> bool:
    """Whether it is generated. The one thing that the grammar does not know of is refused."""
    try:
        generate(_project(folder, name, case.named(name)))
    except ContractError as error:
        assert all("pydantic has no schema" in each.message for each in error.diagnostics), error
        return False
    return True


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for all examples of a test."""
    return tmp_path_factory.mktemp("fuzz")


def _same(tp: Any, value: Any, arrived: Any) -> bool:
    """Whether what arrived is the value, by its own content."""
    whole = codec(tp)
    return whole.encode(arrived) == whole.encode(whole.decode(whole.encode(value)))


def _list_of(tp: Any) -> Any:
    return list[tp]


async def _called(case: Drawn, bodies: ModuleType, package: ModuleType) -> None:
    """Every method, of a service and of its client: arguments and results are as they were."""
    client = next(getattr(package, name) for name in package.__all__ if name.endswith("Client"))
    served, alone = bodies.Bodies(), bodies.Bodies()
    types: Any = alone._fusion.contract.resolved.signatures
    pair: Any
    network = MemoryNetwork()
    async with (
        Host(transport=network.connect("a")) as one,
        Host(transport=network.connect("b")) as two,
    ):
        await one.serve(served)
        for service in (alone, two.client(client)):
            bodies.SEEN.clear()
            got = await bodies.calls(service)
            await eventually(lambda: len(bodies.SEEN) == len(case.methods))
            for number, method in enumerate(case.methods):
                signature, wanted = types[method.name], getattr(bodies, f"RESULT_{number}")
                pair = (wanted, got[method.name])
                if method.kind == "both":
                    pair = tuple((each,) for each in pair)
                assert _same(signature.head or signature.result, *pair), method
                expected, seen = bodies.EXPECTED[method.name], bodies.SEEN[method.name]
                given = zip(method.parameters, signature.parameters, expected, seen, strict=True)
                for parameter, tp, *pair in given:
                    if parameter.is_stream:
                        tp, pair = _list_of(tp), map(list, pair)
                    assert _same(tp, *pair), (method.name, parameter)


@pytest.mark.search
@given(st.randoms(use_true_random=False))
@settings(_SETTINGS, max_examples=size(10, 100))
def test_C3_what_is_accepted_is_served_and_called(folder: Path, random: Random) -> None:
    """Its code imports, whatever its methods, parameters and types are called; each method is
    called with all that its types hold, in the process of its service and in another one."""
    case = drawn(random, newer=NEWER)
    name = f"case{abs(hash(str(case.files)))}"
    _tell(case.named(name))
    if not _accepted(folder, name, case):
        reject()
    sys.path.insert(0, str(folder))
    try:
        importlib.invalidate_caches()
        bodies = importlib.import_module(f"{name}.bodies")
        package = importlib.import_module(f"{name}.generated.{case.service}")
        asyncio.run(_called(case, bodies, package))
    finally:
        sys.path.remove(str(folder))


@pytest.mark.search
@pytest.mark.timeout(600)
def test_C3_a_sample_passes_strict_type_checks(tmp_path: Path) -> None:
    """Of mypy, bodies and callers included, and of pyright: one run each. The syntax of Python 3.12
    is read, whichever Python runs this."""
    for seed in range(SAMPLE):
        if not _accepted(tmp_path, f"case{seed}", drawn(Random(seed), newer=True)):
            shutil.rmtree(tmp_path / f"case{seed}")
    options = ("--strict", "--explicit-package-bases", "--python-version=3.13")
    passes("-m", "mypy", *options, ".", cwd=tmp_path, path=(tmp_path, RUNTIME))
    (tmp_path / "pyrightconfig.json").write_text(_BASIC)
    quiet = {"PYRIGHT_PYTHON_GLOBAL_NODE": "0", "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"}
    path = (tmp_path, RUNTIME)
    passes("-m", "pyright", "--pythonpath", sys.executable, cwd=tmp_path, path=path, **quiet)


@pytest.mark.search
@given(st.randoms(use_true_random=False))
@settings(_SETTINGS, max_examples=size(40, 250))
def test_C3_any_text_ends_in_files_or_in_findings(folder: Path, random: Random) -> None:
    """A contract with random damage is generated, or refused with places."""
    files = drawn(random, newer=NEWER).named("damaged")
    files["contracts.py"] = mutated(files["contracts.py"], random)
    _tell(files)
    try:
        planned = plan(_project(folder, "damaged", files))
    except ContractError as error:
        lines = max(text.count("\n") + text.count("\r") + 2 for text in files.values())
        assert all(0 < each.span.line <= lines for each in error.diagnostics)
    except GenerationError as error:
        assert "there is no contract in" in str(error)
    else:
        assert planned.files
