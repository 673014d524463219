"""How long services and their results live (G24, G29, G31)."""

from __future__ import annotations

import asyncio
import gc
import weakref
from functools import partial
from typing import Any

import pytest

from fusionrt.errors import ServiceDisposed
from fusionrt.graph import Computed, OriginKind
from tests.services.contracts import Note
from tests.services.memory import NotesInMemory, notes_of
from tests.waiting import until


async def test_G31_a_dropped_service_goes_at_once_with_its_results() -> None:
    """By reference counts alone: the graph does not keep it, and it is in no cycle."""
    notes = notes_of("a", "b")
    await notes.digest("me")
    await notes.put(Note(0, "me", "c"))
    await notes.digest("me")
    results = [weakref.ref(await notes.computed.get(id)) for id in range(2)]
    service = weakref.ref(notes)
    gc.disable()
    try:
        del notes
        assert service() is None
        assert [result() for result in results] == [None, None]
    finally:
        gc.enable()


async def test_G31_the_results_of_a_dropped_service_count_as_invalidated() -> None:
    """What another service made from them is stale, and says why."""

    class Over(NotesInMemory):
        below: NotesInMemory | None = None

        async def digest(self, owner: str) -> str:
            return "none" if self.below is None else await self.below.digest(owner)

    over = Over({})
    over.below = notes_of("a")
    assert await over.digest("me") == "a"
    made = await over.computed.digest("me")
    over.below = None
    assert made.origin is not None and made.origin.kind is OriginKind.DISPOSED
    assert await over.digest("me") == "none"


async def test_G31_a_value_that_refers_to_its_service_does_not_keep_it() -> None:
    """The cycle that the user made is collected like any other."""

    class Itself(NotesInMemory):
        async def get(self, id: int) -> Any:
            return self

    notes = Itself({})
    assert await notes.get(0) is notes
    service = weakref.ref(notes)
    del notes
    gc.collect()
    assert service() is None


async def test_G31_a_service_that_is_dropped_while_a_body_runs_lives_until_its_end() -> None:
    """The caller gets the result."""
    gate = asyncio.Event()

    class Slow(NotesInMemory):
        async def get(self, id: int) -> Note | None:
            self.ran.append("started")
            await gate.wait()
            return await super().get(id)

    notes = Slow({0: Note(0, "me", "a")})
    ran, service = notes.ran, weakref.ref(notes)
    call = asyncio.create_task(notes.digest("me"))
    await until(lambda: ran and ran[-1] == "started")
    del notes
    gate.set()
    assert await call == "a"
    del call
    await asyncio.sleep(0)
    assert service() is None


async def test_G29_watching_a_dropped_service_ends_with_an_error() -> None:
    """Neither a watcher nor a waiter hangs."""
    notes = notes_of("a")
    computed = await notes.computed.get(0)
    changes = notes.changes.get(0)
    assert (await anext(changes)) is computed
    waiting = asyncio.create_task(computed.invalidated())
    next_change = asyncio.ensure_future(anext(changes))
    await asyncio.sleep(0)
    del notes
    await asyncio.wait_for(waiting, 10)
    with pytest.raises(ServiceDisposed, match="notes is gone"):
        await next_change


def test_G31_a_service_does_not_keep_the_loops_that_it_was_used_in() -> None:
    """Nor the graphs, and what they had cached."""
    notes = notes_of("a")
    loops: list[weakref.ref[Any]] = []

    async def use() -> None:
        await notes.digest("me")
        loops.append(weakref.ref(asyncio.get_running_loop()))

    for _ in range(3):
        asyncio.run(use())
    gc.collect()
    assert [loop() is None for loop in loops[:2]] == [True, True]


async def test_changes_coalesces_bursts_and_yields_the_last() -> None:
    """A watcher that is slower than the writer sees few values, and always the newest one."""
    notes = notes_of("0")
    seen: list[str] = []

    async def watch() -> None:
        async for computed in notes.changes.get(0):
            assert computed.value is not None
            seen.append(computed.value.text)

    def has_seen(text: str) -> bool:
        return seen[-1:] == [text]

    watcher = asyncio.create_task(watch())
    await until(partial(has_seen, "0"))
    for burst in range(1, 6):
        for number in range(100):
            await notes.put(Note(0, "me", f"{burst}.{number}"))
            if number % 10 == 0:
                await asyncio.sleep(0)
        await until(partial(has_seen, f"{burst}.99"))
    watcher.cancel()
    await asyncio.wait([watcher])
    assert len(seen) <= 1 + 5 * 20
    assert seen == sorted(set(seen), key=lambda text: [int(part) for part in text.split(".")])


async def test_changes_yields_each_spaced_change_once() -> None:
    """Many watchers of one value each see every change, and one body runs for all of them."""
    notes = notes_of("0")
    watchers = [notes.changes.digest("me") for _ in range(10)]
    for text in ("0", "1", "2"):
        if text != "0":
            await notes.put(Note(0, "me", text))
        notes.took()
        found: list[Computed[str]] = await asyncio.gather(*map(anext, watchers))
        assert {computed.value for computed in found} == {text} and len(set(found)) == 1
        assert notes.took().count("digest me") == 1


async def test_G24_no_timer_keeps_a_result() -> None:
    """A cached error has a time to live; its service goes before that."""

    class Failing(NotesInMemory):
        async def get(self, id: int) -> Note | None:
            raise LookupError(id)

    notes = Failing({})
    with pytest.raises(LookupError):
        await notes.get(0)
    result = weakref.ref(await notes.computed.get(0))
    del notes
    gc.collect()
    assert result() is None
