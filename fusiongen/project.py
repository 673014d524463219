"""`[tool.fusiongen]` of a project's pyproject.toml."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from .errors import GenerationError

__all__ = ["LOCK_FILE", "Allowed", "Config", "Project", "Role", "Title", "load"]

LOCK_FILE = "fusion.lock.json"
"""What the contracts say, in the folder of the generated packages."""


class Allowed(BaseModel):
    """A breaking change that `check --against` lets pass."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    rule: str
    """Its id, such as `METHOD_REMOVED`."""
    at: str
    """What changed, as `check` names it: `carts.get`."""
    reason: str = Field(min_length=1)
    """Why it breaks nobody."""


class Role(BaseModel):
    """Processes that sign in at the broker as one user, and so have the same permissions."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    serves: list[str] = []
    """The services that they serve."""
    calls: list[str] = []
    """The services that they call; `*` for all that are not internal."""
    offers: list[str] = []
    """What they offer to the hosts that they call: `host.offer(…)`."""
    log: Literal["read", "write"] | None = None
    """`write` if they have `Host(log=JetStreamLog())`; `read` to look by `fusiongen operations`."""
    relays: list[str] = []
    """Where they relay events to in JetStream, as `host.relay(…)` names it; or patterns of that."""


class Config(BaseModel):
    """The table `[tool.fusiongen]`. Paths are relative to the folder of pyproject.toml."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    contracts: list[str] = Field(min_length=1)
    """The files that hold contracts, or patterns for them: `shop/*/contracts.py`."""
    out: str
    """The folder for the generated packages; a package itself, so below a source root."""
    source_roots: list[str] | None = Field(default=None, alias="source-roots")
    """Where imports start; by default the project's folder and `src`."""
    templates: str | None = None
    """A folder of templates that take the place of those of the same names."""
    blocking: bool = False
    """Whether clients have a form for code that does not await: `host.blocking(…)`."""
    javascript: str | None = None
    """A folder for ES modules, by which browsers call the contracts that are not internal."""
    library_contracts: list[str] = Field(default=[], alias="library-contracts")
    """Contracts of installed packages that browsers call, too: `fusionrt.ext.Users`."""
    allow: list[Allowed] = []
    """Breaking changes that are meant."""
    roles: dict[str, Role] = {}
    """What `fusiongen permissions` permits to whom, by the names of users."""


@dataclass(frozen=True, slots=True)
class Title:
    """What the table `[project]` calls a project, as far as it says."""

    name: str | None = None
    version: str | None = None


@dataclass(frozen=True, slots=True)
class Project:
    """A project whose files exist. Every path is absolute.

    directory: the folder of pyproject.toml.
    contracts: the contract files, by path.
    out: the folder for the generated packages.
    roots: the source roots.
    allow: the breaking changes that are meant.
    templates: a folder of templates that take the place of those of the same names.
    title: what documents are headed with.
    blocking: whether clients have a form that blocks.
    roles: who serves and calls what.
    javascript: the folder for the modules of browsers, if there are to be any.
    library_contracts: those of installed packages that have modules there, too.
    """

    directory: Path
    contracts: tuple[Path, ...]
    out: Path
    roots: tuple[Path, ...]
    allow: tuple[Allowed, ...] = ()
    templates: Path | None = None
    blocking: bool = False
    title: Title = Title()
    roles: Mapping[str, Role] = field(default_factory=dict)
    javascript: Path | None = None
    library_contracts: tuple[str, ...] = ()


def load(directory: Path) -> Project:
    """The project that a folder belongs to.

    Raises:
        GenerationError: there is none, or its configuration is not right.
    """
    for folder in (directory.resolve(), *directory.resolve().parents):
        file = folder / "pyproject.toml"
        document = _document(file) if file.is_file() else {}
        table = _table(document, "tool", "fusiongen")
        if table is not None:
            return _project(file, table, _title(_table(document, "project")))
    raise GenerationError(
        f"no pyproject.toml with a table [tool.fusiongen] in {directory} or above: "
        "change to the project's folder, or start one with `fusiongen init DIR`"
    )


def _document(file: Path) -> Any:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise GenerationError(f"{file} is not valid TOML: {error}") from None
    except OSError as error:
        raise GenerationError(f"{file} cannot be read: {error.strerror}") from None


def _table(document: Any, *path: str) -> Any:
    for name in path:
        document = document.get(name) if isinstance(document, dict) else None
    return document


def _title(table: Any) -> Title:
    found = {name: _table(table, name) for name in ("name", "version")}
    return Title(**{name: text for name, text in found.items() if isinstance(text, str)})


def _project(file: Path, table: Any, title: Title) -> Project:
    try:
        config = Config.model_validate(table)
    except ValidationError as error:
        problems = "; ".join(map(_problem, error.errors()))
        raise GenerationError(f"[tool.fusiongen] in {file}: {problems}") from None
    directory = file.parent
    return Project(
        directory=directory,
        contracts=tuple(_contracts(directory, config)),
        out=_absolute(directory, config.out),
        roots=tuple(_roots(directory, config)),
        allow=tuple(config.allow),
        templates=_templates(directory, config),
        blocking=config.blocking,
        title=title,
        roles=config.roles,
        javascript=None if config.javascript is None else _absolute(directory, config.javascript),
        library_contracts=tuple(_library_contracts(directory, config)),
    )


def _problem(error: Any) -> str:
    where = ".".join(map(str, error["loc"])) or "it"
    match error["type"]:
        case "extra_forbidden":
            return f"`{where}` is no option; there are {_options(error['loc'])}"
        case "missing":
            return f"`{where}` is missing"
        case "model_type":
            return f"{f'`{where}`' if error['loc'] else 'it'} is no table"
        case _:
            return f"`{where}`: {error['msg'][0].lower()}{error['msg'][1:]}"


def _options(place: tuple[int | str, ...]) -> str:
    """Those that there are where a wrong one stands."""
    parts: dict[str, type[BaseModel]] = {"allow": Allowed, "roles": Role}
    part = parts[str(place[0])] if len(place) > 1 else Config
    return ", ".join(f"`{field.alias or name}`" for name, field in part.model_fields.items())


def _roots(directory: Path, config: Config) -> Iterator[Path]:
    if config.source_roots is None:
        yield directory
        if (directory / "src").is_dir():
            yield directory / "src"
        return
    for name in config.source_roots:
        root = _absolute(directory, name)
        if not root.is_dir():
            raise GenerationError(f"the source root `{name}` of {directory} is no folder")
        yield root


def _templates(directory: Path, config: Config) -> Path | None:
    if config.templates is None:
        return None
    folder = _absolute(directory, config.templates)
    if not folder.is_dir():
        raise GenerationError(f"`templates` ({config.templates}) of {directory} is no folder")
    return folder


def _library_contracts(directory: Path, config: Config) -> list[str]:
    if config.library_contracts and config.javascript is None:
        raise GenerationError(
            f"`library-contracts` of {directory} are for browsers: name a folder by `javascript`"
        )
    return config.library_contracts


def _contracts(directory: Path, config: Config) -> list[Path]:
    out = _absolute(directory, config.out)
    files: set[Path] = set()
    for pattern in config.contracts:
        try:
            found = [path for path in directory.glob(pattern) if path.is_file()]
        except (NotImplementedError, ValueError) as error:
            raise GenerationError(f"`{pattern}` under `contracts` is no pattern: {error}") from None
        found = [_absolute(path) for path in found]
        found = [path for path in found if path.suffix == ".py"]
        contracts = [path for path in found if not path.is_relative_to(out)]
        if found and not contracts:
            raise GenerationError(
                f"what `{pattern}` under `contracts` matches lies in `out` ({config.out or '.'}), "
                "where only generated code is: choose another folder for `out`"
            )
        if not contracts:
            raise GenerationError(
                f"`{pattern}` under `contracts` matches no Python file in {directory}: "
                "mend the path, or write the contract"
            )
        files.update(contracts)
    best_last = sorted(files, key=lambda path: (path != path.resolve(), path), reverse=True)
    return sorted({path.resolve(): path for path in best_last}.values())


def _absolute(*parts: Path | str) -> Path:
    """A path without `..`, links not followed: a file is imported by the name that the link has."""
    return Path(os.path.abspath(Path(*parts)))
