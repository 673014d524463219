"""Fixtures of this suite."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest

from fusiongen.javascript.plan import plan
from fusiongen.output.files import replace
from fusiongen.project import load

from .browser import chromium, shared_chromium
from .shared import once

__all__ = ["chromium", "shared_chromium"]

Generate = Callable[[Path], Path]


@pytest.fixture(scope="session")
def generate(tmp_path_factory: pytest.TempPathFactory) -> Generate:
    """Makes the JavaScript of a project: the folder that it is in."""

    def into(directory: Path) -> Path:
        return once(tmp_path_factory, directory.name, lambda out: write_javascript(directory, out))

    return into


def write_javascript(directory: Path, out: Path) -> None:
    """That of a project, into a folder."""
    (out / "package.json").write_text('{ "type": "module" }')
    project = dataclasses.replace(load(directory), javascript=out)
    files = plan(project).files
    replace({path: text for path, text in files.items() if path.is_relative_to(out)})
