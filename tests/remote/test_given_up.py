"""Results whose callers leave before they are there: how long the next body waits."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from fusionrt.graph import Function
from fusionrt.primitives import now
from fusionrt.remote import given_up
from fusionrt.remote.given_up import GivenUp
from tests.lab import TinyLab, in_memory
from tests.virtual import virtual
from tests.waiting import until

NOTHING_RUNS = cast("Function[Any]", SimpleNamespace(find=lambda key: None))
IT_RUNS = cast("Function[Any]", SimpleNamespace(find=lambda key: object()))


async def pause(given: GivenUp, function: Function[Any] = NOTHING_RUNS) -> float:
    """Seconds until a body of the key may begin."""
    began = now()
    await given.pause("a", function)
    return now() - began


async def pauses(given: GivenUp, times: int) -> list[float]:
    """The same for each of those that are given up in a row."""
    seconds = []
    for _ in range(times):
        seconds.append(await pause(given))
        given.left("a", NOTHING_RUNS)
    return seconds


@virtual
async def test_D24_what_is_given_up_again_and_again_begins_later_and_later() -> None:
    """At once for those who leave and come back, and never later than the longest way round."""
    seconds = await pauses(GivenUp(), 14)
    assert seconds[:5] == pytest.approx([0.0, 0.0, 0.0, 0.005, 0.01])
    assert seconds[-2:] == pytest.approx([2.0, 2.0])


@virtual
async def test_what_has_a_result_begins_at_once() -> None:
    """And so does what was not given up for a while, and a call that joins a body."""
    given = GivenUp()
    await pauses(given, 6)
    assert await pause(given, IT_RUNS) == 0.0
    assert await pause(given) > 0.0
    given.ended("a")
    assert await pause(given) == 0.0
    await pauses(given, 6)
    await pause(given)
    await until(lambda: now() - given.times[hash("a")][1] >= given_up.FORGOTTEN)
    assert await pause(given) == 0.0
    given.left("a", IT_RUNS)
    given.left("a", NOTHING_RUNS)
    assert given.times[hash("a")][0] == 1


@virtual
async def test_D27_of_few_it_is_known_that_they_were_given_up() -> None:
    """The last ones; and their keys, which may be large, are not kept."""
    given = GivenUp()
    for key in map(str, range(given_up.REMEMBERED + 5)):
        given.left(key, NOTHING_RUNS)
    assert len(given.times) == given_up.REMEMBERED
    assert hash("4") not in given.times and hash("5") in given.times


@virtual
async def test_G19_who_is_patient_is_served_though_others_were_not() -> None:
    """A result makes up for all who left."""
    async with in_memory(TinyLab({"a": 1})) as two:
        hurried = two.client.with_options(timeout=0.1)
        for _ in range(6):
            with pytest.raises(TimeoutError):
                await hurried.slow("a")
        two.lab.gate.set()
        assert await two.client.slow("a") == 1
        two.lab.invalidate.slow("a")
        began = now()
        assert await two.client.slow("a") == 1
        assert now() - began < 0.005
