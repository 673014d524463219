"""`fusiongen init`: a small project that runs."""

from __future__ import annotations

from pathlib import Path

from ..errors import GenerationError
from ..resources import folder

__all__ = ["init"]


def init(directory: Path) -> list[Path]:
    """Write a project: a contract, its service, an application and a test.

    Returns the files, in the order of their names. A `.gitignore` that is there already stays.

    Raises:
        GenerationError: one of the files exists; nothing is written then.
    """
    source = folder("templates") / "init"
    files = {
        directory / path.relative_to(source).with_suffix(""): path
        for path in sorted(source.rglob("*.txt"))
    }
    if (ignored := directory / ".gitignore").exists():
        del files[ignored]
    taken = [str(path) for path in files if path.exists() or path.is_symlink()]
    if directory.exists() and not directory.is_dir():
        taken = [str(directory)]
    if taken:
        raise GenerationError(
            f"{', '.join(taken)} exists already, and `init` overwrites nothing: choose a new folder"
        )
    for path, template in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(template.read_text(encoding="utf-8"), encoding="utf-8", newline="\n")
    return list(files)
