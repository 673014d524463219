"""What is made from thousands of replicas leans on thousands of leases."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from benchmarks.counts.counter import Counter
from fusionrt.graph import lean
from tests.lab import TinyLab


class Held:
    """A lease that holds."""

    def live(self) -> bool:
        return True

    def proven(self) -> bool:
        return True

    def on_turn(self, handler: Callable[[], None]) -> Callable[[], None]:
        return lambda: None

    async def revalidate(self) -> None: ...

    def services(self) -> Iterable[str]:
        return ()


async def test_D6b_a_lease_more_costs_the_same_however_many_there_are() -> None:
    """Nothing is copied: a host that lost 2,000 replicas would copy four million leases."""
    computed = await TinyLab().computed.get("a")
    costs = []
    for many in 10, 2000:
        for _ in range(many):
            lean(computed, Held())
        with Counter() as counter:
            lean(computed, Held(), instead=Held())
        costs.append(counter.each(1))
    assert costs[0] == costs[1]
