"""Random changes of random contracts: what is reported breaks, and what is not does not."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

import pytest

from fusiongen.compat.rule import Tier
from fusiongen.errors import GenerationError
from tests.sizes import size

from .callers import complaints, misbehaviour
from .exchange import misread
from .invalidation import missed
from .random_changes import changed
from .sketches import sketch
from .versions import Pair, Workshop, module_text

RUNS = [*((seed, 1) for seed in range(size(5, 20))), *((seed, 3) for seed in range(size(2, 8)))]
"""Seed, and number of changes."""

Pairs = Mapping[tuple[int, int], Pair]


@pytest.fixture(scope="module")
def pairs(shop: Workshop) -> Pairs:
    """By seed and number of changes."""
    return {run: _pair(shop, *run) for run in RUNS}


@pytest.fixture(scope="module")
def source(shop: Workshop, pairs: Pairs) -> Mapping[tuple[str, str], list[str]]:
    """What a type checker has to say of the callers of every pair."""
    return complaints(shop.folder, pairs.values())


def _pair(shop: Workshop, seed: int, times: int) -> Pair:
    """The first pair of this seed of which no rule for contracts refuses a side."""
    random = Random(f"{seed}/{times}")
    while True:
        old = sketch(random)
        try:
            return shop.pair(
                module_text(old.text()), module_text(changed(old, random, times).text())
            )
        except GenerationError:
            continue


@pytest.mark.search
@pytest.mark.timeout(240)
@pytest.mark.parametrize(("seed", "times"), RUNS)
async def test_C6_what_breaks_is_reported_and_nothing_else(
    seed: int,
    times: int,
    pairs: Pairs,
    source: Mapping[tuple[str, str], list[str]],
    broker: str,
) -> None:
    """Mixed calls work in both directions unless a change of WIRE or CACHE is reported, commands
    invalidate unless one of CACHE is, callers stay as they are unless any is. A single change that
    is reported breaks something of its tier."""
    pair = pairs[seed, times]
    reported = list(map(str, pair.changes))
    tiers = {change.tier for change in pair.changes}
    calls = await misread(pair, broker)
    assert calls["old to old"] + calls["new to new"] == []
    wire = calls["old to new"] + calls["new to old"]
    stale = [each for found in (await missed(pair, broker)).values() for each in found]
    assert source[pair.old.package, pair.old.package] == []
    callers = [*source[pair.old.package, pair.new.package], *misbehaviour(pair)]
    if not tiers & Tier.WIRE.held():
        assert wire == [], reported
    if not wire and Tier.CACHE not in tiers:
        assert stale == [], reported
    if not tiers:
        assert callers == []
    if times == 1 and tiers:
        breaks = {Tier.SOURCE: [*callers, *wire], Tier.WIRE: wire, Tier.CACHE: [*stale, *wire]}
        assert any(breaks[tier] for tier in tiers), reported
