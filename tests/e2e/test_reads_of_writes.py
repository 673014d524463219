"""Real processes and a real broker: no read after a command is stale (D15)."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.chain.reads import Counted, shop
from tests.sizes import size

ROUNDS = size(30, 420)


async def test_D15_no_read_in_any_process_is_stale_after_a_command(
    nats_server: str, tmp_path: Path
) -> None:
    """Prices (two instances) → baskets → summaries → this process, eight flows at a time."""
    counted = Counted()
    async with shop(nats_server, tmp_path) as services:
        flows = (services.writes_and_reads(f"c{n}", ROUNDS, counted) for n in range(8))
        await asyncio.gather(*flows)
    assert counted.reads == 8 * 3 * ROUNDS
    assert counted.stale == 0, f"{counted.stale} of {counted.reads} reads are stale"
