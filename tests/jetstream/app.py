"""A lab that reads files, for a process that is stopped."""

from __future__ import annotations

import os
from pathlib import Path

from fusionrt import Host, JetStreamLog
from tests.lab import TinyLab


class _FromFiles(TinyLab):
    async def get(self, key: str) -> int:
        return int((Path(os.environ["FUSION_TEST_VALUES"]) / key).read_text())


async def lab(host: Host) -> None:
    """Serve it from a host whose log keeps operations for a second."""
    await (await Host(host.url, log=JetStreamLog(retention=1.0)).__aenter__()).serve(_FromFiles())
