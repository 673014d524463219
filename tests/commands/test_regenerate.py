"""What `generate --watch` looks at."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from fusiongen.commands.regenerate import generate_again_and_again
from tests.projects import CONFIG, Write

CONTRACT = """\
from typing import Protocol

from fusionrt import service
from shop.types import Cart


@service
class Carts(Protocol):
    async def get(self, id: str) -> Cart: ...
"""
TYPES = "from dataclasses import dataclass\n\n\n@dataclass\nclass Cart:\n    id: str\n"
WAITING = "watching for changes; stop with Ctrl-C"


@pytest.mark.parametrize(
    ("file", "content", "says"),
    [
        ("shop/types.py", TYPES + "    name: str\n", "wrote shop/generated/fusion.lock.json"),
        ("shop/types.py", "Cart = Nonsense\n", "wrote shop/generated/fusion.lock.json"),
        ("shop/more/contracts.py", "import\n", "shop/more/contracts.py:1:"),
        ("shop/types/__init__.py", TYPES + "    n: int\n", "wrote shop/generated/fusion.lock.json"),
        ("own/package.py.j2", "{{ nothing }}", "error: the template package.py.j2"),
        ("pyproject.toml", "[tool.fusiongen]\n", "error: [tool.fusiongen] in"),
    ],
)
def test_every_file_that_matters_is_looked_at(
    project: Write,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    file: str,
    content: str,
    says: str,
) -> None:
    """A module of types, a new contract, a module that hides another, a template, the options."""
    config = CONFIG.replace('"shop/contracts.py"', '"shop/**/contracts.py"')
    own = {"own/package.py.j2": '"""Own."""\n\n{{ imports }}\n\n{{ exported }}\n'}
    files = {"shop/contracts.py": CONTRACT, "shop/types.py": TYPES, **own}
    project(files, config + 'templates = "own"\n')
    monkeypatch.chdir(tmp_path)
    looks = itertools.count()

    def change(_: float) -> None:
        assert next(looks) == 0, "the change was not noticed"
        path = tmp_path / file
        path.parent.mkdir(exist_ok=True)
        path.write_text(content)

    monkeypatch.setattr("time.sleep", change)
    lines = generate_again_and_again(tmp_path)
    first = list(itertools.takewhile(lambda line: line != WAITING, lines))
    assert first[-1] == "6 written, 0 up to date"
    second = list(itertools.takewhile(lambda line: line != WAITING, lines))
    assert any(line.startswith(says) for line in second), second
