"""G38: a call is all that the call of a hand-written coroutine function is, hit and miss alike.

Each way to treat a call is tried on a coroutine function of Python, on a miss and on a hit, of a
service and of a client, and has to end alike.
"""

from __future__ import annotations

import asyncio
import gc
import inspect
import re
import sys
import warnings
from collections.abc import Awaitable, Callable, Coroutine, Generator, Iterator
from contextlib import contextmanager
from types import CoroutineType
from typing import Any

import anyio
import pytest

from tests.services.contracts import Note
from tests.services.generated.notes import NotesClient
from tests.services.memory import NotesInMemory, notes_of

NOTE = Note(0, "me", "a")

Get = Callable[[int], Coroutine[Any, Any, object]]


async def _awaited(get: Get) -> object:
    return await get(0)


async def _twice(get: Get) -> object:
    call = get(0)
    return [await call, await call]


async def _kinds(get: Get) -> object:
    call = get(0)
    asks = (asyncio.iscoroutine, inspect.iscoroutine, inspect.isawaitable, asyncio.isfuture)
    try:
        kinds = [isinstance(call, kind) for kind in (CoroutineType, Coroutine)]
        return [ask(call) for ask in asks], kinds, inspect.getcoroutinestate(call)
    finally:
        call.close()


async def _closed(get: Get) -> object:
    call = get(0)
    call.close()
    return await call


async def _thrown(get: Get) -> object:
    return get(0).throw(KeyError("thrown"))


async def _sent(get: Get) -> object:
    return get(0).send(1)  # what was just started waits for None


class _Awaitable:
    """Awaits a call from its own `__await__`."""

    def __init__(self, call: Coroutine[Any, Any, object]) -> None:
        self._call = call

    def __await__(self) -> Generator[Any, Any, object]:
        return (yield from self._call.__await__())


async def _delegated(get: Get) -> object:
    return await _Awaitable(get(0))


async def _task(get: Get) -> object:
    task = asyncio.create_task(get(0), name="mine")
    task.set_name("yours")
    return task.get_name(), type(task), await task, task.result()


async def _cancelled(get: Get) -> object:
    task = asyncio.ensure_future(get(0))
    return task.cancel(), [
        type(each) for each in await asyncio.gather(task, return_exceptions=True)
    ]


async def _cancelled_with_a_message(get: Get) -> object:
    task = asyncio.create_task(get(0))
    task.cancel("why")
    return await task


async def _ensured(get: Get) -> object:
    future = asyncio.ensure_future(get(0))
    done, pending = await asyncio.wait([future])
    return done == {future}, pending, future.done(), asyncio.ensure_future(future) is future


async def _waited(get: Get) -> object:
    tasks = [asyncio.create_task(get(0)) for _ in range(3)]
    done, _ = await asyncio.wait(tasks, return_when=asyncio.ALL_COMPLETED)
    return len(done), {task.result() for task in done}


async def _waited_bare(get: Get) -> object:
    return await asyncio.wait([get(0)])  # type: ignore[type-var]


async def _completed(get: Get) -> object:
    return [await each for each in asyncio.as_completed([get(0), get(0), get(0)])]


async def _gathered(get: Get) -> object:
    call = get(0)
    return await asyncio.gather(get(0), get(0), call, call)


async def _shielded(get: Get) -> object:
    return await asyncio.shield(get(0))


async def _in_time(get: Get) -> object:
    return await asyncio.wait_for(get(0), 10), await asyncio.wait_for(get(0), None)


async def _no_time(get: Get) -> object:
    return await asyncio.wait_for(get(0), 0)


async def _grouped(get: Get) -> object:
    async with asyncio.TaskGroup() as tasks:
        both = [tasks.create_task(get(0)), tasks.create_task(get(0))]
    return [task.result() for task in both]


async def _called_back(get: Get) -> object:
    task = asyncio.create_task(get(0))
    seen: list[object] = []
    task.add_done_callback(lambda each: seen.append(each is task))
    await task
    await asyncio.sleep(0)
    return seen


async def _threadsafe(get: Get) -> object:
    loop = asyncio.get_running_loop()
    future = await asyncio.to_thread(lambda: asyncio.run_coroutine_threadsafe(get(0), loop))
    return await asyncio.wrap_future(future)


async def _in_an_anyio_group(get: Get) -> object:
    found: list[object] = []

    async def add() -> None:
        found.append(await get(0))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(add)
        tasks.start_soon(get, 0)
    return found


async def _never_awaited(get: Get) -> object:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        get(0)  # type: ignore[unused-coroutine]
        gc.collect()
    return [(each.category, str(each.message).endswith("was never awaited")) for each in caught]


async def _in_another_context(get: Get) -> object:
    task = asyncio.get_running_loop().create_task(get(0))
    return await task, task.get_coro() is not None, task.exception()


async def _elsewhere(get: Get) -> object:
    call = get(0)

    async def later(call: Awaitable[Any]) -> object:
        await asyncio.sleep(0)
        return await call

    return await asyncio.create_task(later(call))


WAYS = [value for name, value in list(globals().items()) if inspect.iscoroutinefunction(value)]
WAYS = [way for way in WAYS if way.__name__.startswith("_")]


async def _by_hand(id: int) -> Note | None:
    await asyncio.sleep(0)
    return NOTE


async def _outcome(way: Callable[[Get], Awaitable[object]], get: Get) -> str:
    try:
        return repr(await way(get))
    except BaseException as error:
        return f"{type(error).__name__}{error.args}"


@contextmanager
def _quiet() -> Iterator[None]:
    """Without warnings of calls that a way leaves alone."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="coroutine .* was never awaited")
        yield
        gc.collect()


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
async def test_G38_a_hit_is_treated_as_a_miss(way: Any) -> None:
    """And both as a coroutine that was written by hand."""
    with _quiet():
        wanted = await _outcome(way, _by_hand)
        notes = notes_of("a")
        assert await _outcome(way, notes.get) == wanted  # a miss
        for _ in range(3):
            await notes.get(0)
        assert notes._fusion.function("get").hot
        assert await _outcome(way, notes.get) == wanted  # a hit


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
async def test_G38_a_call_of_a_client_is_treated_alike(way: Any, client: NotesClient) -> None:
    """From its host, and from the replica."""
    with _quiet():
        wanted = await _outcome(way, _by_hand)
        assert await _outcome(way, client.get) == wanted
        await client.get(0)
        assert client.peek.get(0) is not None
        assert await _outcome(way, client.get) == wanted


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
async def test_G38_so_is_a_call_that_is_not_cached(way: Any, client: NotesClient) -> None:
    """A command and a plain method, of a service and of a client; the computed behind a value."""
    notes = notes_of("a")
    with _quiet():
        wanted = await _outcome(way, _by_hand)
        for each in (notes, client):
            assert await _outcome(way, _always(each.put, NOTE)) == wanted
            pong = await _outcome(way, _always(each.ping))
            assert pong.replace("'pong'", repr(NOTE)) == wanted
            told = await _outcome(way, each.computed.get)
            assert re.sub("<Computed .*?>", repr(NOTE), told) == wanted


def _always(method: Callable[..., Any], *arguments: object) -> Get:
    """The method, called with these arguments, whatever it is called with."""
    return lambda _: method(*arguments)


def test_G38_a_call_may_be_made_where_no_loop_runs() -> None:
    """By whatever runs coroutines."""
    notes = notes_of("a")
    assert asyncio.run(notes.get(0)) == NOTE
    assert anyio.run(notes.get, 0) == NOTE
    assert anyio.run(notes.put, NOTE) == NOTE
    with asyncio.Runner() as runner:
        calls = [notes.get(0), notes.put(NOTE), notes.get(0), notes.get(0)]
        assert [runner.run(call) for call in calls] == [NOTE] * 4


# -- when a call starts --


@pytest.mark.parametrize("found", [False, True], ids=["miss", "hit"])
async def test_G5b_a_call_that_is_awaited_after_an_invalidation_is_fresh(found: bool) -> None:
    """A call starts when it is awaited, as any coroutine: what it was made before is no excuse."""
    notes = notes_of("a")
    for _ in range(3 * found):
        await notes.get(0)
    call = notes.get(0)
    await notes.put(Note(0, "me", "b"))
    assert await call == Note(0, "me", "b")


async def test_G33_a_call_belongs_to_the_body_that_awaits_it() -> None:
    """Not to whoever made it, and be it a hit."""
    notes = notes_of("a")
    for _ in range(3):
        await notes.get(0)

    class Given(NotesInMemory):
        async def digest(self, owner: str) -> str:
            note = await call
            return note.text if note is not None else ""

    given = Given()
    call = notes.get(0)
    digest = await given.computed.digest("me")
    assert digest.value == "a"
    await notes.put(Note(0, "me", "b"))
    assert not digest.is_consistent


async def test_G22_an_error_of_a_body_has_no_context_of_ours() -> None:
    """What the look-up missed is not told with what the body raised."""

    class Failing(NotesInMemory):
        async def get(self, id: int) -> Note | None:
            assert sys.exc_info() == (None, None, None)
            raise KeyError("theirs")

    with pytest.raises(KeyError, match="theirs") as raised:
        await Failing().get(0)
    assert raised.value.__context__ is None


class Leaving(NotesInMemory):
    """Its `digest` ends before a task that it has started reads anything."""

    gate: asyncio.Event
    late: asyncio.Task[Note | None]

    async def digest(self, owner: str) -> str:
        self.late = asyncio.create_task(self._read())
        return owner

    async def _read(self) -> Note | None:
        await self.gate.wait()
        return await self.get(0)


async def test_G11_a_hit_after_the_body_adds_no_edge() -> None:
    """What a task reads that outlives its body is nothing to that, cached or not."""
    notes = Leaving({0: NOTE})
    notes.gate = asyncio.Event()
    assert await notes.get(0) == await notes.get(0) == NOTE
    made = await notes.computed.digest("me")
    notes.gate.set()
    assert await notes.late == NOTE
    notes.invalidate.get(0)
    assert made.is_consistent
