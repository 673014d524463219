"""The simulation can fail: it finds every runtime with a mistake, within so many seeds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from fusionrt.wire.sequence import Sequence
from tests.sizes import FULL

from .mutants import MUTANTS, Edit, Mutant, mutated
from .run import draw
from .shrink import failure, shrink

QUICK = 12
"""In `make test`: mutants that are found within so many seeds."""


def found(mutant: Mutant) -> int | None:
    """The first seed that fails."""
    with mutated(mutant):
        return next((seed for seed in range(mutant.seeds) if failure(draw(seed))), None)


@pytest.mark.search
@pytest.mark.filterwarnings("ignore")  # what a broken runtime leaves behind
@pytest.mark.parametrize(
    "mutant",
    [
        pytest.param(mutant, id=name)
        for name, mutant in MUTANTS.items()
        if FULL or mutant.seeds <= QUICK
    ],
)
def test_a_mutant_is_found(mutant: Mutant) -> None:
    """Some of the first seeds fails."""
    assert found(mutant) is not None


def test_every_mutant_fits_the_source() -> None:
    """What it changes is there, once."""
    for mutant in MUTANTS.values():
        for edit in mutant.edits:
            edit.compiled()


@pytest.mark.filterwarnings("ignore")
def test_a_failure_shrinks_to_what_it_needs() -> None:
    """Of dozens of asks and all faults a few are left, and they still fail in the same way."""
    mutant = MUTANTS["D15: a command's result leaves before what it invalidated"]
    seed = found(mutant)
    assert seed is not None
    with mutated(mutant):
        least = shrink(draw(seed), tries=400)
        assert failure(least) is not None
    assert len(least.asks) <= 6 and len(least.faults) <= 2
    assert failure(least) is None


def test_a_mutant_is_gone_when_it_was_tried() -> None:
    """The runtime is as it was."""
    before = Sequence.judge.__code__
    with _changed():
        assert Sequence.judge.__code__ is not before
    assert Sequence.judge.__code__ is before


@contextmanager
def _changed() -> Iterator[None]:
    edit = Edit("wire.sequence:Sequence.judge", "Verdict.GAP", "Verdict.NEXT")
    with mutated(Mutant(1, (edit,))):
        yield
