"""A process that serves a peer until its standard input ends.

python -m benchmarks.rpc.host PEER BROKER
"""

from __future__ import annotations

import asyncio
import gc
import sys

from .peers import load

__all__: list[str] = []


async def _serve(name: str, url: str) -> None:
    async with load(name).serve(url) as address:
        gc.collect()
        gc.freeze()
        print(address, flush=True)
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    name, url = sys.argv[1:]
    with asyncio.Runner(loop_factory=load(name).loop) as runner:
        runner.run(_serve(name, url))
