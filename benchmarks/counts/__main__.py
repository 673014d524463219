"""Counts what the interpreter does for a call, an item, a hit, and compares it with what it did.

    python -m benchmarks.counts [--record]

Fails when something takes a tenth more, or a tenth less, than is recorded for this Python and path.
"""

from __future__ import annotations

import argparse
import os
import sys

import msgspec

from . import recorded
from .cases import count
from .counter import Count, Counter
from .instructions import PEER, instructions


def _found() -> recorded.Counts:
    found = count(Counter) | {PEER: Count(0, 0)}
    counted = instructions()
    if counted is None:
        print("instructions are not counted: there is no valgrind here")
        return found
    return {
        name: msgspec.structs.replace(each, instructions=counted[name])
        for name, each in found.items()
    }


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.counts", description=__doc__)
    parser.add_argument("--record", action="store_true", help="keep what is counted now")
    arguments = parser.parse_args()
    if os.environ.get("PYTHONHASHSEED") != "0":  # sets have an order that is the same again
        command = [sys.executable, "-m", "benchmarks.counts", *sys.argv[1:]]
        os.execve(sys.executable, command, os.environ | {"PYTHONHASHSEED": "0"})
    found = _found()
    if arguments.record:
        recorded.save(found)
    record = recorded.load()
    if record is None:
        print(f"nothing is recorded for Python {recorded.PATH}: nothing to compare with")
        return 0
    before = record.counts
    if record.build != recorded.BUILD:
        print(f"instructions are not compared: those that are recorded are of {record.build}")
        before = {
            name: msgspec.structs.replace(each, instructions=0.0) for name, each in before.items()
        }
    print("\n".join(recorded.table(before, found)))
    problems = list(recorded.problems(before, found))
    print("\n".join(problems))
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
