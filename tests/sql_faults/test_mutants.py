"""Laws of the log in the very interleaving in which a runtime with a mistake breaks them."""

from __future__ import annotations

import pytest

from tests.natsserver import NatsServer
from tests.simulation.mutants import mutated
from tests.sizes import FULL

from .mutants import MUTANTS
from .scripts import ONLY_POSTGRES, SCRIPTS, staged

ON_POSTGRES = [("postgres", name) for name in SCRIPTS]
CASES = ON_POSTGRES + [("sqlite", name) for name in SCRIPTS if name not in ONLY_POSTGRES]


@pytest.fixture
def url(request: pytest.FixtureRequest, kind: str) -> str:
    """Of an empty database."""
    url: str = request.getfixturevalue(kind)
    return url


@pytest.mark.parametrize(("kind", "name"), CASES)
async def test_O_it_holds(nats_process: NatsServer, url: str, name: str) -> None:
    """In the runtime as it is."""
    async with staged(nats_process.url, url) as stage:
        assert await SCRIPTS[name](stage) == []


@pytest.mark.search
@pytest.mark.parametrize(("kind", "name"), CASES if FULL else ON_POSTGRES)
async def test_a_mutant_is_found(nats_process: NatsServer, url: str, name: str) -> None:
    """In the runtime with its mistake it does not hold."""
    with mutated(MUTANTS[name]):
        async with staged(nats_process.url, url) as stage:
            assert await SCRIPTS[name](stage)


def test_every_mutant_has_its_script() -> None:
    """And what it changes is there, once."""
    assert [*SCRIPTS] == [*MUTANTS]
    for mutant in MUTANTS.values():
        for edit in mutant.edits:
            edit.compiled()
