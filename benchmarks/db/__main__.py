"""A lookup in a database by SQLAlchemy, and by the same method as `@compute`.

    python -m benchmarks.db [--quick] [--note TEXT]

Writes RESULTS.json, RESULTS.md and RESULTS.svg beside this file.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from fusionrt.sql import Database
from tests.postgresserver import PostgresServer

from . import report
from .cases import CASES, FULL, QUICK, Size
from .measure import measure
from .results import Results
from .users import fill
from .ways import WAYS


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.db", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="to try it: one short round")
    parser.add_argument("--note", default="", help="what a reader has to know of this run")
    arguments = parser.parse_args()
    size = QUICK if arguments.quick else FULL
    results = Results.here(size.rounds, size.seconds, arguments.note)
    server = PostgresServer()
    try:
        with tempfile.TemporaryDirectory() as folder:
            asyncio.run(_measure(server, Path(folder), size, results))
    finally:
        server.close()
    path = Path(__file__).with_name("quick.json" if arguments.quick else "RESULTS.json")
    results.save(path)
    report.write(results, path)


async def _measure(server: PostgresServer, folder: Path, size: Size, results: Results) -> None:
    urls = {
        "PostgreSQL": await server.database(),
        "SQLite": f"sqlite+aiosqlite:///{folder / 'users.db'}",
    }
    for url in urls.values():
        async with Database(url) as db:
            await fill(db)
    for number in range(size.rounds):
        for database, url in urls.items():
            await _round(number, database, url, size, results)


async def _round(number: int, database: str, url: str, size: Size, results: Results) -> None:
    """Another way is the first one of each case, in each round."""
    for case, ways in CASES.items():
        turn = number % len(ways)
        for name in (*ways[turn:], *ways[:turn]):
            async with WAYS[name](url) as way:
                found = await measure(way, case, size.seconds, number)
            results.add(database, case, name, found)
            figures = f"{found.lookups:12,.0f} lookups, {found.writes:8,.1f} writes a second"
            print(
                f"{number + 1} {database:<10} {case.name:<45} {name:<9} {figures}", file=sys.stderr
            )


main()
