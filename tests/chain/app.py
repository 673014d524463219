"""Each service in a process of its own: `python -m fusionrt tests.chain.app:prices`, and so on."""

from __future__ import annotations

import os
from pathlib import Path

from fusionrt import Host
from tests.chain.generated.baskets import BasketsClient
from tests.chain.generated.prices import PricesClient
from tests.chain.services import BasketsOver, PricesFrom, SummariesOver

FOLDER = "FUSION_TEST_PRICES"
"""The environment variable that names the folder which the instances of prices share."""


async def prices(host: Host) -> None:
    """Serve prices, from the folder."""
    await host.serve(PricesFrom(path=Path(os.environ[FOLDER])))


async def baskets(host: Host) -> None:
    """Serve baskets over any instance of prices."""
    await host.serve(BasketsOver(host.client(PricesClient)))


async def summaries(host: Host) -> None:
    """Serve summaries over baskets."""
    await host.serve(SummariesOver(host.client(BasketsClient)))
