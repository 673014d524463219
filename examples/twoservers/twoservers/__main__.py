"""`python -m twoservers todo.site:app`: on ports 8010 and 8011, over one broker.

A server that was killed is there again two seconds later. Each is told of both, by SERVERS, and has
one secret with the other, by FUSION_SECRET.
"""

import asyncio
import os
import secrets
import sys
from collections.abc import Mapping
from contextlib import suppress

from fusionrt import Host

PAUSE = 2.0


async def main(target: str, ports: list[str]) -> None:
    """Until it is interrupted. The broker is that of NATS_URL, or the embedded one."""
    async with Host() as host, asyncio.TaskGroup() as servers:
        env = {
            "FUSION_SECRET": secrets.token_urlsafe(),
            **os.environ,
            "NATS_URL": host.url,
            "SERVERS": " ".join(f"http://127.0.0.1:{port}" for port in ports),
        }
        for port in ports:
            servers.create_task(keep(target, port, env))


async def keep(target: str, port: str, env: Mapping[str, str]) -> None:
    """One server, again and again."""
    while True:
        command = (sys.executable, "-m", "twoservers.server", target, port)
        process = await asyncio.create_subprocess_exec(*command, env=env)
        try:
            print(f"http://127.0.0.1:{port}", flush=True)
            await process.wait()
        finally:
            if process.returncode is None:
                process.terminate()
                await process.wait()
        await asyncio.sleep(PAUSE)


if __name__ == "__main__":
    target, *ports = sys.argv[1:]
    with suppress(KeyboardInterrupt):
        asyncio.run(main(target, ports or ["8010", "8011"]))
