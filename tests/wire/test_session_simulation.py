"""The session protocol in a bad network, seed by seed; and mutants of it that must be caught."""

from __future__ import annotations

import pytest
from fusionrt.wire import host_events as he
from fusionrt.wire.calls import Calls, Phase
from fusionrt.wire.client import ClientSession
from fusionrt.wire.envelopes import ClientEnvelope, HostEnvelope
from fusionrt.wire.frames import Acknowledged, Credit, Failure, HostFrame, Result
from fusionrt.wire.hearing import Hearing
from fusionrt.wire.host_outbox import HostOutbox
from fusionrt.wire.sequence import Sequence, Verdict
from fusionrt.wire.server import ServerSession

from .session_violation import Violation
from .session_world import Faults, World

SEEDS = 600
MUTANT_SEEDS = 400

FAULTS = {
    "all of them": Faults(),
    "loss": Faults(loss=0.25, slow=0.05, troubles=0.05),
    "troubles": Faults(loss=0.01, troubles=0.8),
}


def explore(faults: Faults, seeds: int, **types: type) -> None:
    """Run worlds; a failure names the seed that replays it."""
    for seed in range(seeds):
        try:
            World(seed, faults, **types).run()
        except Exception as error:
            error.add_note(f"replay: World({seed}, {faults}).run()")
            raise


@pytest.mark.parametrize("faults", FAULTS)
def test_D1_to_D19_hold_in_a_bad_network(faults: str) -> None:
    """Loss, repetition, damage, crashes, freezes and cuts break no law, and leave nothing behind."""
    explore(FAULTS[faults], SEEDS // len(FAULTS))


def renew(hearing: Hearing, envelope: HostEnvelope) -> None:
    """Renew the lease by a message that may have shown a gap."""
    for frame in envelope.frames:
        if isinstance(frame, Acknowledged):
            hearing._lease.answered(frame.number)


MUTANTS: dict[str, tuple[type, str, object]] = {}


def mutant(law: str, owner: type, name: str) -> object:
    """Register a wrong version of a method under the law that it breaks."""

    def register(function: object) -> object:
        MUTANTS[law] = (owner, name, function)
        return function

    return register
