"""Generating: everything is rendered and compiled before anything is written (C4)."""

from __future__ import annotations

import gc
import os
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .contract import Contract
from .errors import Diagnostic, GenerationError
from .lock import LOCK_FILE, lock_is_intact, lock_of, lock_text
from .owned import MARK, State, stamped, state_of
from .project import Project
from .reader.contracts import Reading, read
from .reader.modules import Modules
from .render.files import render
from .render.templates import Templates

__all__ = [
    "Outcome",
    "OwnModules",
    "Plan",
    "contracts",
    "generate",
    "orphans",
    "plan",
    "reading_of",
    "replace",
    "text_of",
    "write",
]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What `generate` did; paths are absolute.

    warnings: sentences about what the user may not expect.
    diagnostics: what seldom is meant so in the contracts.
    """

    written: tuple[Path, ...]
    unchanged: tuple[Path, ...]
    deleted: tuple[Path, ...]
    warnings: tuple[str, ...]
    diagnostics: tuple[Diagnostic, ...] = ()


def contracts(project: Project) -> tuple[Contract, ...]:
    """The project's contracts, by name.

    Raises:
        GenerationError: they break rules, or there are none.
    """
    return reading_of(project).contracts


def reading_of(project: Project, modules: Modules | None = None) -> Reading:
    """The project's contracts with all that their text says.

    modules: to be read from.

    Raises:
        GenerationError: as `contracts`.
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
        GenerationError: as `contracts`.
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
            f"{source} make {_shown(project, path)} no valid Python: "
            f"line {error.lineno}: {error.msg}"
        ) from None


def orphans(project: Project, files: Mapping[Path, str]) -> tuple[Path, ...]:
    """Generated files of contracts that are gone: only those with our header."""
    return tuple(
        path
        for path in sorted(project.out.glob("*/*.py"))
        if path not in files and text_of(path).startswith(f"{MARK} from ")
    )


def generate(project: Project) -> Outcome:
    """Write what changed, delete what has lost its contract.

    Raises:
        GenerationError: as `contracts`, or a file that is not ours is in the way. Nothing is
            written then.
    """
    return write(project, plan(project))


def write(project: Project, wanted: Plan) -> Outcome:
    """Make the files what the plan says.

    Raises:
        GenerationError: a file that is not ours is in the way. Nothing is written then.
    """
    files = wanted.files
    changed = {path: text for path, text in files.items() if _differs(path, text)}
    edited = tuple(_edited(project, changed))
    for path in changed:
        if path.suffix == ".py" and path.exists() and _is_users(path):
            raise GenerationError(
                f"{_shown(project, path)} is not generated by fusiongen and would be overwritten: "
                "move it, or choose another `out` in [tool.fusiongen]"
            )
    gone = orphans(project, files)
    for path, text in changed.items():
        replace(path, text)
    for path in gone:
        path.unlink()
        if not any(path.parent.iterdir()):
            path.parent.rmdir()
    unchanged = tuple(path for path in files if path not in changed)
    return Outcome(tuple(changed), unchanged, gone, edited, wanted.reading.warnings)


def text_of(path: Path) -> str:
    """A file's text, whatever its line ends; bytes that are no text make it a foreign file."""
    return path.read_text(encoding="utf-8", errors="replace")


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
            f"`out` ({_shown(project, project.out)}) is not importable: "
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
        listed = ", ".join(_shown(project, path) for path in project.contracts)
        raise GenerationError(
            f"there is no contract in {listed}: decorate a Protocol with `@service`"
        )
    return reading


def _module_names(project: Project, modules: Modules) -> Iterator[str]:
    for path in project.contracts:
        name = modules.name_of(path)
        if name is None:
            raise GenerationError(
                f"the contract file {_shown(project, path)} is not importable: put it below a "
                "source root (`source-roots` in [tool.fusiongen]), with identifiers as names"
            )
        yield name


def _shown(project: Project, path: Path) -> str:
    return Path(os.path.relpath(path, project.directory)).as_posix()


def _differs(path: Path, text: str) -> bool:
    return not path.is_file() or text_of(path) != text


def _is_users(path: Path) -> bool:
    """An empty file is nobody's: an interrupted copy or check-out leaves such."""
    text = text_of(path)
    return bool(text.strip()) and state_of(text) is State.FOREIGN


def _edited(project: Project, changed: Mapping[Path, str]) -> Iterator[str]:
    for path in changed:
        if not path.is_file():
            continue
        text = text_of(path)
        edited = (
            state_of(text) is State.EDITED if path.suffix == ".py" else not lock_is_intact(text)
        )
        if edited:
            yield f"{_shown(project, path)} was edited by hand; the edits are gone"


def replace(path: Path, text: str) -> None:
    """Write a file so that it is there whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask()
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        os.chmod(temporary, mode)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _umask() -> int:
    current = os.umask(0o022)
    os.umask(current)
    return current
