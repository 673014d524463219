"""`python -m tests.simulation`: run scenarios by seed, or one again by its token."""

from __future__ import annotations

import argparse
import sys

from .run import draw
from .scenario import from_token
from .search import prepare, search
from .shrink import failure, shrink
from .timeline import timeline


def main() -> int:
    """See the help."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("what", help="a token, a seed, or seeds as FIRST:LAST")
    parser.add_argument("--messages", action="store_true", help="show what is sent, too")
    parser.add_argument("--workers", type=int, default=1, help="processes")
    options = parser.parse_args()
    prepare()
    first, colon, last = options.what.partition(":")
    if colon:
        return search(range(int(first), int(last)), options.workers)
    scenario = draw(int(first)) if first.isdecimal() else from_token(first)
    if first.isdecimal() and failure(scenario) is not None:
        scenario = shrink(scenario)
    print(timeline(scenario, messages=options.messages))
    return 0 if failure(scenario) is None else 1


if __name__ == "__main__":
    sys.exit(main())
