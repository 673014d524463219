"""The campaign can fail: it finds every runtime with a mistake."""

from __future__ import annotations

import dataclasses

import pytest

from tests.natsserver import NatsServer
from tests.postgresserver import PostgresServer
from tests.sizes import FULL, size

from .mutants import MUTANTS
from .plan import Plan, draw, stopped_for_long
from .run import played

QUICK = ["O4: nudges without poll"]
"""In `make test`."""
FOR_LONG = "O9"
"""The law of which one is found only where hosts are stopped for long."""


def plan(name: str, seed: int) -> Plan:
    """In which the mutant is looked for."""
    one = stopped_for_long(seed) if name.startswith(FOR_LONG) else draw(seed, rounds=size(0, 10))
    return dataclasses.replace(one, mutant=name)


@pytest.mark.search
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", MUTANTS if FULL else QUICK)
async def test_a_mutant_is_found(
    nats_process: NatsServer, postgres_server: PostgresServer, name: str
) -> None:
    """Some of the first seeds fails."""
    for seed in range(MUTANTS[name].seeds):
        url = await postgres_server.database()
        if (await played(plan(name, seed), nats_process.port, url)).problems:
            return
    pytest.fail("every law held")


def test_every_mutant_fits_the_source() -> None:
    """What it changes is there, once."""
    for mutant in MUTANTS.values():
        for edit in mutant.edits:
            edit.compiled()
