"""Child processes that leave nothing behind: they stop with the process that started them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from typing import IO, Final

__all__ = ["start_child", "stop_child"]

STOP_TIMEOUT: Final = 5.0
"""Seconds that a child has to stop; then it is killed."""

# Asks Linux to stop this process with its parent, then becomes the child. Not a `preexec_fn`,
# which may deadlock in a process with threads. The parent may be gone before the request.
_DIE_WITH_PARENT = """
import ctypes, os, signal, sys
ctypes.CDLL(None).prctl(1, signal.SIGTERM)
if os.getppid() != int(sys.argv[1]):
    sys.exit()
os.execv(sys.argv[2], sys.argv[2:])
"""


def start_child(
    command: Sequence[str], output: IO[bytes] | int, *, directory: str | None = None
) -> subprocess.Popen[bytes]:
    """Start a program (by its path); on Linux it stops even if this process is killed.

    output: where its output and its errors go. directory: where it runs.
    """
    if sys.platform == "linux":
        wrapper = [sys.executable, "-I", "-S", "-c", _DIE_WITH_PARENT, str(os.getpid())]
        command = [*wrapper, *command]
    # In a session of its own: Ctrl-C in the terminal is for our process, which then stops it.
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT if output == subprocess.PIPE else output,
        cwd=directory,
        start_new_session=True,
    )


def stop_child(process: subprocess.Popen[bytes]) -> None:
    """Stop a child and wait for its end."""
    process.terminate()
    try:
        process.wait(STOP_TIMEOUT)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
