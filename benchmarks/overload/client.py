"""A process that makes calls, in one of three patterns, and tells what came of them.

burst: so many at once. open: so many a second, whatever comes back. closed: so many workers, each
with one call at a time.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import Counter
from dataclasses import asdict, dataclass, field

from fusionrt import CallTimeout, Host, Overloaded

from .service import LoadClient, peak

__all__ = ["Outcome", "Plan"]

TICK = 0.01
"""Seconds between the calls of one moment and the next, in an open loop."""


@dataclass(frozen=True)
class Plan:
    """What to do. count: calls, calls a second, or workers. Times are seconds.

    timeout: of a call. cost: of a body. lasts: the time of an open or closed loop; its first
    quarter is not counted.
    """

    pattern: str
    method: str
    count: int
    cost: float = 0.0
    lasts: float = 0.0
    timeout: float = 10.0


@dataclass
class Outcome:
    """What came of the calls. goodput: served within the time that counts, a second.

    latencies: of what was served, in seconds. refusals: the same of what was refused.
    taken: until the last answer. grown: the memory that it took, in MB.
    """

    counts: dict[str, int] = field(default_factory=dict)
    latencies: list[float] = field(default_factory=list)
    refusals: list[float] = field(default_factory=list)
    goodput: float = 0.0
    taken: float = 0.0
    grown: float = 0.0


class _Caller:
    def __init__(self, client: LoadClient, plan: Plan) -> None:
        self._call = getattr(client.with_options(timeout=plan.timeout), plan.method)
        self._plan = plan
        self._key = 0
        self._counts: Counter[str] = Counter()
        self._outcome = Outcome()
        self._counted = 0
        self._start = time.perf_counter()

    async def run(self) -> Outcome:
        """Do what the plan says."""
        before = peak()
        self._start = time.perf_counter()
        plan = self._plan
        match plan.pattern:
            case "burst":
                await asyncio.gather(*(self._one() for _ in range(plan.count)))
            case "open":
                await self._open()
            case "closed":
                await asyncio.gather(*(self._work() for _ in range(plan.count)))
        outcome = self._outcome
        outcome.taken = time.perf_counter() - self._start
        outcome.goodput = self._counted / (0.75 * plan.lasts or outcome.taken)
        outcome.counts = dict(self._counts)
        outcome.grown = peak() - before
        return outcome

    async def _open(self) -> None:
        calls: set[asyncio.Future[None]] = set()
        made = 0
        while (past := time.perf_counter() - self._start) < self._plan.lasts:
            due = int(past * self._plan.count)
            for _ in range(due - made):
                call = asyncio.ensure_future(self._one())
                calls.add(call)
                call.add_done_callback(calls.discard)
            made = due
            await asyncio.sleep(TICK)
        await asyncio.gather(*calls)

    async def _work(self) -> None:
        while time.perf_counter() - self._start < self._plan.lasts:
            await self._one()

    async def _one(self) -> None:
        self._key += 1
        key = self._key
        start = time.perf_counter()
        try:
            assert await self._call(key, self._plan.cost) == key
        except Overloaded:
            self._counts["refused"] += 1
            self._outcome.refusals.append(time.perf_counter() - start)
        except CallTimeout:
            self._counts["timed out"] += 1
        except Exception as error:
            self._counts[type(error).__name__] += 1
        else:
            end = time.perf_counter()
            self._counts["served"] += 1
            self._outcome.latencies.append(end - start)
            lasts = self._plan.lasts
            if not lasts or 0.25 * lasts <= end - self._start < lasts:
                self._counted += 1


async def _main(url: str, plan: Plan) -> None:
    async with Host(url) as host:
        client = host.client(LoadClient)
        await client.spin(0, 0.0)
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        outcome = await _Caller(client, plan).run()
    print(json.dumps(asdict(outcome)), flush=True)


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1], Plan(**json.loads(sys.argv[2]))))
