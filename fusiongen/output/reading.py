"""Reading a project: its contracts, with every rule judged."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path

from ..errors import GenerationError
from ..project import Project
from ..reader.contracts import Reading, read
from ..reader.sources import Sources
from .files import shown
from .hiding import refuse_hiding

__all__ = ["reading_of", "sources_of"]


def sources_of(project: Project) -> Sources:
    """The files of the source roots, none of them read yet."""
    return Sources(project.directory, project.roots)


def reading_of(project: Project, sources: Sources | None = None) -> Reading:
    """The project's contracts with all that their text says.

    sources: to be read from; knows afterwards what was, also on failure.

    Raises:
        GenerationError: they break rules, or there are none.
    """
    sources = sources or sources_of(project)
    names = list(_module_names(project, sources))
    if sources.name_of(project.out) is None:
        raise GenerationError(
            f"`out` ({shown(project, project.out)}) is not importable: "
            "choose a folder below a source root, with identifiers as names"
        )
    refuse_hiding(project, sources)
    reading = _read(sources, names)
    if not reading.contracts:
        listed = ", ".join(shown(project, path) for path in project.contracts)
        raise GenerationError(
            f"there is no contract in {listed}: decorate a Protocol with `@service`"
        )
    return reading


def _module_names(project: Project, sources: Sources) -> Iterator[str]:
    named: dict[str, Path] = {}
    for path in project.contracts:
        name = sources.name_of(path)
        if name is None:
            raise GenerationError(
                f"the contract file {shown(project, path)} is not importable: put it below a "
                "source root (`source-roots` in [tool.fusiongen]), with identifiers as names"
            )
        if (other := named.setdefault(name, path)) != path:
            raise GenerationError(
                f"{shown(project, other)} and {shown(project, path)} are one module, `{name}`, of "
                "which Python imports the first: rename one, or name one source root "
                "(`source-roots` in [tool.fusiongen])"
            )
        yield name


def _read(sources: Sources, names: list[str]) -> Reading:
    with warnings.catch_warnings():
        # Python warns of a contract's odd escapes when it runs it; here they are nobody's business.
        warnings.simplefilter("ignore", SyntaxWarning)
        warnings.simplefilter("ignore", DeprecationWarning)
        try:
            return read(sources, names)
        except RecursionError:
            raise GenerationError(
                "some expression or type nests too deeply to be read: give its parts names"
            ) from None
