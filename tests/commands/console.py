"""Running the command line as a user does: in a process of its own."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Self

from fusiongen import project
from fusiongen.output.write import generate
from tests import forked
from tests.waiting import PROCESS

# A shell starts background jobs with SIGINT ignored, and every child inherits that.
signal.signal(signal.SIGINT, signal.default_int_handler)

EXAMPLE = Path(__file__).parents[2] / "examples" / "cart"


def shop(folder: Path) -> Path:
    """A copy of the example, generated."""
    copy = folder / "shop"
    shutil.copytree(EXAMPLE, copy, ignore=shutil.ignore_patterns("__pycache__", "generated"))
    generate(project.load(copy))
    return copy


def fusiongen(
    *arguments: str, cwd: Path, timeout: float = PROCESS
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return forked.run(
        "fusiongen", *arguments, folder=cwd, environment=_environment(cwd), timeout=timeout
    )


class Background:
    """A command that runs on; what it prints can be waited for."""

    def __init__(
        self,
        *arguments: str,
        cwd: Path,
        module: str = "fusiongen",
        env: dict[str, str] | None = None,
    ) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-u", "-m", module, *arguments],
            cwd=cwd,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=_environment(cwd) if env is None else {**os.environ, **env},
        )
        self.lines: list[str] = []
        self._ended = False
        self._printed = threading.Condition()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            with self._printed:
                self.lines.append(line.rstrip("\n"))
                self._printed.notify_all()
        with self._printed:
            self._ended = True
            self._printed.notify_all()

    def wait_for(self, text: str, *, times: int = 1) -> str:
        """The line that holds the text, once there are so many of them."""

        def found() -> list[str]:
            return [line for line in self.lines if text in line]

        with self._printed:
            self._printed.wait_for(lambda: self._ended or len(found()) >= times, PROCESS)
            end = "before it ended" if self._ended else f"in {PROCESS:g} s"
            assert len(found()) >= times, f"{text!r} was not printed {end}: {self.lines}"
            return found()[times - 1]

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal, and wait for the end; the exit code."""
        self._process.send_signal(number)
        code = self._process.wait(PROCESS)
        self._reader.join()
        return code

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        self._reader.join()
        assert self._process.stdout is not None
        self._process.stdout.close()


def _environment(cwd: Path) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if key != "NATS_URL"}
    return {**kept, "XDG_CACHE_HOME": str(cwd / ".cache")}
