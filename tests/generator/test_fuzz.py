"""Random contracts: what is accepted works, and nothing ends in a traceback."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fusiongen.errors import ContractError, GenerationError
from fusiongen.output.plan import plan
from fusiongen.output.write import generate
from fusiongen.project import Project, load
from fusionrt.values.codecs import arguments_codec, codec
from tests.python import RUNTIME, passes
from tests.sizes import size

from .random_contracts import mutated, valid_contract

SAMPLE = size(5, 25)
_CONFIG = '[tool.fusiongen]\ncontracts = ["{0}/contracts.py"]\nout = "{0}/generated"\n'


def _project(folder: Path, name: str, text: str) -> Project:
    path = folder / name / "contracts.py"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8", errors="surrogatepass", newline="")
    (folder / "pyproject.toml").write_text(_CONFIG.format(name))
    return load(folder)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for all examples of a test."""
    return tmp_path_factory.mktemp("fuzz")


@pytest.mark.search
@given(st.randoms(use_true_random=False))
@settings(
    max_examples=size(10, 60),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_C3_what_is_accepted_imports_and_every_type_has_a_codec(
    folder: Path, random: Random
) -> None:
    """A valid contract is accepted; its code imports, and each declared type can be encoded."""
    text = valid_contract(random)
    name = f"case{abs(hash(text))}"
    generate(_project(folder, name, text))
    sys.path.insert(0, str(folder))
    try:
        importlib.invalidate_caches()
        (package,) = (folder / name / "generated").glob("*/proxy.py")
        proxy = importlib.import_module(f"{name}.generated.{package.parent.name}.proxy")
        importlib.import_module(f"{name}.generated.{package.parent.name}")
        for signature in proxy.CONTRACT.resolved.signatures.values():
            arguments_codec(signature.parameters)
            codec(signature.result)
    finally:
        sys.path.remove(str(folder))


@pytest.mark.search
@pytest.mark.timeout(240)
def test_C3_a_sample_passes_strict_type_checks(tmp_path: Path) -> None:
    """One run of `mypy --strict` over the code of some random contracts."""
    for seed in range(SAMPLE):
        generate(_project(tmp_path, f"case{seed}", valid_contract(Random(seed))))
    command = ("-m", "mypy", "--strict", "--explicit-package-bases", ".")
    passes(*command, cwd=tmp_path, path=(tmp_path, RUNTIME))


@pytest.mark.search
@given(st.randoms(use_true_random=False))
@settings(
    max_examples=size(40, 250),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_C3_any_text_ends_in_files_or_in_findings(folder: Path, random: Random) -> None:
    """A contract with random damage is generated, or refused with places."""
    text = mutated(valid_contract(random), random)
    try:
        planned = plan(_project(folder, "damaged", text))
    except ContractError as error:
        lines = text.count("\n") + text.count("\r") + 2
        assert all(0 < each.span.line <= lines for each in error.diagnostics)
    except GenerationError as error:
        assert "there is no contract in" in str(error)
    else:
        assert planned.files
