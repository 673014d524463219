"""Commands, each in a process of its own, without the second in which it imports everything.

The processes are forked from one that has imported it already, and has done nothing else.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import runpy
import signal
import sys
import tempfile
from collections.abc import Mapping
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from subprocess import CompletedProcess
from typing import Self

from tests.waiting import PROCESS

__all__ = ["Running", "run", "start"]

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(
    [
        *("aiosqlite", "alembic.command", "alembic.config", "asyncpg", "fusionrt.sql"),
        *("fusiongen.cli", "fusiongen.compat.changes", "fusiongen.output.write"),
        *("fusionrt.host", "fusionrt.running", "fusionrt.web", "starlette.staticfiles", "uvicorn"),
    ]
)
_EXAMPLES = str(Path(__file__).parents[1] / "examples")
"""Where this process looks for modules, and one that it starts does not."""


def run(
    module: str,
    *words: str,
    folder: Path,
    environment: Mapping[str, str] | None = None,
    timeout: float = PROCESS,
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


class Running:
    """A command that runs on in this loop's sight.

    printed: what it says, which has to be read.
    """

    def __init__(self, process: BaseProcess, printed: asyncio.StreamReader) -> None:
        self.printed = printed
        self._process = process
        self._ended = asyncio.Event()
        asyncio.get_running_loop().add_reader(process.sentinel, self._noticed)

    @classmethod
    async def start(cls, module: str, *words: str, environment: Mapping[str, str]) -> Self:
        """Begin `python -m module words` here. environment: all of its variables."""
        reading, writing = multiprocessing.Pipe(duplex=False)
        given = (module, words, os.getcwd(), dict(environment), writing)
        process = _CONTEXT.Process(target=_printing, args=given, daemon=True)
        process.start()
        writing.close()
        printed = asyncio.StreamReader()
        pipe = os.fdopen(os.dup(reading.fileno()), "rb")
        reading.close()
        protocol = asyncio.StreamReaderProtocol(printed)
        await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, pipe)
        return cls(process, printed)

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self._process.pid is not None
        return self._process.pid

    @property
    def has_ended(self) -> bool:
        """Whether it is no more."""
        return self._ended.is_set()

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        os.kill(self.pid, number)

    async def ended(self) -> int:
        """Its exit code, once it has ended, and all that it said has come."""
        await self._ended.wait()
        await self.printed.read()
        assert self._process.exitcode is not None
        return self._process.exitcode

    def _noticed(self) -> None:
        asyncio.get_running_loop().remove_reader(self._process.sentinel)
        self._ended.set()


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
    for output, name in enumerate(printed, 1):
        os.dup2(os.open(name, os.O_WRONLY | os.O_APPEND), output)
    _there(module, words, folder, environment)


def _printing(
    module: str,
    words: tuple[str, ...],
    folder: str,
    environment: dict[str, str],
    printed: Connection,
) -> None:
    os.dup2(printed.fileno(), 1)
    printed.close()
    _there(module, words, folder, environment)


def _there(module: str, words: tuple[str, ...], folder: str, environment: dict[str, str]) -> None:
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    given = filter(None, environment.get("PYTHONPATH", "").split(os.pathsep))
    sys.path = [folder, *given, *(path for path in sys.path if not path.startswith(_EXAMPLES))]
    _module(module, words)
