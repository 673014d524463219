"""A host that serves until its standard input ends: `python -m benchmarks.scale.host BROKER`."""

from __future__ import annotations

import asyncio
import sys

from fusionrt import Host
from fusionrt.wire.limits import Quota, Timing

from ..rpc.service import BenchHere

__all__ = ["SLOW"]

UNBOUND = Quota(sessions=1_000_000, held=1_000_000_000)
"""The crowd is one principal; what is measured is where a host ends, not where a quota does."""
SLOW = Timing(keep_alive=10.0, lease=30.0, session=50.0, probe=5.0, hello=5.0)
"""Five times the usual: two cores have to do the work of all clients, too."""


async def _serve(url: str) -> None:
    async with Host(url, quota=UNBOUND, timing=SLOW) as host:
        await host.serve(BenchHere())
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1]))
