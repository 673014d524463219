"""Commands, each in a process of its own, without the seconds in which it imports everything.

The processes are forked from one that has imported it already, and has done nothing else.
"""

from __future__ import annotations

import multiprocessing
import os
import runpy
import sys
import tempfile
from pathlib import Path

__all__ = ["run"]

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(
    ["alembic.command", "alembic.config", "fusiongen.cli", "fusionrt.sql", "asyncpg", "aiosqlite"]
)


def run(module: str, *words: str, folder: Path) -> tuple[int, str]:
    """Do as `python -m module words` in the folder; its exit code, and what it printed."""
    with tempfile.NamedTemporaryFile("r") as printed:
        process = _CONTEXT.Process(target=_main, args=(module, words, str(folder), printed.name))
        process.start()
        process.join(60)
        assert process.exitcode is not None, f"{module} {words} does not end"
        return process.exitcode, printed.read()


def _main(module: str, words: tuple[str, ...], folder: str, printed: str) -> None:
    os.chdir(folder)
    file = os.open(printed, os.O_WRONLY | os.O_APPEND)
    for output in (1, 2):
        os.dup2(file, output)
    sys.path.insert(0, folder)
    sys.argv = [module, *words]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
