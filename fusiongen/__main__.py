"""The console script, and `python -m fusiongen`: what holds before and around every command."""

from __future__ import annotations

import os
import sys

from .errors import not_installed

__all__ = ["main"]

INTERRUPTED = 130
BROKEN_PIPE = 141


def main() -> None:
    """Run the command line; Ctrl-C is quiet while it is loaded, too."""
    try:
        from .cli import app

        app()
    except ModuleNotFoundError as error:
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
    main()
