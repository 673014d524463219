"""`generate --watch`: look at the files again and again, and generate when one has changed."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from ..errors import ContractError, GenerationError
from ..javascript.plan import plan
from ..output.reading import sources_of
from ..output.write import write
from ..project import Project, load
from ..reader.sources import Sources
from ..show.report import of_diagnostic
from .generate import told

__all__ = ["PERIOD", "generate_again_and_again"]

PERIOD = 0.3
"""Seconds between two looks."""


def generate_again_and_again(directory: Path) -> Iterator[str]:
    """What to print, as it happens; ends with Ctrl-C. Whatever is wrong is told, and looked at
    again when a file has changed.
    """
    round_ = _Round(directory)
    while True:
        yield from round_.run()
        yield "watching for changes; stop with Ctrl-C"
        while not round_.is_over():
            time.sleep(PERIOD)
        round_ = _Round(directory)


class _Round:
    """One run of `generate`, and the files that it depended on."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._project = _loaded(directory)
        self._stamps: Mapping[Path, object] = {}
        self._changed_meanwhile = False

    def run(self) -> Iterator[str]:
        """Generate, and say what was done or is wrong."""
        if isinstance(self._project, str):
            yield f"error: {self._project}"
            return
        sources = sources_of(self._project)
        lines = list(_generate(self._project, sources, self._directory))
        consulted = sources.consulted()
        templates = self._project.templates
        files = {*self._project.contracts, *consulted.present, *consulted.absent}
        files.update(templates.rglob("*.j2") if templates else ())
        self._stamps = {path: _stamp(path) for path in files}
        self._changed_meanwhile = any(
            not path.is_file() or path.read_bytes() != content
            for path, content in consulted.read.items()
        )
        yield from lines

    def is_over(self) -> bool:
        """Whether a file has changed, or come, or gone, or the configuration has."""
        return (
            self._changed_meanwhile
            or _loaded(self._directory) != self._project
            or any(_stamp(path) != stamp for path, stamp in self._stamps.items())
        )


def _loaded(directory: Path) -> Project | str:
    """The project, or what is wrong with it."""
    try:
        return load(directory)
    except GenerationError as error:
        return str(error)


def _stamp(path: Path) -> object:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


def _generate(project: Project, sources: Sources, directory: Path) -> Iterator[str]:
    try:
        outcome = write(project, plan(project, sources))
    except ContractError as error:
        for diagnostic in error.diagnostics:
            yield str(of_diagnostic(diagnostic, "error"))
    except (GenerationError, OSError) as error:
        yield f"error: {error}"
    else:
        yield from (f"warning: {warning}" for warning in outcome.warnings)
        yield from (str(of_diagnostic(each, "warning")) for each in outcome.diagnostics)
        yield from told(outcome, directory)
