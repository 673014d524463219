"""The session protocol in a bad network, seed by seed; and mutants of it that must be caught."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from fusionrt.wire import host_events as he
from fusionrt.wire.calls import CallTable
from fusionrt.wire.client import ClientSession
from fusionrt.wire.fences import AskedFences
from fusionrt.wire.frames import End
from fusionrt.wire.host import HostSession
from fusionrt.wire.kept import Kept
from fusionrt.wire.lease import Lease
from fusionrt.wire.outflow import Outflow, Outflows
from fusionrt.wire.registry import ResyncParts
from fusionrt.wire.sequence import Sequence, Verdict
from fusionrt.wire.states import Phase
from fusionrt.wire.uploads import HostUploads
from tests.sizes import size

from .session_violation import Violation
from .session_world import Faults, World

SEEDS = size(200, 2000)
MUTANT_SEEDS = (1199, *range(1000))
"""That first which tells a mutant that few others tell."""

FAULTS = {
    "all of them": Faults(),
    "loss": Faults(loss=0.25, slow=0.05, troubles=0.05),
    "troubles": Faults(loss=0.01, troubles=0.8),
}


def explore(faults: Faults, seeds: Iterable[int]) -> None:
    """Run worlds; a failure names the seed that replays it."""
    for seed in seeds:
        try:
            World(seed, faults).run()
        except Exception as error:
            error.add_note(f"replay: World({seed}, {faults}).run()")
            raise


@pytest.mark.search
@pytest.mark.parametrize("name", FAULTS)
def test_D1_to_D19_hold_in_a_bad_network(name: str) -> None:
    """Loss, repetition, damage, crashes, freezes, cuts: no law breaks, nothing is left behind."""
    explore(FAULTS[name], range(SEEDS // len(FAULTS)))


Original = Callable[..., Any]


def ignore_gaps(judge: Original) -> Original:
    """Act on any message that did not come yet."""

    def mutant(self: Sequence, envelope: object) -> Verdict:
        verdict: Verdict = judge(self, envelope)
        return Verdict.NEXT if verdict is Verdict.GAP else verdict

    return mutant


def keep_unknown(gone: Original) -> Original:
    """Go on holding what the host does not know."""
    return lambda self, ids, forgotten: gone(
        self, [id for id in ids if self.phase(id) is not Phase.HELD], forgotten
    )


def lease_from_arrival(answered: Original) -> Original:
    """Let the lease run from when the answer came, here 1.5 s after the question."""

    def mutant(self: Lease, number: int) -> None:
        before = self._until
        answered(self, number)
        if self._until > before:
            self._until += 1.5

    return mutant


def lapse_by_timer(notice: Original) -> Original:
    """Check the lease when the timer fires, not when something is read."""

    def mutant(self: ClientSession, now: float) -> None:
        self.__dict__.pop("live", None)
        notice(self, now)
        told = self._told_live
        self.live = lambda now: told  # type: ignore[method-assign]

    return mutant


def agree_always(acknowledge: Original) -> Original:
    """Acknowledge a keep-alive whatever its digest is."""
    return lambda self, event: acknowledge(self, he.KeepAliveReceived(event.number, True))


def forget_results(add: Original) -> Original:
    """Send a result and forget it."""

    def mutant(self: Kept, number: int, frames: Any) -> None:
        add(self, number, frames)
        self._words.clear()

    return mutant


def run_twice(new: Original) -> Original:
    """Take any call that is not registered at the moment for a new one."""
    return lambda self, ids: not any(id in self._registry for id in ids)


def live_for_ever(expired: Original) -> Original:
    """Never drop a silent client's session."""
    return lambda self, now: False


def lose_the_tail(ended: Original) -> Original:
    """Ignore the index of a stream's end."""
    return lambda self, frame: ended(self, End(frame.id, 0, frame.failure))


def credit_once(all_credits: Original) -> Original:
    """Trust that a credit arrives."""
    return lambda self: []


def forget_items(seal: Original) -> Original:
    """Send items and forget them."""

    def mutant(self: Outflow) -> Any:
        frame = seal(self)
        self._kept.clear()
        return frame

    return mutant


def forget_positions(positions: Original) -> Original:
    """Trust that what a client sends arrives."""
    return lambda self: []


def ask_once(lack: Original) -> Original:
    """Trust that what was asked for arrives."""
    return lambda self, id, repeated: lack(self, id, repeated=True)


def trust_the_resync(compare: Original) -> Original:
    """Say nothing of what clients send after a resync."""
    return lambda self: None


def any_part(add: Original) -> Original:
    """Take the parts of a resync that come for all of them."""

    def mutant(self: ResyncParts, part: Any) -> bool:
        if part.number == self.number and part.part > self._next >= 0:
            self._next = part.part
        done: bool = add(self, part)
        return done

    return mutant


def forget_what_was_written(add: Original) -> Original:
    """Say once what calls have changed."""

    def mutant(self: Kept, number: int, frames: Any) -> None:
        add(self, number, frames)
        self.wrote.clear()

    return mutant


def fence_once(again: Original) -> Original:
    """Trust that a fence arrives."""
    return lambda self: ()


MUTANTS: dict[str, tuple[type, str, Callable[[Original], Original], str]] = {
    "D1: gaps are ignored": (Sequence, "judge", ignore_gaps, "all of them"),
    "D2: the unknown stays valid": (CallTable, "gone", keep_unknown, "all of them"),
    "D6: the lease runs from the answer": (Lease, "answered", lease_from_arrival, "troubles"),
    "D6: the lease is checked by a timer": (ClientSession, "_notice", lapse_by_timer, "troubles"),
    "D12: any digest will do": (HostSession, "acknowledge", agree_always, "loss"),
    "D13: a result is forgotten when sent": (Kept, "add", forget_results, "loss"),
    "D13: a repeated call runs again": (HostSession, "_new", run_twice, "troubles"),
    "D15: what was written is told once": (Kept, "add", forget_what_was_written, "loss"),
    "D15: a lost fence stays lost": (AskedFences, "again", fence_once, "loss"),
    "D17: sessions never expire": (HostSession, "expired", live_for_ever, "troubles"),
    "D18: a lost tail is not seen": (CallTable, "ended", lose_the_tail, "all of them"),
    "D18: a lost credit stays lost": (CallTable, "all_credits", credit_once, "loss"),
    "D18: items are forgotten when sent": (Outflow, "seal", forget_items, "loss"),
    "D18: the tail of what a client sends stays lost": (
        *(Outflows, "positions"),
        *(forget_positions, "loss"),
    ),
    "D18: a gap in what a client sends is asked for once": (
        *(HostUploads, "_lack"),
        *(ask_once, "loss"),
    ),
    "D18: a resync leaves out what clients send": (
        *(HostUploads, "compare"),
        *(trust_the_resync, "loss"),
    ),
    "D19: half a resync counts as whole": (ResyncParts, "add", any_part, "loss"),
}


@pytest.mark.parametrize("law", MUTANTS)
def test_a_mutant_is_caught(law: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A protocol that breaks the law is found out by some seed."""
    owner, name, mutate, faults = MUTANTS[law]
    monkeypatch.setattr(owner, name, mutate(getattr(owner, name)))
    with pytest.raises(Violation, match=r"D\d|peace|settled|storm"):
        explore(FAULTS[faults], MUTANT_SEEDS)
