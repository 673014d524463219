"""A process that serves a lab, and says of it what a test asks.

`python -m tests.faults.serving URL`. It reads a line of standard input for each question, and
answers with a line of JSON.
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
import logging
import os
import sys
from typing import Any

from fusionrt import Host
from fusionrt.transport import link
from fusionrt.wire.limits import Timing
from tests.lab import TinyLab

__all__ = ["SCALE", "TIMING", "quick"]

SCALE = float(os.environ.get("FUSION_FAULTS_SCALE", "0.2"))
"""Of the usual times, so that a test takes a fifth of them; 1 measures what users see."""

TIMING = Timing(*(SCALE * getattr(Timing(), field.name) for field in dataclasses.fields(Timing)))


def quick() -> None:
    """Find dead connections in a part of the usual time, too."""
    link.PING_PERIOD = 2.0 * SCALE
    link.PING_TIMEOUT = max(1, round(4 * SCALE))


async def _main(url: str) -> None:
    lab = TinyLab()
    lab.gate.set()
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(lines), sys.stdin
    )
    async with Host(url, timing=TIMING) as host:
        await host.serve(lab)
        print(json.dumps("serves"), flush=True)
        while word := (await lines.readline()).decode().strip():
            if word == "close the gate":
                lab.gate.clear()
            elif word == "open the gate":
                lab.gate.set()
            print(json.dumps(_report(host, lab)), flush=True)


def _report(host: Host, lab: TinyLab) -> dict[str, Any]:
    sessions = host.statistics().services["lab"].sessions
    return {
        "ran": lab.ran,
        "waiting": lab.waiting,
        "done": lab.done,
        "data": lab.data,
        "sessions": [dataclasses.asdict(session) for session in sessions],
    }


if __name__ == "__main__":
    quick()
    logging.disable()
    asyncio.run(_main(sys.argv[1]))
