"""Projects that a test writes as text."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from fusiongen.project import Project, load

CONFIG = '[tool.fusiongen]\ncontracts = ["shop/contracts.py"]\nout = "shop/generated"\n'

Write = Callable[..., Project]


@pytest.fixture
def project(tmp_path: Path) -> Write:
    """Writes files below a new folder, and loads the project that they make."""

    def write(files: dict[str, str], config: str = CONFIG) -> Project:
        for name, text in {"pyproject.toml": config, **files}.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return load(tmp_path)

    return write
