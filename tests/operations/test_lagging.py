"""A log that is not read is told of in the log of the process."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fusionrt import Host, LogStatistics
from fusionrt.observing.families import FAMILIES
from fusionrt.operations import tell_of_lag
from fusionrt.primitives import spawn, stop_all
from fusionrt.transport.memory import MemoryNetwork
from tests.waiting import until


async def test_a_lag_is_told_once_again_when_it_has_doubled_and_when_it_is_over(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Not at each look."""
    lag, looks = 0.0, 0

    def looked() -> float:
        nonlocal looks
        looks += 1
        return lag

    async def some_looks() -> list[str]:
        caplog.clear()
        before = looks
        await until(lambda: looks > before + 2)
        return [record.getMessage() for record in caplog.records]

    telling = spawn(tell_of_lag("the log", looked, 0.03), name="telling")
    assert await some_looks() == []
    lag = 40.0
    (told,) = await some_looks()
    assert told.startswith("the log was not read for 40 s")
    lag = 79.0
    assert await some_looks() == []
    lag = 81.0
    (told,) = await some_looks()
    assert "81 s" in told
    lag = 0.0
    assert await some_looks() == ["the log is read again"]
    assert await some_looks() == []
    lag = 1.0
    assert len(await some_looks()) == 1
    await stop_all([telling])


async def test_what_a_host_has_to_do_with_its_log_is_measured() -> None:
    """Each number has its metric; a host without a log has none of them."""
    async with Host(transport=MemoryNetwork(1).connect("x")) as host:
        plain = host.statistics()
    log = LogStatistics(stored=1, applied=2, retried=3, dead=4, lag=5.0)

    def series(told: LogStatistics | None) -> dict[str, list[object]]:
        """The values of the metrics of logs."""
        full = replace(plain, log=told)
        return {
            family.name.removeprefix("fusion.log."): [*family.read(full)]
            for family in FAMILIES
            if family.name.startswith("fusion.log.")
        }

    assert series(log) == {
        **{"stored": [((), 1)], "applied": [((), 2)], "retried": [((), 3)]},
        **{"dead": [((), 4)], "lag": [((), 5.0)]},
    }
    assert series(None) == {name: [] for name in series(log)}
