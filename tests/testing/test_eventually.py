"""`eventually`: an assertion that is run again when what it read was invalidated."""

from __future__ import annotations

import asyncio
import gc
from itertools import pairwise

import pytest

from fusionrt import ArgumentError, Host, MutableState, running_graph
from fusionrt.primitives import now
from fusionrt.testing import eventually, run
from tests.services.contracts import Note
from tests.services.generated.notes import NotesClient
from tests.services.memory import notes_of
from tests.waiting import until


def test_it_is_run_again_when_what_it_read_is_invalidated_and_only_then() -> None:
    """Minutes go by without a try; each change brings one, at its time."""
    tried: list[float] = []

    async def main() -> None:
        notes = notes_of("a")

        async def is_c() -> None:
            tried.append(now())
            assert await notes.digest("me") == "c"

        async def write() -> None:
            for text in ("b", "c"):
                await asyncio.sleep(100)
                await notes.put(Note(0, "me", text))

        writing = asyncio.create_task(write())
        await eventually(is_c, timeout=1000)
        await writing

    run(main(), seed=0)
    assert tried == [0, 100, 200]


async def test_it_waits_for_states_and_takes_conditions() -> None:
    """A lambda cannot assert: False means that it has not passed."""
    state = MutableState(1)

    async def is_two() -> bool:
        return await state.use() == 2

    asyncio.get_running_loop().call_later(0.01, state.set, 2)
    await eventually(is_two)


async def test_it_waits_for_another_process(nats_server: str) -> None:
    """What it read of a client is invalidated from where it was computed."""
    notes = notes_of("a")
    async with Host(nats_server) as serving, Host(nats_server) as calling:
        await serving.serve(notes)
        client = calling.client(NotesClient)
        tries: list[str] = []

        async def is_b() -> None:
            tries.append(await client.digest("me"))
            assert tries[-1] == "b"

        waiting = asyncio.create_task(eventually(is_b))
        await eventually(lambda: tries == ["a"])
        await notes.put(Note(0, "me", "b"))
        await waiting
        assert tries == ["a", "b"]


def test_one_that_reads_nothing_of_the_graph_is_tried_less_and_less_often() -> None:
    """There is nothing to wake it; what it looks at may still change."""
    tried: list[float] = []

    def is_late() -> bool:
        tried.append(now())
        return now() >= 2

    run(eventually(is_late), seed=0)
    gaps = [after - before for before, after in pairwise(tried)]
    assert gaps[:3] == pytest.approx([0.005, 0.01, 0.02])
    assert gaps[-1] == pytest.approx(0.1) == max(gaps)


def test_in_the_end_it_raises_the_last_failure() -> None:
    """The error of the assertion itself, with how often it ran and what it waited for."""

    async def main() -> None:
        state = MutableState(1, name="answer")

        async def is_42() -> None:
            assert await state.use() == 42

        asyncio.get_running_loop().call_later(1, state.set, 41)
        with pytest.raises(AssertionError, match="41 == 42") as caught:
            await eventually(is_42, timeout=3)
        assert now() == 3
        assert caught.value.__notes__ == [
            "is_42 did not pass within 3 s: it ran 2 times, and waited for a change of answer()"
        ]

    run(main(), seed=0)


def test_a_condition_that_never_holds_says_so() -> None:
    """Also one that nothing could wake."""
    with pytest.raises(AssertionError, match="it returned False") as caught:
        run(eventually(lambda: False, timeout=0.005), seed=0)
    assert "it ran once, and read nothing of the graph" in caught.value.__notes__[0]


def test_an_assertion_that_hangs_ends_in_time() -> None:
    """It is cancelled, and what it said before, if anything, is raised."""

    async def main() -> None:
        state = MutableState(1)

        async def hangs() -> None:
            if await state.use() == 1:
                raise LookupError("the first time")
            await asyncio.Event().wait()

        with pytest.raises(AssertionError, match="it did not come to an end"):
            await eventually(asyncio.Event().wait)
        asyncio.get_running_loop().call_later(1, state.set, 2)
        with pytest.raises(LookupError, match="the first time"):
            await eventually(hangs)

    run(main(), seed=0)


async def test_what_pytest_raises_is_a_failure_like_others() -> None:
    """`pytest.raises` fails with something that is no `Exception`."""
    notes = notes_of()
    state = MutableState(1)

    async def fails() -> None:
        with pytest.raises(LookupError):
            if await state.use() == 2:
                raise LookupError

    asyncio.get_running_loop().call_later(0.01, state.set, 2)
    await eventually(fails)
    assert await notes.get(0) is None


async def test_a_wrong_use_of_the_framework_is_raised_at_once() -> None:
    """Waiting does not mend an argument."""
    notes = notes_of("a")
    with pytest.raises(ArgumentError):
        await eventually(lambda: notes.get("zero"), timeout=60)  # type: ignore[arg-type]


async def test_it_leaves_nothing_behind() -> None:
    """Whether it passed, failed, or was cancelled."""
    state = MutableState(1)
    await state.use()

    async def is_two() -> None:
        assert await state.use() == 2

    async def try_all() -> None:
        waiting = asyncio.create_task(eventually(is_two))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait([waiting])
        assert waiting.cancelled()
        with pytest.raises(AssertionError):
            await eventually(is_two, timeout=0.001)
        state.set(2)
        await eventually(is_two)

    def left() -> list[str]:
        gc.collect()  # the loop lets go of the last failure's frames when it turns
        return [function.name for function in running_graph().functions]

    await try_all()
    await until(lambda: left() == ["state"])
    assert not (await state.computed())._dependants
