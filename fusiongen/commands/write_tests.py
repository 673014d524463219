"""`generate --tests`: a test for each command that has none yet."""

from __future__ import annotations

from pathlib import Path

from ..contract import MethodKind
from ..output.files import replace
from ..output.reading import reading_of
from ..project import Project
from ..render.skeletons import skeleton
from ..render.templates import Templates

__all__ = ["write_tests"]


def write_tests(project: Project, folder: Path) -> list[Path]:
    """Write the tests that are not there; those that were written. What is there is the user's.

    Raises:
        GenerationError: the contracts break rules, or there are none. Nothing is written then.
    """
    reading = reading_of(project)
    templates = Templates(project.templates)
    texts = {
        path: skeleton(contract, command, reading.sources.owns, templates)
        for contract in reading.contracts
        for command in contract.of_kind(MethodKind.COMMAND)
        if not (path := folder / f"test_{contract.name}_{command.name}.py").exists()
    }
    replace(texts)
    return list(texts)
