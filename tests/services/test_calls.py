"""A call of a compute method is a coroutine to whoever takes one: a hit as well as a miss."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from fusionrt.errors import ArgumentError, NotBoundError
from tests.services.contracts import Note
from tests.services.memory import NotesInMemory, notes_of


async def _await(call: Coroutine[Any, Any, Any]) -> Any:
    return await call


async def _task(call: Coroutine[Any, Any, Any]) -> Any:
    return await asyncio.create_task(call)


async def _gather(call: Coroutine[Any, Any, Any]) -> Any:
    return (await asyncio.gather(call))[0]


async def _wait_for(call: Coroutine[Any, Any, Any]) -> Any:
    return await asyncio.wait_for(call, 10)


async def _shield(call: Coroutine[Any, Any, Any]) -> Any:
    return await asyncio.shield(call)


async def _task_group(call: Coroutine[Any, Any, Any]) -> Any:
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(call)
    return task.result()


async def _ensure_future(call: Coroutine[Any, Any, Any]) -> Any:
    return await asyncio.ensure_future(call)


async def _as_completed(call: Coroutine[Any, Any, Any]) -> Any:
    (first,) = asyncio.as_completed([call])
    return await first


async def _threadsafe(call: Coroutine[Any, Any, Any]) -> Any:
    loop = asyncio.get_running_loop()
    return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(call, loop))


WAYS = [
    _await,
    _task,
    _gather,
    _wait_for,
    _shield,
    _task_group,
    _ensure_future,
    _as_completed,
    _threadsafe,
]


async def _hit(notes: NotesInMemory) -> Any:
    """A call of `get(0)` that is a hit."""
    await notes.get(0)
    await notes.get(0)
    assert notes._fusion.function("get").hot
    return notes.get(0)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
async def test_a_call_may_be_awaited_in_every_way(way: Any) -> None:
    """The first time it computes, the second time it is found, from then on it is a hit."""
    notes = notes_of("a")
    assert [await way(notes.get(0)) for _ in range(4)] == [Note(0, "me", "a")] * 4
    assert notes.took() == ["get 0"]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
@pytest.mark.parametrize("hit", [False, True], ids=["miss", "hit"])
async def test_G33_a_body_depends_on_what_it_awaits_in_any_way(way: Any, hit: bool) -> None:
    """The task that makes the call belongs to the body."""

    class Indirect(NotesInMemory):
        async def digest(self, owner: str) -> str:
            note = await way(self.get(0))
            return str(note.text)

    notes = Indirect({0: Note(0, "me", "a")})
    if hit:
        await (await _hit(notes))
    assert await notes.digest("me") == "a"
    await notes.put(Note(0, "me", "b"))
    assert await notes.digest("me") == "b"


async def test_a_task_of_a_hit_can_be_cancelled_before_it_starts() -> None:
    """As a task of a coroutine can."""
    notes = notes_of("a")
    task = asyncio.create_task(await _hit(notes))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await notes.get(0) is not None


async def test_what_one_caller_does_to_a_hit_does_not_reach_another() -> None:
    """It is shared, on some Pythons."""
    notes = notes_of("a")
    call = await _hit(notes)
    with pytest.raises(KeyError):
        call.throw(KeyError("thrown"))
    notes.get(0).close()
    assert await notes.get(0) == Note(0, "me", "a")


async def test_a_call_keeps_its_service_alive_until_it_ends() -> None:
    """Nobody else holds the service."""
    note = Note(0, "me", "a")
    assert await notes_of("a").get(0) == note
    assert await notes_of("a").digest("me") == "a"
    assert (await notes_of("a").computed.get(0)).value == note
    assert await notes_of("a").put(note) == note
    call = asyncio.create_task(notes_of("a").digest("me"))
    assert await call == "a"


def test_a_call_may_be_given_to_asyncio_run() -> None:
    """One call a loop, with the same service and with new ones."""
    notes = notes_of("a")
    for _ in range(2):
        assert asyncio.run(notes.get(0)) == Note(0, "me", "a")
        assert asyncio.run(notes.put(Note(0, "me", "a"))) == Note(0, "me", "a")
        assert asyncio.run(notes.computed.get(0)).value == Note(0, "me", "a")
    assert asyncio.run(notes_of("a").digest("me")) == "a"


def test_nothing_is_served_that_an_earlier_loop_cached() -> None:
    """What was cached is bound to its loop, as everything asynchronous is."""
    notes = notes_of("a")
    assert asyncio.run(notes.digest("me")) == "a"
    notes.notes[0] = Note(0, "me", "b")  # written while nobody could be told
    assert asyncio.run(notes.digest("me")) == "b"
    assert notes.took() == ["digest me", "ids me  20", "get 0"] * 2


def test_a_loop_that_was_closed_without_a_word_is_left() -> None:
    """Not every program shuts its asynchronous generators down before it closes a loop."""
    notes = notes_of("a", "b")
    for text in ("c", "d"):
        loop = asyncio.new_event_loop()
        try:
            notes.notes[0] = Note(0, "me", text)
            assert (
                loop.run_until_complete(_await(notes.computed.digest("me"))).value == f"{text}, b"
            )
        finally:
            loop.close()


def test_a_service_belongs_to_one_open_loop() -> None:
    """In another one it says so, instead of waking tasks from the wrong thread."""
    notes = notes_of("a")
    with asyncio.Runner() as first, asyncio.Runner() as second:
        first.run(_await(notes.get(0)))
        with pytest.raises(NotBoundError, match="notes was used in another event loop"):
            second.run(_await(notes.digest("me")))
        first.close()
        assert second.run(_await(notes.digest("me"))) == "a"


async def test_G32_a_key_does_not_depend_on_the_spelling() -> None:
    """Keywords, defaults and their order name one computed."""
    notes = notes_of("a")
    computed = await notes.computed.ids("me")
    for spelled in (
        await notes.computed.ids(owner="me"),
        await notes.computed.ids("me", tag=""),
        await notes.computed.ids(limit=20, tag="", owner="me"),
    ):
        assert spelled is computed
    assert await notes.ids("me", limit=20) == await notes.ids(limit=20, owner="me") == (0,)
    assert notes.took() == ["ids me  20"]
    notes.invalidate.ids("me", limit=20, tag="")
    assert not computed.is_consistent


async def test_G32_a_scalar_is_what_its_declared_type_says() -> None:
    """An int that is passed for a float is one, in calls and in invalidations."""
    notes = notes_of()
    for value in (2, 2.0, True):
        await notes.half(value)
    assert notes.took() == ["half 2.0", "half 1.0"]
    computed = await notes.computed.half(2.0)
    notes.invalidate.half(2)
    assert not computed.is_consistent


async def test_G32_values_that_the_declared_type_tells_apart_are_not_confused() -> None:
    """1, True, 1.0 and "1" are four."""
    notes = notes_of()
    for _ in range(2):
        kinds = [await notes.kind(value) for value in (1, True, 1.0, "1")]
        assert kinds == ["int", "bool", "float", "str"]
    assert notes.took() == ["kind 1", "kind True", "kind 1.0", "kind '1'"]
    notes.invalidate.kind(1.0)
    assert [notes.peek.kind(value) is None for value in (1, True, 1.0, "1")] == [
        False,
        False,
        True,
        False,
    ]


async def test_a_wrong_argument_is_told_where_it_was_passed() -> None:
    """Also one that cannot be a key at all."""
    notes = notes_of()
    with pytest.raises(ArgumentError, match=r"notes\.get"):
        await notes.get("0")  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match=r"notes\.get"):
        await notes.get([])  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match=r"notes\.get"):
        notes.invalidate.get("0")  # type: ignore[arg-type]
