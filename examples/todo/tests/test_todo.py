"""Things to do, with the framework and without it, on both databases: they do the same.

A server may hear of what was changed before only when a test has begun: so some look twice.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, aclosing, contextmanager

import pytest
from sqlalchemy import Engine, event

from compare.worlds import WORLDS, World
from todo.cli import Todos
from todo.records import Item, Summary, UnknownItem


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest) -> str:
    """The URL of an empty database of each kind."""
    url: str = request.getfixturevalue(request.param)
    return url


@pytest.fixture(params=WORLDS)
def opened(
    request: pytest.FixtureRequest, database: str, nats: str
) -> AbstractAsyncContextManager[World]:
    """Two servers of it, with the framework or without."""
    return WORLDS[request.param](database, nats)


@pytest.fixture
async def world(opened: AbstractAsyncContextManager[World]) -> AsyncIterator[World]:
    """While they run."""
    async with opened as world:
        yield world


@contextmanager
def queries() -> Iterator[list[str]]:
    """The statements of the block that ask for things to do."""
    statements: list[str] = []

    def executes(_1: object, _2: object, statement: str, *_: object) -> None:
        if "FROM todo_items" in statement:
            statements.append(statement)

    event.listen(Engine, "before_cursor_execute", executes)
    try:
        yield statements
    finally:
        event.remove(Engine, "before_cursor_execute", executes)


async def all_of(todos: Todos) -> dict[str, list[Item]]:
    """All there is to do; that the summaries agree with it is asserted."""
    found: dict[str, list[Item]] = {}
    for folder in await todos.folders():
        items = [await todos.get(id) for id in await todos.items(folder)]
        found[folder] = [item for item in items if item is not None]
        assert await todos.summary(folder) == summed(found[folder])
    assert await todos.total() == summed([item for items in found.values() for item in items])
    return found


def summed(items: list[Item]) -> Summary:
    """What their summary has to be."""
    return Summary(len(items), sum(item.done for item in items))


async def comes(todos: Todos, expected: dict[str, list[Item]]) -> None:
    """A server that did not write comes to know it, in a while."""
    async with asyncio.timeout(10):
        while True:
            try:
                assert await all_of(todos) == expected
            except AssertionError:
                await asyncio.sleep(0.01)
            else:
                return


async def test_what_was_added_is_listed_until_it_is_removed(world: World) -> None:
    """Folders by name, items by age; a folder goes with its last item."""
    milk = await world.a.add("shop", "milk")
    bread = await world.a.add("shop", "bread")
    mail = await world.a.add("home/desk", "mail")
    assert await all_of(world.a) == {"home/desk": [mail], "shop": [milk, bread]}
    bread = await world.a.tick(bread.id)
    assert bread == Item(bread.id, "shop", "bread", done=True)
    assert await world.a.remove(mail.id) == mail
    assert await all_of(world.a) == {"shop": [milk, bread]}
    assert await world.a.get(mail.id) is None
    await comes(world.b, {"shop": [milk, bread]})


async def test_cached_reads_ask_the_database_nothing(world: World) -> None:
    """Of whatever kind; the first read of each is not cached."""
    for title in "abc":
        await world.a.add("shop", title)
    with queries() as first:
        await all_of(world.b)
    assert first
    for _ in range(20):  # what comes from A drops some of it at first
        with queries() as asked:
            await all_of(world.b)
        if not asked:
            return
    pytest.fail("the database is asked each time")


async def test_reads_at_the_same_time_are_one_query(world: World) -> None:
    """Whoever asks while somebody else waits, waits for the same."""
    with queries() as asked:
        await asyncio.gather(*(world.b.items("shop") for _ in range(20)))
    assert len(asked) == 1


async def test_a_change_at_one_server_is_seen_by_a_watcher_at_the_other(world: World) -> None:
    """The last summary always comes; what lies between may be left out."""
    async with aclosing(world.watch("shop")) as summaries, asyncio.timeout(10):
        assert await anext(summaries) == Summary()
        item = await world.a.add("shop", "milk")
        assert await anext(summaries) == Summary(1, 0)
        await world.a.tick(item.id)
        assert await anext(summaries) == Summary(1, 1)
        await world.a.add("home", "mail")
        await world.a.remove(item.id)
        assert await anext(summaries) == Summary()


async def test_summaries_agree_with_the_items_after_many_changes(world: World) -> None:
    """Those of a folder, and that of all, at both servers."""
    chance = random.Random(13)
    expected: dict[int, Item] = {}
    for step in range(60):
        if chance.random() < 0.4 or not expected:
            item = await world.a.add(chance.choice("xyz"), f"number {step}")
        else:
            id = chance.choice([*expected])
            if chance.random() < 0.3:
                del expected[id]
                await world.a.remove(id)
                continue
            item = await world.a.tick(id, chance.random() < 0.7)
        expected[item.id] = item
        await world.b.total()
    folders = sorted({item.folder for item in expected.values()})
    by_folder = {
        folder: [expected[id] for id in sorted(expected) if expected[id].folder == folder]
        for folder in folders
    }
    assert await all_of(world.a) == by_folder
    await comes(world.b, by_folder)


async def test_nobody_reads_what_was_before_ones_own_write(world: World) -> None:
    """A read right after a write reflects it, whatever was cached."""
    item = await world.a.add("shop", "milk")
    for turn in range(30):
        done = turn % 2 == 0
        await world.a.total()
        await world.a.tick(item.id, done)
        assert await world.a.get(item.id) == Item(item.id, "shop", "milk", done)
        assert await world.a.summary("shop") == Summary(1, done)
        assert await world.a.total() == Summary(1, done)


async def test_nor_at_another_server(world: World) -> None:
    """Its server goes right after the write, and the other one has what was before in its cache."""
    item = await world.a.add("shop", "milk")
    await comes(world.b, {"shop": [item]})
    await world.a.tick(item.id)
    await world.leave()
    assert await world.a.summary("shop") == Summary(1, 1)
    assert await world.a.get(item.id) == Item(item.id, "shop", "milk", done=True)


async def test_a_command_that_is_sent_again_runs_once(world: World) -> None:
    """Under the same operation id it returns what it returned, at another server, too."""
    first = await world.again("one").add("shop", "milk")
    assert await world.again("one").add("shop", "milk") == first
    await world.leave()
    assert await world.again("one").add("shop", "milk") == first
    assert await world.again("two").add("shop", "milk") != first
    assert await world.a.total() == Summary(2, 0)


async def test_what_is_not_there_cannot_be_ticked(world: World) -> None:
    """The error reaches the caller as itself, and nothing has changed."""
    item = await world.a.add("shop", "milk")
    for change in (world.a.tick, world.a.remove):
        with pytest.raises(UnknownItem, match="99"):
            await change(99)
    assert await all_of(world.a) == {"shop": [item]}
