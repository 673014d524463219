"""What is made of the contracts of `tests/golden`: TypeScript and Node.js take all of it."""

from __future__ import annotations

import dataclasses
import json
import shutil
import subprocess
from pathlib import Path

import pytest

from fusiongen.errors import ContractError
from fusiongen.javascript.plan import plan
from fusiongen.output.files import replace
from fusiongen.project import Project, load
from tests.golden.regenerate import cases, project_of
from tests.python import ROOT

from .node import HERE, NODE, installed
from .shared import once

REFUSED = {
    "secrets": ("contract.py:38:1", "`pydantic.SecretBytes`"),
    "special_types": ("contract.py:39:1", "mixes members of enums with others"),
}
"""The cases with a type that JavaScript is not given, and what is said of it."""
OURS = (
    "fusionrt.ext.Users",
    "fusionrt.ext.Presence",
    "fusionrt.ext.SandboxedKeyValueStore",
    "fusionrt.clock.Clock",
)
"""The contracts of the runtime's own that pages may call."""
STRICT = {
    "strict": True,
    "noEmit": True,
    "target": "es2024",
    "module": "nodenext",
    "lib": ["es2024", "dom"],
    "types": [],
    "noUncheckedIndexedAccess": True,
    "exactOptionalPropertyTypes": True,
}


def _write(project: Project, out: Path) -> None:
    project = dataclasses.replace(project, javascript=out)
    files = plan(project).files
    replace({path: text for path, text in files.items() if path.is_relative_to(out)})


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The JavaScript of all cases that have some."""
    return once(tmp_path_factory, "goldens", _write_all)


def _write_all(folder: Path) -> None:
    for case in cases():
        if case not in REFUSED:
            _write(project_of(case), folder / case)
    kit = dataclasses.replace(load(HERE.parent / "conformance"), library_contracts=OURS)
    _write(kit, folder / "conformance")
    (folder / "package.json").write_text('{ "type": "module" }')


def test_W12_typescript_takes_what_is_generated(written: Path) -> None:
    """`tsc --strict` finds nothing in any declaration, nor in an application that uses one."""
    shutil.copy(HERE / "sample.ts", written)
    config = {"compilerOptions": STRICT, "include": ["**/*.ts"]}
    (written / "tsconfig.json").write_text(json.dumps(config))
    tsc = installed() / "typescript" / "bin" / "tsc"
    done = subprocess.run([NODE, tsc, "-p", written], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout


def test_the_runtime_is_as_typed_as_it_says(tmp_path: Path) -> None:
    """`tsc --strict` finds nothing in the comments that give its JavaScript types."""
    sources = ROOT / "runtime" / "js" / "fusion"
    options = {**STRICT, "allowJs": True, "checkJs": True, "exactOptionalPropertyTypes": False}
    options |= {"noUncheckedIndexedAccess": False, "lib": ["es2024", "dom", "dom.iterable"]}
    config = {"compilerOptions": options, "include": [f"{sources}/*.js", f"{sources}-debug.js"]}
    (tmp_path / "tsconfig.json").write_text(json.dumps(config))
    tsc = installed() / "typescript" / "bin" / "tsc"
    done = subprocess.run([NODE, tsc, "-p", tmp_path], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout


def test_W12_node_imports_what_is_generated(written: Path) -> None:
    """Each module, with all that it imports."""
    modules = [path for path in written.rglob("*.js") if path.stem != "fusion-react"]
    assert len(modules) > 200
    lines = [f'await import("./{path.relative_to(written).as_posix()}")' for path in modules]
    (written / "all.mjs").write_text("\n".join(lines))
    done = subprocess.run([NODE, written / "all.mjs"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("case", REFUSED)
def test_W12_a_type_that_javascript_cannot_be_given_is_refused(case: str, tmp_path: Path) -> None:
    """With the place of its method, why, and what to do; nothing is lost silently."""
    place, reason = REFUSED[case]
    with pytest.raises(ContractError) as refused:
        _write(project_of(case), tmp_path)
    found, *_ = refused.value.diagnostics
    assert str(found.span) == place
    assert reason in found.message
    assert "@service(internal=True)" in found.fix
