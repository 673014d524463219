"""The console script, and `python -m fusiongen`: what holds before and around every command."""

from __future__ import annotations

import os
import sys

__all__ = ["main"]

INTERRUPTED = 130
BROKEN_PIPE = 141


def main() -> None:
    """Run the command line; loading it takes half a second, in which Ctrl-C is quiet, too."""
    try:
        from .cli import app

        app()
    except ModuleNotFoundError as error:
        if error.name not in ("typer", "libcst", "jinja2"):
            raise
        sys.exit("error: the generator is not installed: pip install 'fusiongen[gen]'")
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except BrokenPipeError:  # the reader of a pipe has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(BROKEN_PIPE)


if __name__ == "__main__":
    main()
