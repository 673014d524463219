"""A process that was forked begins with graphs of its own, or is told why it cannot (G39)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.python import ROOT, RUNTIME, passes

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system forks no processes")

PARTS = '''
import asyncio, gc, multiprocessing, os, traceback
from fusionrt import Host, MutableState, NotBoundError, ServiceDisposed, computed
from fusionrt.graph import SCOPE
from fusionrt.transport.memory import MemoryNetwork
from tests.services.contracts import Note
from tests.services.memory import NotesInMemory, notes_of
from tests.lab import LabClient, TinyLab


def in_child(work):
    """Run it in a forked child; raise here if that raises there."""
    pid = os.fork()
    if pid == 0:
        try:
            work()
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    assert os.waitpid(pid, 0)[1] == 0


async def hot(notes):
    return [(await notes.get(0)).text for _ in range(3)]


def fresh(notes):
    """The child reads what it has, and not what its parent cached."""
    def work():
        for text in "xy":
            notes.notes[0] = Note(0, "me", text)
            if text == "y":
                notes.invalidate.get(0)
            assert asyncio.run(hot(notes)) == [text] * 3
        assert notes.peek.get(0) is None
    return work
'''

RUNNING = """
notes, state, told = notes_of("a"), MutableState(1), []
node = computed(lambda: notes.digest("me"))

async def main():
    assert await hot(notes) == ["a"] * 3
    assert (await state.use(), await node.use()) == (1, "a")
    held = await notes.computed.get(0)
    held.on_invalidated(told.append)
    in_child(fresh(notes))

    def states():
        state.set(2)
        notes.notes[0] = Note(0, "me", "x")
        async def use():
            return await state.use(), await node.use()
        assert asyncio.run(use()) == (2, "x")

    in_child(states)

    def held_is_over():
        async def use():
            assert not held.is_consistent
            try:
                await held.use()
            except ServiceDisposed as error:
                assert "forked" in str(error), error
            else:
                raise AssertionError
        asyncio.run(use())
        assert told == []

    in_child(held_is_over)

    def dropped():
        global notes
        del notes
        gc.collect()
        assert told == []

    in_child(dropped)

    process = multiprocessing.get_context("fork").Process(target=fresh(notes))
    process.start()
    process.join()
    assert process.exitcode == 0
    assert await hot(notes) == ["a"] * 3 and held.is_consistent and told == []
    assert notes.ran.count("get 0") == 1

asyncio.run(main())
"""

SAME_FRAMES = """
notes = notes_of("a")

async def main():
    await hot(notes)
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            await notes.get(0)
        except NotBoundError as error:
            code = 0 if "forked" in str(error) else 2
        finally:
            os._exit(code)
    assert os.waitpid(pid, 0)[1] == 0
    assert await hot(notes) == ["a"] * 3

asyncio.run(main())
"""

BEFORE = """
never, used = notes_of("a"), notes_of("a")
asyncio.run(hot(used))
for notes in (never, used):
    for _ in range(2):
        in_child(fresh(notes))
    assert asyncio.run(hot(notes)) == ["a"] * 3
"""

HOSTED = """
notes = notes_of("a")

async def main():
    network = MemoryNetwork(0)
    hosts = [Host(transport=network.connect(name)) for name in "ab"]
    async with hosts[0] as host, hosts[1] as other:
        await host.serve(notes)
        await host.serve(TinyLab({"a": 1}))
        client = other.client(LabClient)
        assert (await hot(notes), await client.get("a")) == (["a"] * 3, 1)
        stream = client.count(100)
        assert await anext(stream) == 0

        def work():
            nonlocal stream
            async def use():
                for call in (
                    lambda: notes.get(0), lambda: notes.put(Note(0, "me", "b")),
                    lambda: notes.computed.get(0), notes.ping, lambda: client.get("a"),
                    lambda: client.put("a", 2), lambda: client.echo("a"),
                    lambda: anext(client.count(3)),
                ):
                    try:
                        await call()
                    except ServiceDisposed as error:
                        assert "forked" in str(error), error
                    else:
                        raise AssertionError
            asyncio.run(use())
            stream = None
            gc.collect()
            assert asyncio.run(hot(notes_of("c"))) == ["c"] * 3

        in_child(work)
        assert (await hot(notes), await client.get("a")) == (["a"] * 3, 1)
        assert await anext(stream) == 1

asyncio.run(main())
"""

IN_A_BODY = """
notes, other = notes_of("a"), notes_of("b")

async def body():
    def work():
        async def use():
            assert SCOPE.get() is None
            await other.put(Note(0, "me", "c"))
            return await hot(other)
        assert asyncio.run(use()) == ["c"] * 3
    in_child(work)
    return await notes.digest("me")

async def main():
    assert await computed(body).use() == "a"

asyncio.run(main())
"""


@pytest.mark.parametrize(
    "script",
    [RUNNING, SAME_FRAMES, BEFORE, HOSTED, IN_A_BODY],
    ids=["in a running loop", "in the same frames", "before the loop", "with hosts", "in a body"],
)
def test_G39_a_forked_child_is_served_nothing_of_its_parents(script: str, tmp_path: Path) -> None:
    """And the parent notices nothing of it."""
    file = tmp_path / "forking.py"
    file.write_text(PARTS + script)
    passes("-W", "ignore", str(file), cwd=tmp_path, path=(ROOT, RUNTIME, ROOT / "examples/cart"))
