"""A third process: it reads totals all the time, and prints each one that changed.

`python -m shop.watcher NATS_URL` prints a JSON object a line: which cart, its total, why it
changed, when (`time.monotonic`), and how many reads have been served so far.
"""

import asyncio
import json
import sys
import time

from fusionrt import Host

from shop.app import CARTS
from shop.generated.carts import CartsClient, CartsLive

reads = 0


async def watch(carts: CartsLive, id: str) -> None:
    """Print the total of a cart, now and at each change."""
    reason = ""
    async for total in carts.changes.total(id):
        if total.error is None:
            line = {"cart": id, "total": str(total.value), "reason": reason}
            print(json.dumps({**line, "at": time.monotonic(), "reads": reads}), flush=True)
        await total.invalidated()
        reason = str(total.origin)


async def read_often(carts: CartsLive) -> None:
    """Read every total, about 10,000 times a second."""
    global reads
    while True:
        for _ in range(25):
            for cart in CARTS:
                await carts.total(cart.id)
                reads += 1
        await asyncio.sleep(0.005)


async def main(url: str) -> None:
    """Watch every cart, and read them all the while."""
    async with Host(url) as host, asyncio.TaskGroup() as tasks:
        carts = host.client(CartsClient)
        for cart in CARTS:
            tasks.create_task(watch(carts, cart.id))
        tasks.create_task(read_often(carts))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
