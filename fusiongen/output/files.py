"""Generated files as they lie on the disk: read them, replace them, find those left over."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from ..errors import GenerationError
from ..project import Project
from .leftovers import beside
from .stamp import MARK, SCRIPT_MARK

__all__ = ["delete", "in_the_way", "orphans", "owned", "replace", "shown", "text_of"]


RUNTIME = "fusion"
"""The folder of the runtime for browsers, beside the modules of contracts."""


def text_of(path: Path) -> str:
    """A file's text, whatever its line ends, without the mark that some editors put before it;
    bytes that are no text make it a foreign file."""
    return path.read_text(encoding="utf-8-sig", errors="replace")


def replace(texts: Mapping[Path, str]) -> None:
    """Write files so that all of them are there, each whole, or none: the first takes its place
    once the last is written beside its own, and gives it back if another one cannot.

    Raises:
        GenerationError: one of them cannot be written.
    """
    written: dict[Path, str] = {}
    former: dict[Path, str] = {}
    placed: list[Path] = []
    path = Path()
    try:
        for path, text in texts.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, written[path] = beside(path)
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
                file.write(text)
            if path.exists():
                handle, former[path] = beside(path)
                os.close(handle)
                shutil.copy2(path, former[path])
            mode = path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask()
            os.chmod(written[path], mode)
        for path, temporary in written.items():
            os.replace(temporary, path)
            placed.append(path)
    except OSError as error:
        for each in placed:
            _give_back(each, former.get(each))
        raise GenerationError(
            f"{path} cannot be written: {error.strerror or error}; mend that, and run this again"
        ) from error
    finally:
        for temporary in (*written.values(), *former.values()):
            Path(temporary).unlink(missing_ok=True)


def delete(paths: Iterable[Path]) -> None:
    """Delete files, and their folders if nothing is left there.

    Raises:
        GenerationError: one of them cannot be deleted.
    """
    for path in paths:
        try:
            path.unlink()
            if not any(path.parent.iterdir()):
                path.parent.rmdir()
        except OSError as error:
            raise GenerationError(
                f"{path} cannot be deleted: {error.strerror or error}; mend that, and run this "
                "again"
            ) from error


def _give_back(path: Path, former: str | None) -> None:
    with suppress(OSError):  # `check` finds it, and another run mends it
        if former is None:
            path.unlink()
        else:
            os.replace(former, path)


def in_the_way(path: Path) -> Path | None:
    """What no file can be written for: a folder of its name, or a file where its folder belongs."""
    if path.is_dir():
        return path
    above = next(each for each in path.parents if os.path.lexists(each))
    return None if above.is_dir() else above


def orphans(project: Project, files: Mapping[Path, str]) -> tuple[Path, ...]:
    """Generated files of contracts that are gone: only those with our header."""
    return tuple(
        path
        for path in owned(project)
        if path not in files and text_of(path).startswith((f"{MARK} from ", f"{SCRIPT_MARK} from "))
    )


def owned(project: Project) -> list[Path]:
    """The files that may be generated, as they lie there, and where one may be: a bundler's copies
    and installed packages lie deeper. The links by which an editor says that it has one open are
    none."""
    found = sorted(project.out.glob("*/*.py"))
    if project.javascript is not None:
        places = (project.javascript, project.javascript / RUNTIME)
        scripts = (place.glob(f"*.{ending}") for place in places for ending in ("js", "d.ts"))
        found.extend(sorted(path for each in scripts for path in each))
    return [path for path in found if path.is_file()]


def shown(project: Project, path: Path) -> str:
    """A path as messages name it: relative to the project, with `/`."""
    return Path(os.path.relpath(path, project.directory)).as_posix()


def _umask() -> int:
    current = os.umask(0o022)
    os.umask(current)
    return current
