"""What is made from thousands of replicas leans on thousands of leases."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest

from benchmarks.counts.counter import Counter
from fusionrt.graph import lean
from tests.lab import TinyLab


class Held:
    """A lease that holds, until it is told not to."""

    holds = True

    def live(self) -> bool:
        return self.holds

    def proven(self) -> bool:
        return self.holds

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


@pytest.mark.parametrize("lost", [0, 1, 2])
async def test_D6b_what_leans_on_several_is_as_fresh_as_each(lost: int) -> None:
    """Whichever of them lapses, and what is made from it as well; all is as it was afterwards."""
    lab = TinyLab()
    made = await lab.computed.double("a")
    computed = await lab.computed.get("a")
    leases = [Held(), Held(), Held()]
    for lease in leases:
        lean(computed, lease)
    for each in computed, made:
        assert each.is_consistent
        leases[lost].holds = False
        assert (each.is_consistent, each.is_suspended) == (False, True)
        leases[lost].holds = True
        assert each.is_consistent
