"""A graph is entered in its own event loop only (G39): closed loops, threads, stopped hosts."""

from __future__ import annotations

import asyncio
import gc
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest

from fusionrt import (
    ComputedState,
    Host,
    MutableState,
    NotBoundError,
    ServiceDisposed,
    WrongThread,
    computed,
)
from fusionrt.graph import Computed, OriginKind, home, running_graph
from fusionrt.transport.memory import MemoryNetwork
from tests.services.contracts import Note
from tests.services.memory import NotesInMemory, notes_of


def closed_without_a_word(call: Callable[[], Awaitable[Any]]) -> Any:
    """What a call returns in a loop of its own, which shuts nothing down before it is closed."""

    async def main() -> Any:
        return await call()

    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(main())
    finally:
        loop.close()


def closed(call: Callable[[], Awaitable[Any]]) -> Any:
    """The same in a loop that ends in good order."""
    return asyncio.run(_awaited(call))


def in_thread(call: Callable[[], Any]) -> Any:
    """What a call returns in a thread of its own."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(call).result()


async def hot(notes: NotesInMemory) -> list[Any]:
    """What three reads of one note return; the last one is a hit."""
    return [await notes.get(0) for _ in range(3)]


# -- closed loops --


@pytest.mark.parametrize("run", [closed_without_a_word, closed])
@pytest.mark.parametrize("elsewhere", [False, True], ids=["this thread", "another thread"])
def test_G39_the_next_loop_is_not_served_what_a_closed_one_cached(
    run: Callable[..., Any], elsewhere: bool
) -> None:
    """Hits neither, in whichever thread the next loop runs."""
    notes = notes_of("a")

    async def reads() -> list[Any]:
        return [*await hot(notes), (await notes.computed.get(0)).value]

    for text in "bcd":
        notes.notes[0] = Note(0, "me", text)
        got = in_thread(lambda: run(reads)) if elsewhere and text == "c" else run(reads)
        assert got == [Note(0, "me", text)] * 4
        assert notes.peek.get(0) is None


def test_G39_what_was_held_of_a_closed_loop_is_read_no_more() -> None:
    """Computeds that outlived it say so; their values stay, as what they were."""
    notes = notes_of("a")
    state = MutableState(1)
    node = computed(lambda: notes.digest("me"))

    async def make() -> list[Computed[Any]]:
        await hot(notes)
        return [await notes.computed.get(0), await state.computed(), await node.computed()]

    made = closed_without_a_word(make)

    async def look() -> None:
        for held in made:
            assert not held.is_consistent
            assert held.origin is not None and held.origin.kind is OriginKind.DISPOSED
            for read in (held.use, held.update):
                with pytest.raises(ServiceDisposed, match="event loop has ended"):
                    await read()
        assert (notes.peek.get(0), state.peek(), node.peek()) == (None, None, None)
        assert (await state.use(), await node.use()) == (1, "a")

    asyncio.run(look())


def test_G39_a_dead_loop_elsewhere_hinders_nobody() -> None:
    """One that was closed in another thread: services, states, and the next loop of any thread."""
    notes, state = notes_of("a"), MutableState(1)

    async def use() -> Any:
        return (await hot(notes))[-1], await state.use()

    in_thread(lambda: closed_without_a_word(use))
    state.set(2)
    notes.notes[0] = Note(0, "me", "b")
    notes.invalidate.get(0)
    assert closed_without_a_word(use) == (Note(0, "me", "b"), 2)
    other = notes_of("c")
    assert in_thread(lambda: closed_without_a_word(lambda: other.get(0))) == Note(0, "me", "c")
    notes.notes[0] = Note(0, "me", "d")
    assert in_thread(lambda: closed_without_a_word(use)) == (Note(0, "me", "d"), 2)


def test_G39_many_threads_with_a_loop_each_have_a_graph_each() -> None:
    """Loops that come and go at once in many threads, with services of their own."""
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            notes = notes_of("a")
            for text in range(20):
                notes.notes[0] = note = Note(0, "me", f"{number} {text}")
                assert closed_without_a_word(lambda: hot(notes)) == [note] * 3
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="asks for the running loop")
def test_G39_a_loop_that_does_not_say_its_thread_is_told_from_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Such as uvloop's: hits are hits there, and nowhere else."""
    monkeypatch.setattr("fusionrt.graph.graph.home_of", home._Silent)
    notes = notes_of("a")

    async def use() -> Any:
        got = await hot(notes)
        hit = notes._fusion.function("get").peek((0,))
        assert hit is not None and hit._hit is not None
        before = hit._hit.used
        await notes.get(0)
        assert hit._hit.used == before + 1
        with pytest.raises(WrongThread):
            await asyncio.to_thread(lambda: asyncio.run(_awaited(lambda: notes.get(0))))
        return got

    for text in "bc":
        notes.notes[0] = Note(0, "me", text)
        assert closed_without_a_word(use) == [Note(0, "me", text)] * 3


# -- other threads and loops --


async def test_G39_a_hit_in_another_thread_is_refused() -> None:
    """As a miss is, and whatever else enters the graph; commands run nothing."""
    notes, state = notes_of("a"), MutableState(1)
    await hot(notes)
    await state.use()
    held = await notes.computed.get(0)
    calls: list[Callable[[], Any]] = [
        lambda: asyncio.run(_awaited(lambda: notes.get(0))),
        lambda: asyncio.run(_awaited(lambda: notes.digest("me"))),
        lambda: asyncio.run(_awaited(lambda: notes.computed.get(0))),
        lambda: asyncio.run(_awaited(lambda: notes.put(Note(0, "me", "b")))),
        lambda: asyncio.run(_awaited(lambda: anext(notes.changes.get(0)))),
        lambda: asyncio.run(_awaited(state.use)),
        lambda: asyncio.run(_awaited(held.use)),
        lambda: notes.peek.get(0),
        lambda: notes.invalidate.get(0),
        state.peek,
        lambda: state.set(2),
    ]
    for call in calls:
        with pytest.raises(WrongThread, match="call_from_thread"):
            await asyncio.to_thread(call)
    assert await notes.get(0) == Note(0, "me", "a") == notes.notes[0]
    assert state.value == 1


async def _awaited(call: Callable[[], Awaitable[Any]]) -> Any:
    return await call()


def test_G39_a_hit_in_another_open_loop_is_refused() -> None:
    """As a miss is: nobody could tell that loop of invalidations."""
    notes = notes_of("a")
    with asyncio.Runner() as first, asyncio.Runner() as second:
        first.run(hot(notes))
        with pytest.raises(NotBoundError, match="another event loop before"):
            second.run(hot(notes))
        assert first.run(hot(notes)) == [Note(0, "me", "a")] * 3


async def test_G39_a_body_is_no_part_of_what_a_thread_computes_in_its_context() -> None:
    """`to_thread` copies the context: a read there would tie the graphs of two threads together."""
    other = notes_of("b")

    async def body() -> str:
        def elsewhere() -> str:
            for _ in range(3):
                asyncio.run(_awaited(lambda: other.digest("me")))
            return "read"

        return await asyncio.to_thread(elsewhere)

    with pytest.raises(WrongThread):
        await computed(body).use()


async def test_G39_a_command_is_not_served_in_another_thread_either() -> None:
    """What its thread reads and invalidates in its context is refused as well."""

    class Threaded(NotesInMemory):
        async def put(self, note: Note) -> Note:
            def read() -> Any:
                return asyncio.run(_awaited(lambda: self.get(0)))

            for call in (read, lambda: self.invalidate.get(0)):
                with pytest.raises(WrongThread):
                    await asyncio.to_thread(call)
            return await super().put(note)

    notes = Threaded({0: Note(0, "me", "a")})
    await hot(notes)
    await notes.put(Note(0, "me", "b"))
    assert await hot(notes) == [Note(0, "me", "b")] * 3


async def test_G39_a_service_dropped_in_another_thread_after_its_loop_is_no_trouble() -> None:
    """The loop is closed: nobody is told, and nothing raises."""
    problems: list[Any] = []
    told: list[str] = []
    notes: list[NotesInMemory] = [notes_of("a")]

    async def use() -> None:
        made = await notes[0].computed.get(0)
        made.on_invalidated(lambda _: told.append(threading.current_thread().name))

    before, threading.excepthook = threading.excepthook, problems.append
    try:
        await asyncio.to_thread(lambda: closed_without_a_word(use))
        await asyncio.to_thread(notes.clear)
        gc.collect()
    finally:
        threading.excepthook = before
    assert (problems, told) == ([], [])


# -- hosts that stopped --


@contextmanager
def disposed(service: str = "notes") -> Iterator[None]:
    """The service is gone."""
    with pytest.raises(ServiceDisposed, match=f"the service {service} is gone: its host has stop"):
        yield


async def test_G29_a_service_is_gone_with_its_host() -> None:
    """Whatever is called on it, hits too; another host may take it."""
    network = MemoryNetwork(0)
    notes = notes_of("a")
    async with Host(transport=network.connect("a")) as host:
        await host.serve(notes)
        await hot(notes)
        kept = await notes.computed.get(0)
        assert await notes.ping() == "pong"
        assert [id async for id in notes.events()] == [0]
    assert not kept.is_consistent
    ran = list(notes.ran)
    calls: list[Callable[[], Any]] = [
        lambda: notes.get(0),
        lambda: notes.digest("me"),
        lambda: notes.put(Note(0, "me", "b")),
        lambda: notes.ping(),
        lambda: anext(notes.events()),
        lambda: notes.computed.get(0),
        lambda: anext(notes.changes.get(0)),
        kept.use,
        kept.update,
    ]
    for call in calls:
        with disposed():
            await call()
    for now in (lambda: notes.peek.get(0), lambda: notes.invalidate.get(0), notes.events):
        with disposed():
            now()
    with disposed(), ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, hot(notes)).result()
    assert notes.ran == ran and notes.notes[0].text == "a"
    async with Host(transport=network.connect("b")) as host:
        await host.serve(notes)
        assert await hot(notes) == [Note(0, "me", "a")] * 3
        assert await notes.ping() == "pong"


async def test_G29_what_reads_a_service_that_is_gone_fails_with_it() -> None:
    """A state over it ends its updates by the error."""
    notes = notes_of("a")
    async with Host(transport=MemoryNetwork(0).connect("a")) as host:
        await host.serve(notes)
        async with ComputedState(lambda: notes.digest("me")) as state:
            assert state.value == "a"
            await host.__aexit__(None, None, None)
            with disposed():
                await state.use()
            await host.__aenter__()


async def test_G29_a_service_that_was_never_served_needs_no_host() -> None:
    """Its plain methods and streams work anywhere."""
    notes = notes_of("a", "b")
    assert await notes.ping() == "pong"
    assert [id async for id in notes.events()] == [0, 1]
    assert running_graph() is not None
    assert await asyncio.to_thread(lambda: asyncio.run(_awaited(notes.ping))) == "pong"
