"""Commands, each in a process of its own, without the second in which it imports everything.

The processes are forked from one that has imported it already, and has done nothing else.
"""

from __future__ import annotations

import multiprocessing
import os
import runpy
import sys
import tempfile
from collections.abc import Mapping
from multiprocessing.process import BaseProcess
from pathlib import Path
from subprocess import CompletedProcess

__all__ = ["run", "start"]

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(
    [
        *("aiosqlite", "alembic.command", "alembic.config", "asyncpg", "fusionrt.sql"),
        *("fusiongen.cli", "fusiongen.compat.changes", "fusiongen.output.write"),
        *("fusionrt.web", "starlette.staticfiles", "uvicorn"),
    ]
)
_EXAMPLES = str(Path(__file__).parents[1] / "examples")
"""Where this process looks for modules, and one that it starts does not."""


def run(
    module: str,
    *words: str,
    folder: Path,
    environment: Mapping[str, str] | None = None,
    timeout: float = 60.0,
) -> CompletedProcess[str]:
    """Do as `python -m module words` in the folder.

    environment: all of its variables, if not those of this process.
    """
    given = dict(os.environ if environment is None else environment)
    with tempfile.NamedTemporaryFile("r") as out, tempfile.NamedTemporaryFile("r") as err:
        names = out.name, err.name
        process = _CONTEXT.Process(target=_main, args=(module, words, str(folder), given, names))
        process.start()
        process.join(timeout)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise AssertionError(f"{module} {words} does not end: {out.read()}{err.read()}")
        return CompletedProcess([module, *words], process.exitcode, out.read(), err.read())


def start(module: str, *words: str) -> BaseProcess:
    """Begin `python -m module words`; it ends with this process, if not before."""
    process = _CONTEXT.Process(target=_module, args=(module, words), daemon=True)
    process.start()
    return process


def _module(module: str, words: tuple[str, ...]) -> None:
    sys.argv = [module, *words]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _main(
    module: str,
    words: tuple[str, ...],
    folder: str,
    environment: dict[str, str],
    printed: tuple[str, str],
) -> None:
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    for output, name in enumerate(printed, 1):
        os.dup2(os.open(name, os.O_WRONLY | os.O_APPEND), output)
    given = filter(None, environment.get("PYTHONPATH", "").split(os.pathsep))
    sys.path = [folder, *given, *(path for path in sys.path if not path.startswith(_EXAMPLES))]
    _module(module, words)
