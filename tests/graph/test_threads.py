"""A graph belongs to the thread of its event loop."""

from __future__ import annotations

import asyncio
import gc
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from fusionrt import MutableState, NotBoundError, WrongThread
from fusionrt.graph import Function, running_graph
from tests.services.memory import NotesInMemory, notes_of

from .lab import TEST, Lab


async def in_thread(call: Callable[[], Any]) -> Any:
    """What a call returns in another thread, which knows nothing of this one's context."""
    with ThreadPoolExecutor(1) as pool:
        return await asyncio.get_running_loop().run_in_executor(pool, call)


async def answer() -> int:
    """Something to cache."""
    return 42


async def test_a_call_from_another_thread_gets_a_clear_error() -> None:
    """Reads that have to compute or to look twice, invalidations, states, handlers."""
    lab = Lab()
    function = lab.function("f", answer)
    state = MutableState(1)
    await state.use()

    async def read() -> int:
        return int(await function.fetch(()))

    def subscribe() -> object:
        return computed.on_invalidated(print)

    with pytest.raises(WrongThread, match="call_from_thread"):
        await in_thread(lambda: asyncio.run(read()))
    computed = await function.computed(())
    for call in (
        lambda: asyncio.run(read()),
        lambda: function.invalidate((), TEST),
        lambda: lab.graph.invalidate_all(TEST),
        lambda: state.set(2),
        subscribe,
    ):
        with pytest.raises(WrongThread, match="call_from_thread"):
            await in_thread(call)
    assert computed.is_consistent
    assert state.value == 1
    assert function.bodies == 1


async def test_a_body_of_another_thread_gets_no_edge_into_this_graph() -> None:
    """A hit that it may read is refused as a dependency: the cascade would run in both threads."""
    notes = notes_of("a")
    for _ in range(3):
        await notes.get(0)

    async def elsewhere() -> str:
        async def body() -> str:
            return str(await notes.get(0))

        return str(await Function(running_graph(), "other", body).fetch(()))

    with pytest.raises(WrongThread):
        await in_thread(lambda: asyncio.run(elsewhere()))


async def test_call_from_thread_runs_functions_and_coroutines_in_the_loop() -> None:
    """Results and errors come back; arguments are passed on."""
    notes = notes_of("a")
    await notes.get(0)
    graph = running_graph()
    thread = threading.get_ident()
    assert await in_thread(lambda: graph.call_from_thread(notes.get, 0)) == notes.notes[0]
    assert await in_thread(lambda: graph.call_from_thread(notes.get, id=0)) == notes.notes[0]
    assert await in_thread(lambda: graph.call_from_thread(threading.get_ident)) == thread
    assert notes.peek.get(0) is not None
    await in_thread(lambda: graph.call_from_thread(notes.invalidate.get, 0))
    assert notes.peek.get(0) is None
    with pytest.raises(ZeroDivisionError):
        await in_thread(lambda: graph.call_from_thread(lambda: 1 // 0))


async def test_call_from_thread_in_the_loop_itself_is_refused() -> None:
    """It would wait for itself for ever."""
    with pytest.raises(WrongThread, match="await"):
        running_graph().call_from_thread(answer)


def test_G29_call_from_thread_ends_with_the_loop() -> None:
    """A call that the end of the loop cuts off, and one that comes after it, get an error."""
    outcomes: list[BaseException] = []
    threads: list[threading.Thread] = []

    def ask(graph: Any, started: Callable[[], None]) -> None:
        async def wait() -> None:
            started()
            await asyncio.Event().wait()

        try:
            graph.call_from_thread(wait)
        except BaseException as error:
            outcomes.append(error)

    async def main() -> Any:
        graph, started = running_graph(), asyncio.Event()
        threads.append(threading.Thread(target=ask, args=(graph, started.set)))
        threads[0].start()
        await started.wait()
        return graph

    graph = asyncio.run(main())
    threads.append(threading.Thread(target=ask, args=(graph, lambda: None)))
    threads[1].start()
    for thread in threads:
        thread.join()
    assert [type(outcome) for outcome in outcomes] == [NotBoundError, NotBoundError]


def test_G39_a_body_that_a_closed_loop_left_behind_is_collected_without_a_word(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In whichever thread: the graph is not entered any more, nobody is told, nothing is raised."""
    told: list[str] = []
    problems: list[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", problems.append)

    async def body() -> None:
        await asyncio.Event().wait()

    async def leave_behind() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda *_: None)
        graph = running_graph()
        graph.events.subscribe(lambda event: told.append(str(event)))
        function = Function(graph, "f", body)
        for _ in range(2):
            asyncio.get_running_loop().create_task(function.fetch(()))
        await asyncio.sleep(0)

    def in_a_loop_of_its_own() -> None:
        loop = asyncio.new_event_loop()
        loop.run_until_complete(leave_behind())
        loop.close()

    async def begin() -> None:
        running_graph()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(in_a_loop_of_its_own).result()
    before = list(told)
    asyncio.run(begin())
    gc.collect()
    assert before and told == before
    assert problems == []


async def test_G31_a_service_collected_in_another_thread_is_disposed_of_in_the_loop() -> None:
    """No handler runs in the collector's thread."""

    class Over(NotesInMemory):
        below: NotesInMemory | None = None

        async def digest(self, owner: str) -> str:
            return "none" if self.below is None else await self.below.digest(owner)

    over = Over({})
    over.below = NotesInMemory({})
    over.below.__dict__["itself"] = over.below
    await over.digest("me")
    made = await over.computed.digest("me")
    told: list[int] = []
    made.on_invalidated(lambda _: told.append(threading.get_ident()))
    gc.disable()
    try:
        over.below = None
        assert made.is_consistent
        await in_thread(gc.collect)
    finally:
        gc.enable()
    await made.invalidated()
    assert told == [threading.get_ident()]
