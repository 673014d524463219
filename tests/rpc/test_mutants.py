"""Mutants of the distributed side: the simulation catches each, so it can fail."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fusionrt.remote import replicas
from fusionrt.rpc.client.answer import Pending
from fusionrt.rpc.client.peer import Peer
from fusionrt.rpc.client.registration import Registration
from fusionrt.rpc.client.session import Session as ClientSide
from fusionrt.rpc.host.holdings import Holdings
from fusionrt.testing import run
from fusionrt.wire.envelopes import HostEnvelope
from fusionrt.wire.sequence import Sequence, Verdict
from fusionrt.wire.states import ClientState

from . import test_partition
from .test_simulation import troubled

SEEDS = 100


def _keep_held(self: ClientSide, reason: str) -> None:
    self._proof.set()


def _live_while_open(self: ClientSide) -> bool:
    return not self.over


def _resend_everything(self: Peer, call: Pending, reason: str) -> None:
    self._send(call)


def _act_on_everything(self: Sequence, envelope: HostEnvelope) -> Verdict:
    if self.resyncing:
        self._machine.state = ClientState.OPEN
    self.last = max(self.last, envelope.number)
    return Verdict.NEXT


def _say_nothing(self: Holdings, id: int, reason: str) -> None:
    self._held.pop(id, None)


def _lean_on_nothing(registration: Registration, *, failed: bool) -> None:
    pass


@pytest.mark.parametrize(
    ("owner", "name", "mutant"),
    [
        pytest.param(ClientSide, "_lose_held", _keep_held, id="D2-lost-host-keeps-replicas"),
        pytest.param(ClientSide, "live", _live_while_open, id="D6-lease-never-lapses"),
        pytest.param(Peer, "_host_lost", _resend_everything, id="D13-commands-are-sent-again"),
        pytest.param(Sequence, "judge", _act_on_everything, id="D1-gaps-are-ignored"),
        pytest.param(Holdings, "invalidated", _say_nothing, id="D3-invalidations-are-not-told"),
        pytest.param(replicas, "lean_on", _lean_on_nothing, id="D6b-dependants-lean-on-nothing"),
    ],
)
def test_the_simulation_catches_a_mutant(
    monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, mutant: Callable[..., Any]
) -> None:
    """Some seed fails for each broken rule."""
    monkeypatch.setattr(owner, name, mutant)
    assert any(_fails(seed) for seed in range(SEEDS))


def _fails(seed: int) -> bool:
    try:
        run(troubled(seed), seed=seed)
    except Exception:
        return True
    return False


def test_a_host_that_vouches_for_everything_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without D6c the carts vouch for prices that they cannot prove."""
    monkeypatch.setattr("fusionrt.remote.held.HeldComputed.suspended", lambda self: False)
    with pytest.raises(AssertionError):
        test_partition.test_D6c_a_host_does_not_vouch_for_what_it_cannot_prove_itself()


def test_a_host_that_takes_no_notice_of_new_promises_is_caught(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without a look at what results came to hang on, they are vouched for by what they did."""
    monkeypatch.setattr("fusionrt.remote.servant.ServiceServant.leaned", lambda self: 0)
    with pytest.raises(AssertionError):
        test_partition.test_D6c_what_comes_to_hang_on_more_while_it_is_held_is_not_vouched_for()
