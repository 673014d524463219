"""Modules of the project by the names of others: Python imports one of the two, and generated code
would fail far from the cause."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from ..errors import GenerationError
from ..project import Project
from ..reader.sources import Sources
from .files import shown

__all__ = ["NEEDED", "refuse_hiding"]

NEEDED = (
    *("ast", "asyncio", "base64", "bisect", "collections", "concurrent", "contextlib"),
    *("contextvars", "copy", "dataclasses", "datetime", "decimal", "email", "enum", "functools"),
    *("hashlib", "heapq", "hmac", "importlib", "inspect", "ipaddress", "json", "keyword"),
    *("logging", "math", "numbers", "operator", "pathlib", "platform", "random", "re", "reprlib"),
    *("secrets", "select", "selectors", "signal", "socket", "ssl", "string", "struct"),
    *("subprocess", "tempfile", "textwrap", "threading", "token", "traceback", "types", "typing"),
    *("urllib", "uuid", "warnings", "weakref", "zoneinfo"),
)
"""Modules of Python's own without which, in some supported version, `fusionrt` cannot be imported
or does not work. Those that are built into the interpreter nobody can hide."""
_LIBRARIES: Mapping[str, str] = {
    "fusionrt": "fusionrt.abi",
    "msgspec": "msgspec.structs",
    "nats": "nats.errors",
    "pydantic": "pydantic.main",
}
"""Libraries that are needed as well, and a module by which one tells the library itself."""


def refuse_hiding(project: Project, sources: Sources) -> None:
    """Refuse a project with a module that Python would import in the place of one that is needed,
    or the other way round.

    Raises:
        GenerationError: there is one; it names the file.
    """
    found = next(_namesakes(project, sources), None)
    if found is None:
        return
    path, name = found
    whose = "the library" if name in _LIBRARIES else "Python's own module"
    raise GenerationError(
        f"{shown(project, path)} has the name of {whose} `{name}`, and only one of them can be "
        "imported: rename it"
    )


def _namesakes(project: Project, sources: Sources) -> Iterator[tuple[Path, str]]:
    places = [
        (path, root)
        for path in (*project.contracts, project.out)
        if (root := sources.home_of(path)) is not None
    ]
    homes = dict.fromkeys(root for _, root in places)
    for name in (*NEEDED, *_LIBRARIES):
        for root in homes:
            found = sources.file_in(root, name)
            if found is not None and not _is_library(name, root, sources):
                yield found, name
    for path, root in places:
        name, *below = path.relative_to(root).parts
        needed = name in NEEDED or (name in _LIBRARIES and not _is_library(name, root, sources))
        # A folder without `__init__.py` comes after every module of its name.
        bare = bool(below) and sources.file_in(root, name) is None
        if needed or (bare and name in sys.stdlib_module_names):
            yield root / name, name


def _is_library(name: str, root: Path, sources: Sources) -> bool:
    """Whether a source root holds the library itself."""
    return name in _LIBRARIES and sources.file_in(root, _LIBRARIES[name]) is not None
