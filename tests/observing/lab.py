"""A lab whose hosts measure."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from fusionrt import Host
from fusionrt.observing.families import FAMILIES
from fusionrt.transport.memory import MemoryNetwork
from tests.lab import LabClient, Pair, TinyLab

__all__ = ["measured", "series"]


@asynccontextmanager
async def measured(lab: TinyLab | None = None) -> AsyncIterator[Pair]:
    """The lab served, and a client of it, each by a host that measures."""
    network = MemoryNetwork(1)
    lab = TinyLab({"a": 1}) if lab is None else lab
    transport = network.connect("calling")
    async with (
        Host(transport=network.connect("serving"), metrics=True) as serving,
        Host(transport=transport, metrics=True) as calling,
    ):
        await serving.serve(lab)
        yield Pair(serving, calling, lab, calling.client(LabClient), transport)
        lab.gate.set()


def series(host: Host, name: str) -> Mapping[tuple[str, ...], float]:
    """The values of one metric."""
    (family,) = (each for each in FAMILIES if each.name == name)
    return dict(family.read(host.statistics()))
