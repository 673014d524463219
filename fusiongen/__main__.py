"""The console script, and `python -m fusiongen`: what holds before and around every command."""

from __future__ import annotations

import contextlib
import os
import sys

__all__ = ["main"]

INTERRUPTED = 130
BROKEN_PIPE = 141


def main() -> None:
    """Run the command line; Ctrl-C is quiet while it is loaded, too."""
    try:
        from .cli import app

        app()
    except ModuleNotFoundError as error:
        from .errors import not_installed

        problem = not_installed(error)
        if problem is None:
            raise
        sys.exit(f"error: {problem}")
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except BrokenPipeError:  # the reader of a pipe has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(BROKEN_PIPE)


if __name__ == "__main__":
    # `python -m` looks for modules where it is run, first: a user's `queue.py` would run (C2).
    with contextlib.suppress(FileNotFoundError):  # there is no such folder any more
        if sys.path[:1] == [os.getcwd()]:
            del sys.path[0]
    main()
