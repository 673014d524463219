"""A process that has many pages of a peer open, and tells what they have seen.

python -m benchmarks.web.watcher PEER PORT

It is told line by line: `open PAGES KEYS`, or `expect COUNT`: it answers once that was seen.
"""

from __future__ import annotations

import asyncio
import sys

import msgspec
import uvloop

from .pages import Seen, load

__all__: list[str] = []

AT_ONCE = 50
"""Pages that connect at the same time."""


async def _watch(peer: str, port: int) -> None:
    open_page, seen = load(peer), Seen()
    kept: list[object] = []
    print("ready", flush=True)
    while line := await asyncio.to_thread(sys.stdin.readline):
        what, *numbers = line.split()
        match what, [int(number) for number in numbers]:
            case "open", [pages, keys]:
                seen.expect(pages * keys)
                while len(kept) < pages:
                    some = min(AT_ONCE, pages - len(kept))
                    opening = (open_page(port, range(keys), seen) for _ in range(some))
                    kept += await asyncio.gather(*opening)
                said = await seen.found()
            case "expect", [count]:
                seen.expect(count)
                print("ready", flush=True)
                said = await seen.found()
        print(msgspec.json.encode(said).decode(), flush=True)


if __name__ == "__main__":
    peer, port = sys.argv[1:]
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_watch(peer, int(port)))
