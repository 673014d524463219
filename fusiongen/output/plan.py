"""Planning: everything is rendered and compiled before anything is written (C4)."""

from __future__ import annotations

import gc
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..errors import GenerationError
from ..project import Project
from ..reader.contracts import Reading, read
from ..reader.modules import Modules
from ..render.files import render
from ..render.templates import Templates
from .contents import lock_of
from .files import shown, text_of
from .lock import LOCK_FILE, lock_text
from .stamp import State, stamped, state_of

__all__ = ["OwnModules", "Plan", "plan", "reading_of"]


def reading_of(project: Project, modules: Modules | None = None) -> Reading:
    """The project's contracts with all that their text says.

    modules: to be read from.

    Raises:
        GenerationError: they break rules, or there are none.
    """
    return _read(project, modules or project.modules())


@dataclass(frozen=True, slots=True)
class Plan:
    """What a project should have.

    files: the text of each. An `__init__.py` of `out` that is the user's stays as it is.
    reading: what the contracts say.
    modules: the files that this was read from.
    """

    files: Mapping[Path, str]
    reading: Reading
    modules: Modules


def plan(project: Project, modules: Modules | None = None) -> Plan:
    """Render and compile everything.

    modules: to be read from; knows afterwards what was, also on failure.

    Raises:
        GenerationError: they break rules, or there are none.
    """
    with _without_collector():
        return _plan(project, modules or project.modules())


@contextmanager
def _without_collector() -> Iterator[None]:
    """Syntax trees are many objects and no garbage: looking for it takes a fifth of the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _plan(project: Project, modules: Modules) -> Plan:
    reading = _read(project, modules)
    templates = Templates(project.templates)
    files: dict[Path, str] = {}
    package = project.out / "__init__.py"
    if not package.exists() or state_of(text_of(package)) is not State.FOREIGN:
        files[package] = stamped(templates.render("out.py.j2", {}), None)
    own = OwnModules(modules)
    for contract in reading.contracts:
        for name, body in render(contract, own, templates).items():
            files[project.out / contract.name / name] = stamped(body, contract.file)
    for path, text in files.items():
        _compile(project, path, text)
    files[project.out / LOCK_FILE] = lock_text(lock_of(reading))
    return Plan(files, reading, modules)


def _compile(project: Project, path: Path, text: str) -> None:
    """Nothing is written that Python does not take."""
    try:
        compile(text, str(path), "exec", dont_inherit=True)
    except SyntaxError as error:
        source = f"the templates of {project.templates}" if project.templates else "the contracts"
        raise GenerationError(
            f"{source} make {shown(project, path)} no valid Python: "
            f"line {error.lineno}: {error.msg}"
        ) from None


class OwnModules:
    """Tells modules of the project from those of libraries."""

    def __init__(self, modules: Modules) -> None:
        self._modules = modules

    def __call__(self, name: str) -> bool:
        return self._modules.has(name) or self._modules.has(name.partition(".")[0])


def _read(project: Project, modules: Modules) -> Reading:
    names = list(_module_names(project, modules))
    if modules.name_of(project.out) is None:
        raise GenerationError(
            f"`out` ({shown(project, project.out)}) is not importable: "
            "choose a folder below a source root, with identifiers as names"
        )
    with warnings.catch_warnings():
        # Python warns of a contract's odd escapes when it runs it; here they are nobody's business.
        warnings.simplefilter("ignore", SyntaxWarning)
        warnings.simplefilter("ignore", DeprecationWarning)
        try:
            reading = read(modules, names)
        except RecursionError:
            raise GenerationError(
                "some expression or type nests too deeply to be read: give its parts names"
            ) from None
    if not reading.contracts:
        listed = ", ".join(shown(project, path) for path in project.contracts)
        raise GenerationError(
            f"there is no contract in {listed}: decorate a Protocol with `@service`"
        )
    return reading


def _module_names(project: Project, modules: Modules) -> Iterator[str]:
    for path in project.contracts:
        name = modules.name_of(path)
        if name is None:
            raise GenerationError(
                f"the contract file {shown(project, path)} is not importable: put it below a "
                "source root (`source-roots` in [tool.fusiongen]), with identifiers as names"
            )
        yield name
