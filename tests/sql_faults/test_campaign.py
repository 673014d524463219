"""A committed change is seen by every host, whatever crashes when: `python -m tests.sql_faults`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fusiongen.output.drift import check
from fusiongen.project import load
from fusionrt.transport import link
from tests.natsserver import NatsServer
from tests.sizes import size

from .plan import GRID, SQLITE_GRID, Action, Plan, draw, stopped_for_long
from .points import Point
from .run import played


@pytest.fixture(autouse=True)
def quicker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clients find dead connections as soon as hosts do."""
    monkeypatch.setattr(link, "PING_PERIOD", 0.4)
    monkeypatch.setattr(link, "PING_TIMEOUT", 1)


def plans() -> Iterator[Plan]:
    """What is played: a few, or enough for every fault at every point."""
    for seed in range(size(1, 4)):
        yield draw(seed, rounds=size(2, 10))
    for seed in range(size(1, 3)):
        yield draw(seed, sqlite=True, rounds=size(2, 10))
    for seed in range(size(0, 2)):
        yield stopped_for_long(seed, sqlite=bool(seed))


@pytest.fixture
def url(request: pytest.FixtureRequest, plan: Plan) -> str:
    """Of the database of a plan."""
    url: str = request.getfixturevalue("sqlite" if plan.sqlite else "postgres")
    return url


@pytest.mark.search
@pytest.mark.timeout(600)
@pytest.mark.parametrize("plan", [*plans()], ids=str)
async def test_O_a_committed_change_is_seen_by_every_host(
    nats_process: NatsServer, url: str, plan: Plan
) -> None:
    """Nothing of any command is lost, done twice or halfway, retries come to the first result, and
    clients read what they wrote; when it is quiet, every cached read is what the database has."""
    run = await played(plan, nats_process.port, url)
    assert not run.problems
    assert len(run.played) == len(plan.rounds) + len(plan.alone)


def test_every_fault_meets_every_point() -> None:
    """Within the seeds of the long search; those of a database's connections but with SQLite."""
    assert {round.point for round in GRID} == {*Point}
    assert {round.action for round in GRID} == {*Action}
    for sqlite, grid in ((False, GRID), (True, SQLITE_GRID)):
        met = {round for seed in range(3) for round in draw(seed, sqlite=sqlite, rounds=10).rounds}
        assert met == {*grid}


def test_a_plan_is_the_same_each_time() -> None:
    """A seed says it all."""
    assert draw(7) == draw(7) != draw(8)


def test_the_generated_package_is_current() -> None:
    """If not: `fusiongen generate` in this folder."""
    assert [finding.message for finding in check(load(Path(__file__).parent))] == []
