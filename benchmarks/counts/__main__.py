"""Counts what the interpreter does for a call, an item, a hit, and compares it with what it did.

    python -m benchmarks.counts [--record]

Fails when something takes a tenth more, or a tenth less, than is recorded for this Python and path.
"""

from __future__ import annotations

import argparse
import os
import sys

from . import recorded
from .cases import count


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.counts", description=__doc__)
    parser.add_argument("--record", action="store_true", help="keep what is counted now")
    arguments = parser.parse_args()
    if os.environ.get("PYTHONHASHSEED") != "0":  # sets have an order that is the same again
        command = [sys.executable, "-m", "benchmarks.counts", *sys.argv[1:]]
        os.execve(sys.executable, command, os.environ | {"PYTHONHASHSEED": "0"})
    found = count()
    if arguments.record:
        recorded.save(found)
    before = recorded.load()
    if before is None:
        print(f"nothing is recorded for Python {recorded.PATH}: nothing to compare with")
        return 0
    print("\n".join(recorded.table(before, found)))
    problems = list(recorded.problems(before, found))
    print("\n".join(problems))
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
