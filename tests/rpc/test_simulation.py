"""The whole system on a simulated network: safety always, liveness after the faults stop."""

from __future__ import annotations

import pytest

from fusionrt.testing import run
from tests.sizes import size

from .world import World

SEEDS = size(20, 200)


@pytest.mark.search
@pytest.mark.parametrize("start", range(0, SEEDS, 20))
def test_D14_no_fault_makes_reads_stale_for_long_and_every_watcher_converges(start: int) -> None:
    """Loss, partitions, crashes: strict reads stay within their bound, the last value arrives."""
    for seed in range(start, start + 20):
        run(troubled(seed), seed=seed)


async def troubled(seed: int) -> None:
    """Bad times, then peace."""
    world = World(seed)
    await world.start_all(callers=2, spare=seed % 2 == 1)
    await world.trouble(25.0)
    await world.peace(within=30.0)
    await world.stop()
