"""A process that serves a peer's pages until its standard input ends.

python -m benchmarks.web.server PEER BROKER
"""

from __future__ import annotations

import asyncio
import sys

from .served import load

__all__: list[str] = []


async def _serve(peer: str, url: str) -> None:
    async with load(peer).serve(url) as port:
        print(port, flush=True)
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    peer, url = sys.argv[1:]
    with asyncio.Runner(loop_factory=load(peer).loop) as runner:
        runner.run(_serve(peer, url))
