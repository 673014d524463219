"""What a host remembers of commands is bounded, in number and in bytes (D13)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from fusionrt.remote import outcomes as module
from fusionrt.remote.outcomes import Outcome, Outcomes
from fusionrt.wire.frames import Ending


def quick(outcome: Outcome) -> Callable[[], Awaitable[Outcome]]:
    """A command that ends at once."""

    async def run() -> Outcome:
        return outcome

    return run


async def ran_again(outcomes: Outcomes, operation: str) -> bool:
    """Whether an operation was forgotten, and runs once more."""
    again = Outcome(b"again")
    return await outcomes.once(operation, quick(again)) is again


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few outcomes are remembered."""
    monkeypatch.setattr(module, "REMEMBERED", 10)
    monkeypatch.setattr(module, "REMEMBERED_BYTES", 10_000)


async def test_D13_commands_that_hang_keep_no_others_from_being_forgotten() -> None:
    """However many still run, those that ended are bounded; the hanging ones run once, too."""
    outcomes, gate = Outcomes(), asyncio.Event()

    async def slow() -> Outcome:
        await gate.wait()
        return Outcome(b"slow")

    hanging = [asyncio.create_task(outcomes.once(f"slow {n}", slow)) for n in range(3)]
    await asyncio.sleep(0)
    for n in range(100):
        await outcomes.once(str(n), quick(Outcome(b"")))
    assert len(outcomes._known) == 13
    retry = asyncio.create_task(outcomes.once("slow 0", quick(Outcome(b"again"))))
    gate.set()
    assert [(await task).payload for task in (*hanging, retry)] == [b"slow"] * 4
    assert len(outcomes._known) == 10
    assert not await ran_again(outcomes, "slow 0")


@pytest.mark.parametrize("cancelled", [False, True])
async def test_O13_what_was_rolled_back_is_not_remembered(cancelled: bool) -> None:
    """Who waited for it already gets its failure; who sends it again later runs it, also after its
    first caller gave up. Whether it was is asked when it has ended."""
    outcomes, gate, ended = Outcomes(), asyncio.Event(), False
    failed = Outcome(b"", Ending("internal", "rolled back"))

    async def run() -> Outcome:
        nonlocal ended
        try:
            await gate.wait()
        finally:
            ended = True
        return failed

    first = asyncio.create_task(outcomes.once("one", run, lambda: ended))
    await asyncio.sleep(0)
    joined = asyncio.create_task(outcomes.once("one", quick(Outcome(b"never"))))
    await asyncio.sleep(0)
    first.cancel() if cancelled else gate.set()
    failure = (await joined).failure
    assert failure is not None and failure.code == ("cancelled" if cancelled else "internal")
    await asyncio.wait([first])
    assert await ran_again(outcomes, "one")


@pytest.mark.parametrize(
    "outcome",
    [
        Outcome(bytes(3000)),
        Outcome(b"", Ending("internal", "m" * 3000)),
        Outcome(b"", Ending("declared", "", bytes(3000))),
    ],
    ids=["result", "message", "data"],
)
async def test_D13_results_and_failures_alike_are_bounded_by_their_bytes(outcome: Outcome) -> None:
    """A failure has a size, too; the newest are kept."""
    outcomes = Outcomes()
    for n in range(9):
        await outcomes.once(str(n), quick(outcome))
    assert list(outcomes._known) == ["6", "7", "8"]
    assert outcomes._bytes <= 10_000


async def test_D13_operation_ids_count_for_they_are_as_long_as_a_client_likes() -> None:
    """An id of thousands of characters is not kept for nothing."""
    outcomes = Outcomes()
    for n in range(9):
        await outcomes.once(f"{n}" * 3000, quick(Outcome(b"")))
    assert len(outcomes._known) == 3


async def test_D13_an_outcome_larger_than_the_bound_is_remembered_until_the_next() -> None:
    """Its retry does not run it again."""
    outcomes = Outcomes()
    await outcomes.once("large", quick(Outcome(bytes(20_000))))
    assert not await ran_again(outcomes, "large")
    await outcomes.once("next", quick(Outcome(b"")))
    assert list(outcomes._known) == ["next"]


async def test_D13_a_cancelled_command_is_remembered_as_one() -> None:
    """What was cancelled counts among those that ended, and does not run again."""
    outcomes = Outcomes()

    async def forever() -> Outcome:
        await asyncio.Event().wait()
        raise AssertionError

    task = asyncio.create_task(outcomes.once("a", forever))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    failure = (await outcomes.once("a", quick(Outcome(b"again")))).failure
    assert failure is not None and failure.code == "cancelled"
    assert len(outcomes._ended) == 1
