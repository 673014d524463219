"""`Host`: a process's place among the others: its connection, its graph, services and clients.

`host` is what users see; `entered` is what a host has while it runs, of `wires` (how it is tied to
other processes), `commits` (what commands change, and who is told), `calling` (its clients) and
`serving` (its services).
"""

from __future__ import annotations

from ..observing.statistics import HostStatistics
from .entered import GRACE
from .host import Host

__all__ = ["GRACE", "Host", "HostStatistics"]
