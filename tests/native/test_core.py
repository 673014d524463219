"""The compiled core: which path runs, and that it keeps and leaks nothing."""

from __future__ import annotations

import asyncio
import gc
import os
import shutil
import subprocess
import sys
import sysconfig
import tracemalloc
import weakref
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest

import fusionrt
from tests.services.contracts import Note
from tests.services.memory import NotesInMemory, notes_of
from tests.sizes import size

WANTED_PURE = os.environ.get("FUSION_PURE", "0") != "0"


@pytest.mark.parametrize("pure", ["0", "1"])
def test_the_environment_turns_it_off(pure: str) -> None:
    """`fusionrt.compiled` tells."""
    code = "import fusionrt; print(fusionrt.compiled)"
    environment = os.environ | {"FUSION_PURE": pure}
    run = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    wanted = pure == "0" and (fusionrt.compiled or (WANTED_PURE and _is_installed()))
    assert run.stdout.split() == [str(wanted)]


def _is_installed() -> bool:
    suffix = sysconfig.get_config_var("EXT_SUFFIX")
    return any(os.path.exists(f"{place}/_core{suffix}") for place in fusionrt.__path__)


def test_where_there_is_a_compiler_it_is_there() -> None:
    """So that these tests run on the path that they mean to."""
    assert fusionrt.compiled or WANTED_PURE or shutil.which("cc") is None


_FIELDS = """
import importlib, fusionrt
for name, module in {names!r}.items():
    cls = getattr(importlib.import_module(module), name)
    own = [each for base in cls.__mro__[:-1] for each in vars(base)]
    print(name, *sorted(each for each in own if not each.startswith("__")))
"""
_CORE = "fusionrt.graph._core"
TWINS = {
    "Hit": f"{_CORE}.hit",
    "Place": f"{_CORE}.retention",
    "ComputedFields": f"{_CORE}.computed",
    "RunFields": f"{_CORE}.run",
    "FunctionFields": f"{_CORE}.function",
    "SieveFields": f"{_CORE}.retention",
    "RoomFields": f"{_CORE}.retention",
    "CountsFields": f"{_CORE}.counts",
    "Term": "fusionrt.primitives",
    "Joining": "fusionrt.rpc.client.joining",
}


def test_twins_have_the_same_fields() -> None:
    """Whatever is added to one, the other needs, too."""

    def fields(pure: str) -> str:
        environment = os.environ | {"FUSION_PURE": pure}
        code = [sys.executable, "-c", _FIELDS.format(names=TWINS)]
        run = subprocess.run(code, env=environment, capture_output=True, text=True, check=True)
        return run.stdout

    assert fields("0") == fields("1")


# -- nothing is leaked --


class _Failing(NotesInMemory):
    async def kind(self, id: int) -> str:  # type: ignore[override]
        raise KeyError(id)


async def _hit(notes: NotesInMemory) -> None:
    await notes.get(0)


async def _hit_by_keyword(notes: NotesInMemory) -> None:
    await notes.get(id=0)


async def _by_task(notes: NotesInMemory) -> None:
    await asyncio.create_task(notes.get(0))


async def _cancelled(notes: NotesInMemory) -> None:
    task = asyncio.create_task(notes.get(0))
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def _closed(notes: NotesInMemory) -> None:
    notes.get(0).close()


async def _asked(notes: NotesInMemory) -> None:
    call: Any = notes.get(0)
    assert call.cr_frame is not None
    await call
    assert call.cr_frame is None


async def _by_hand(notes: NotesInMemory) -> None:
    with pytest.raises(StopIteration):
        notes.get(0).send(None)
    with pytest.raises(KeyError):
        notes.get(0).throw(KeyError("thrown"))


async def _in_a_body(notes: NotesInMemory) -> None:
    notes.invalidate.digest("me")
    await notes.digest("me")


async def _missed(notes: NotesInMemory) -> None:
    notes.invalidate.get(0)
    await notes.get(0)


async def _unhashable(notes: NotesInMemory) -> None:
    with pytest.raises(fusionrt.ArgumentError):
        await notes.get([])  # type: ignore[arg-type]


async def _failed(notes: NotesInMemory) -> None:
    with pytest.raises(KeyError):
        await notes.kind(0)


async def _cascaded(notes: NotesInMemory) -> None:
    """With a handler, and an edge that is made by a hit."""
    await notes.get(0)
    digest = await notes.computed.digest("me")
    told: list[object] = []
    digest.on_invalidated(told.append)
    notes.invalidate.get(0)
    assert told == [digest]


async def _flagged(notes: NotesInMemory) -> None:
    notes.invalidate.get(0)
    task = asyncio.create_task(notes.digest("me"))
    await asyncio.sleep(0)
    notes.invalidate.ids("me", tag=fusionrt.ANY, limit=fusionrt.ANY)
    await task


WAYS = [
    *(_hit, _hit_by_keyword, _by_task, _cancelled, _closed, _asked, _by_hand),
    *(_in_a_body, _missed, _unhashable, _failed, _cascaded, _flagged),
]


TIMES = size(500, 5_000, 100_000)


@pytest.fixture
async def small_heap() -> None:
    """Without what all tests before have left, which took each search for garbage a second."""
    fusionrt.freeze()


@pytest.mark.search
@pytest.mark.usefixtures("small_heap")
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
async def test_no_way_to_call_leaks(way: Callable[[NotesInMemory], Awaitable[None]]) -> None:
    """Three times as many calls leave nothing more behind."""
    notes = _Failing()
    await notes_of_one(notes)

    async def grown(times: int) -> int:
        for _ in range(20):
            await way(notes)
        gc.collect()
        tracemalloc.start()
        for _ in range(times):
            await way(notes)
            notes.ran.clear()
        await asyncio.sleep(0)
        gc.collect()
        size, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return size

    async def leaks() -> bool:
        """Each time: what the interpreter keeps once, it keeps once."""
        for _ in range(3):
            if await grown(3 * TIMES) - await grown(TIMES) < 4_000 + TIMES:
                return False
        return True

    await grown(TIMES)  # what is kept for good is there by then
    objects = len(gc.get_objects())
    assert not await leaks()
    assert len(gc.get_objects()) - objects < 100


async def notes_of_one(notes: NotesInMemory) -> None:
    notes.notes.update(notes_of("a").notes)
    for _ in range(3):
        await notes.get(0)


async def test_a_call_that_refers_to_itself_is_collected() -> None:
    """By its service, which holds it: never awaited, it says so."""
    notes = notes_of("a")
    notes.call = notes.get(0)  # type: ignore[attr-defined]
    gone = weakref.ref(notes)
    with pytest.warns(RuntimeWarning, match=r"coroutine '.*get' was never awaited"):
        del notes  # the collector may come by itself from here on
        gc.collect()
    assert gone() is None


async def test_what_is_frozen_hides_no_call_from_the_collector() -> None:
    """A call that is kept for a next one is let go before: frozen, it would be so as the next one,
    and what that refers to is never garbage.
    """
    notes = notes_of("a")
    calls = [notes.get(0) for _ in range(100)]
    for call in calls:
        await call
    del call
    calls.clear()
    fusionrt.freeze()
    all_notes = [notes_of("a") for _ in range(100)]
    for notes in all_notes:
        notes.call = notes.get(0)  # type: ignore[attr-defined]
    gone = [weakref.ref(notes) for notes in all_notes]
    with pytest.warns(RuntimeWarning, match="was never awaited"):
        del notes, all_notes
        gc.collect()
    assert not any(each() for each in gone)


async def test_a_call_that_has_ended_keeps_no_service_alive() -> None:
    """G31, whether a hit answered or a body."""
    for hits in (0, 3):
        notes = notes_of("a")
        for _ in range(hits):
            await notes.get(0)
        task = asyncio.create_task(notes.get(0))
        await task
        gone = weakref.ref(notes)
        del notes
        gc.collect()
        assert gone() is None
        assert task.done()


class _Slow(NotesInMemory):
    async def get(self, id: int) -> Note | None:
        await asyncio.sleep(0)
        return self.notes.get(id)


async def test_G20_a_call_that_is_dropped_amid_its_body_leaves_nothing() -> None:
    """Also one in the memory of a call that the collector found in a cycle before."""
    notes = _Slow()

    async def cycle() -> None:
        call: Any = notes.get(1)
        held = [call]
        held.append(held)
        call.send(None)

    for _ in range(3):
        await cycle()
        gc.collect()
        call: Any = notes.get(0)
        call.send(None)
        del call
        assert not list(notes._fusion.function("get").table)


@pytest.mark.skipif(not fusionrt.compiled, reason="the pure runtime keeps none")
async def test_G31_what_is_kept_for_a_next_call_may_be_looked_at() -> None:
    """By a debugger, which finds it with the collector: then no call gets it, and it has ended."""
    notes = notes_of("a")
    called = [notes.get(0) for _ in range(3)]
    kind, name = type(called[0]), repr(called[0]).partition(" at ")[0]
    for call in called:
        await call
    del call, called
    found = [each for each in gc.get_objects() if type(each) is kind]
    told = {repr(each).partition(" at ")[0] for each in found}
    assert told <= {"<coroutine object ?", name}
    calls = [notes.get(0) for _ in found]
    assert not {*map(id, calls)} & {*map(id, found)}
    for each in found:
        with pytest.raises(RuntimeError, match="cannot reuse already awaited coroutine"):
            each.send(None)
    del each, found
    assert {note and note.text for note in await asyncio.gather(*calls)} == {"a"}


# -- how an end is told --


async def test_what_ends_is_told_anew_to_who_keeps_it() -> None:
    """From Python 3.12 on one exception tells the ends that the interpreter asks for: nobody who
    asks himself sees it change.
    """
    notes = notes_of("a", "b")
    values = [await notes.get(n) for n in (0, 1, 0)]
    kept = list[StopIteration]()
    for number in (0, 1, 0):
        with pytest.raises(StopIteration) as told:
            next(notes.get(number).__await__())
        kept.append(told.value)
        await notes.get(1 - number)
    assert [each.value for each in kept] == values
    assert [each.args for each in kept] == [(each,) for each in values]
    assert len({id(each) for each in kept}) == 3


async def test_what_ended_keeps_neither_its_value_nor_its_caller_alive() -> None:
    """Nor what was handled when it was awaited."""
    notes = notes_of("a")
    await notes.get(0)
    gone = weakref.ref(await notes.get(0))

    class Handled(Exception):
        pass

    async def look() -> weakref.ref[Handled]:
        try:
            raise Handled
        except Handled as error:
            await notes.get(0)
            with suppress(StopIteration):
                next(notes.get(0).__await__())
            return weakref.ref(error)

    handled = await look()
    notes.invalidate.get(0)
    notes.notes.clear()
    gc.collect()
    assert (gone(), handled()) == (None, None)
