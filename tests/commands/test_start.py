"""What happens before a command runs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.projects import Write

CONTRACT = """\
from typing import Protocol

from fusionrt import compute, service


@service
class Carts(Protocol):
    @compute
    async def get(self, id: str) -> str: ...
"""


@pytest.mark.parametrize("part", ["typer", "libcst", "jinja2"])
def test_a_missing_part_is_one_sentence(
    project: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    """Who installed the runtime alone is told what to install, whenever the part is missed."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    loaded = project({"shop/contracts.py": CONTRACT})
    code = (
        "import sys\n"
        f"sys.modules[{part!r}] = None\n"
        "sys.argv = ['fusiongen', 'generate']\n"
        "from fusiongen.__main__ import main\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=loaded.directory, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "error: the generator is not installed: pip install 'fusiongen[gen]'"
    ]
