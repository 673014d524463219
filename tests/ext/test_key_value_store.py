"""`fusionrt.ext`: texts by key, kept in different places and reached in different ways."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from fusiongen.output.drift import check
from fusiongen.project import load
from fusionrt import ArgumentError, Host, KeyRefused, Principal, Session
from fusionrt.ext import (
    KeyValueStore,
    KeyValueStoreClient,
    KeyValueStoreInMemory,
    Sandbox,
    SandboxedKeyValueStoreClient,
    SandboxedKeyValueStoreOf,
)
from fusionrt.ext.keys import LONGEST, above
from fusionrt.ext.sandbox import LONGEST_LIFE
from fusionrt.ext.sql import KeyValueStoreInSql
from fusionrt.primitives import now
from fusionrt.sql import Database
from fusionrt.testing import Way, eventually, reaching, run
from fusionrt.transport.memory import MemoryNetwork

ROOM = Path(__file__).parents[2] / "runtime" / "fusionrt" / "ext"


class Place:
    """Where entries are kept; `db` is None in memory."""

    def __init__(self, db: Database | None) -> None:
        self.db = db
        self.store = KeyValueStoreInMemory() if db is None else KeyValueStoreInSql(db)


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def url(request: pytest.FixtureRequest) -> str | None:
    """Of an empty database of each kind; None in memory."""
    if request.param == "memory":
        return None
    url: str = request.getfixturevalue(request.param)
    return url


@pytest.fixture
async def place(url: str | None) -> AsyncIterator[Place]:
    """An empty store of each kind."""
    if url is None:
        yield Place(None)
        return
    async with Database(url) as db:
        await db.create_all(KeyValueStoreInSql.metadata)
        yield Place(db)


@pytest.fixture(params=[Way.LOCAL, Way.MEMORY, Way.NATS])
async def keys(place: Place, request: pytest.FixtureRequest) -> AsyncIterator[KeyValueStore]:
    """An empty store of each kind, reached in each way."""
    log = None if place.db is None else place.db.log()
    async with reaching(request.param, log=log) as reach:
        yield await reach(place.store, KeyValueStoreClient)


async def fill(keys: KeyValueStore, *names: str) -> None:
    """Keep something there."""
    for name in names:
        await keys.set(name, f"of {name}")


# -- entries, prefixes --


async def test_what_is_set_is_there_until_it_is_removed(keys: KeyValueStore) -> None:
    """Anew each time; what is removed may be removed again."""
    assert await keys.get("a/b") is None
    for value in ("one", "two", "", "ünï\n\t✓"):
        await keys.set("a/b", value)
        assert await keys.get("a/b") == value
    for _ in range(2):
        await keys.remove("a/b")
        assert await keys.get("a/b") is None


async def test_a_prefix_stands_for_what_is_below_it_by_segments(keys: KeyValueStore) -> None:
    """Not for itself, nor for what only begins with the same letters."""
    names = ["a", "a-b", "a/b", "a/b/c", "a/b0", "a/é", "a0", "ab/c", "b", "a/B", "a/\uff05"]
    await fill(keys, *names)
    assert await keys.list() == tuple(sorted(names))
    for prefix in ("a", "a/b", "ab", "b", "c", "A"):
        below = tuple(sorted(name for name in names if name.startswith(f"{prefix}/")))
        assert await keys.list(prefix) == below
        assert await keys.count(prefix) == len(below)
    assert await keys.count() == len(names)


async def test_a_list_comes_in_pages(keys: KeyValueStore) -> None:
    """Each begins after the last key of the one before."""
    names = [f"p/{n}" for n in range(7)]
    await fill(keys, "a", *names, "q/1")
    found: list[str] = []
    while page := await keys.list("p", after=found[-1] if found else "", limit=3):
        assert len(page) <= 3
        found += page
    assert found == names
    assert await keys.list(after="p/6", limit=5) == ("q/1",)
    assert await keys.list("p", after="a") == tuple(names)
    assert await keys.list("p", after="q/1") == ()


async def test_a_write_invalidates_the_prefixes_above_it(keys: KeyValueStore) -> None:
    """All of them, by every page, and no other."""
    reads: dict[str, Callable[[], Awaitable[object]]] = {
        "": lambda: keys.list(),
        "a": lambda: keys.count("a"),
        "a/b": lambda: keys.list("a/b", limit=1),
    }
    await fill(keys, "other/x")
    for write in (keys.set("a/b/c", "1"), keys.set("a/b/d", "1"), keys.remove("a/b/c")):
        for read in reads.values():
            await read()
        other, sibling = await keys.computed.list("other"), await keys.computed.get("a/b/x")  # type: ignore[attr-defined]
        await write
        below = sorted(await keys.list("a/b"))
        assert await reads[""]() == (*below, "other/x")
        assert await reads["a"]() == len(below)
        assert await reads["a/b"]() == tuple(below[:1])
        assert other.is_consistent and sibling.is_consistent


async def test_a_write_is_seen_by_who_watches(keys: KeyValueStore) -> None:
    """Entry and prefix, wherever they are read."""
    assert await keys.get("a/b") is None

    async def is_there() -> None:
        assert await keys.get("a/b") == "1" and await keys.count("a") == 1

    watching = asyncio.create_task(eventually(is_there))
    await asyncio.sleep(0)
    await keys.set("a/b", "1")
    await watching


# -- time --


async def test_an_entry_is_hidden_when_its_time_is_over(keys: KeyValueStore) -> None:
    """Whoever read it, or a prefix above it, is told then, though nobody writes."""
    await keys.set("a/long", "1", expires_in=3600)
    began = now()
    await keys.set("a/b", "1", expires_in=1.5)
    await keys.set("a/c", "2")
    assert await keys.get("a/b") == "1"
    assert await keys.list("a") == ("a/b", "a/c", "a/long")
    assert await keys.count() == 3

    async def is_over() -> None:
        assert await keys.get("a/b") is None
        assert await keys.list("a") == ("a/c", "a/long")
        assert await keys.count() == 2

    await eventually(is_over)
    assert now() - began > 1.4
    assert await keys.get("a/long") == "1"


async def test_a_new_write_has_a_time_of_its_own(keys: KeyValueStore) -> None:
    """Or none: what was set for a moment, and then for ever, stays."""
    await keys.set("a", "1", expires_in=0.05)
    await keys.set("a", "2")
    await keys.set("b", "1", expires_in=0.05)

    async def is_over() -> None:
        assert await keys.get("b") is None

    await eventually(is_over)
    assert await keys.get("a") == "2"
    await keys.set("b", "2", expires_in=3600)
    assert (await keys.get("b"), await keys.list()) == ("2", ("a", "b"))


async def test_what_is_over_is_deleted(place: Place) -> None:
    """By writes, a few at a time: a store does not grow by what nobody sees."""
    log = None if place.db is None else place.db.log()
    async with reaching(Way.LOCAL, log=log) as reach:
        keys = await reach(place.store, KeyValueStoreClient)
        for n in range(100):
            await keys.set(f"a/{n}", "1", expires_in=0.001)

        async def none_is_left() -> None:
            assert await keys.count("a") == 0

        await eventually(none_is_left)
        for n in range(100):
            await keys.set(f"b/{n}", "1", expires_in=3600)
        assert await keys.count() == 100
        assert await _kept(place) < 200
        await keys.set("c", "1", expires_in=3600)
        assert await keys.count() == 101


async def _kept(place: Place) -> int:
    if isinstance(place.store, KeyValueStoreInMemory):
        assert len(place.store._entries) == len(place.store._ordered)
        return len(place.store._entries)
    assert place.db is not None
    async with place.db.read() as session:
        count: int = (
            await session.execute(text("SELECT count(*) FROM fusion_entries"))
        ).scalar_one()
        return count


# -- what is refused --

WRONG = {
    "empty": "",
    "an empty segment": "a//b",
    "a delimiter first": "/a",
    "a delimiter last": "a/",
    "only a delimiter": "/",
    "one dot": "a/./b",
    "two dots": "a/../b",
    "two dots alone": "..",
    "a NUL": "a\0b",
    "a line feed": "a\nb",
    "a control character of Latin-1": "a\x85b",
    "too long": "a" * (LONGEST + 1),
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
async def test_what_is_no_key_is_refused(wrong: str) -> None:
    """By every method, the same in each place, before anything is done."""
    store = KeyValueStoreInMemory()
    calls: list[Awaitable[object]] = [store.get(wrong), store.set(wrong, "1"), store.remove(wrong)]
    if wrong:
        calls += [store.list(wrong), store.count(wrong), store.list(after=wrong)]
    for call in calls:
        with pytest.raises(KeyRefused) as caught:
            await call
        assert caught.value.key == wrong
    assert await store.count() == 0


async def test_a_time_that_is_none_is_refused(keys: KeyValueStore) -> None:
    """And nothing is kept; the error is the same to a client."""
    for seconds in (0, -1.0, float("nan"), float("inf"), 1e12):
        with pytest.raises(KeyRefused, match="expires_in"):
            await keys.set("a", "1", expires_in=seconds)
        assert await keys.get("a") is None


async def test_a_value_that_not_every_database_keeps_is_refused(keys: KeyValueStore) -> None:
    """In memory, too, so that tests in memory tell the truth."""
    with pytest.raises(KeyRefused, match="NUL"):
        await keys.set("a", "a\0b")
    with pytest.raises(KeyRefused, match="limit"):
        await keys.list(limit=0)
    assert await keys.get("a") is None


@given(
    st.lists(st.text("ab-0/é\uffff\U0001d11e", min_size=1, max_size=6), max_size=12),
    st.text("ab/", max_size=4),
)
@settings(deadline=None)
def test_lists_are_what_the_segments_say(names: list[str], prefix: str) -> None:
    """For any keys: those that begin with all the segments of the prefix, and have more."""

    async def main() -> None:
        store, there = KeyValueStoreInMemory(), set[str]()
        for name in names:
            if all(name.split("/")):
                await store.set(name, "1")
                there.add(name)
        if not prefix or all(prefix.split("/")):
            wanted = prefix.split("/") if prefix else []
            below = sorted(
                name
                for name in there
                if name.split("/")[: len(wanted)] == wanted and len(name.split("/")) > len(wanted)
            )
            assert await store.list(prefix) == tuple(below)
            assert all(prefix in above(name) for name in below)

    run(main(), seed=0)


# -- sandboxes --


@dataclass
class World:
    """One store, which clients reach by their sandboxes alone."""

    store: KeyValueStore
    network: MemoryNetwork
    exits: AsyncExitStack
    count: Iterator[int]

    async def client(self, principal: str | None) -> SandboxedKeyValueStoreClient:
        """In a process of its own."""
        place = self.network.connect(f"client {next(self.count)}")
        host = await self.exits.enter_async_context(Host(transport=place, principal=principal))
        return host.client(SandboxedKeyValueStoreClient)


@pytest.fixture
async def world(place: Place) -> AsyncIterator[World]:
    """Of each kind."""
    network = MemoryNetwork(0)
    async with AsyncExitStack() as exits:
        log = None if place.db is None else place.db.log()
        host = Host(transport=network.connect("host"), log=log, principal="shop")
        await exits.enter_async_context(host)
        await host.serve(place.store)
        await host.serve(SandboxedKeyValueStoreOf(place.store))
        yield World(place.store, network, exits, iter(range(1000)))


async def test_W1_entries_of_a_user_are_those_of_all_its_clients(world: World) -> None:
    """And of nobody else: another user has entries of the same names."""
    ann, also_ann, bob = [await world.client(name) for name in ("ann", "ann", "bob")]
    assert await also_ann.get(Sandbox.USER, "a/theme") is None
    assert await bob.list(Sandbox.USER) == ()
    await ann.set(Sandbox.USER, "a/theme", "dark")
    await bob.set(Sandbox.USER, "a/theme", "light")
    assert await ann.get(Sandbox.USER, "a/theme") == "dark"
    assert await bob.get(Sandbox.USER, "a/theme") == "light"

    async def is_seen() -> None:
        assert await also_ann.get(Sandbox.USER, "a/theme") == "dark"

    await eventually(is_seen)
    assert await ann.list(Sandbox.USER) == await bob.list(Sandbox.USER, "a") == ("a/theme",)
    assert await world.store.list() == ("@user/ann/a/theme", "@user/bob/a/theme")
    await bob.remove(Sandbox.USER, "a/theme")
    assert (await bob.count(Sandbox.USER), await ann.count(Sandbox.USER, "a")) == (0, 1)


async def test_a_sandbox_may_stand_on_a_store_of_another_host(world: World) -> None:
    """Its results follow those of the store, through the client that it is made with."""
    place = world.network.connect("edge")
    edge = await world.exits.enter_async_context(Host(transport=place, principal="edge"))
    box = SandboxedKeyValueStoreOf(edge.client(KeyValueStoreClient))
    await edge.serve(box)
    asks = Session("ann.1"), Principal("ann"), Sandbox.USER
    assert await box.get(*asks, "a/b") is None
    await box.set(*asks, "a/b", "1")
    assert (await box.get(*asks, "a/b"), await box.list(*asks, "a")) == ("1", ("a/b",))
    await world.store.set("@user/ann/a/b", "2")

    async def is_seen() -> None:
        assert await box.get(*asks, "a/b") == "2"

    await eventually(is_seen)


async def test_W1_entries_of_a_session_are_one_clients(world: World) -> None:
    """Not those of the same user's other clients; anonymous ones have them, too."""
    ann, also_ann, nobody, other = [await world.client(name) for name in ("ann", "ann", None, None)]
    for number, one in enumerate((ann, also_ann, nobody, other)):
        await one.set(Sandbox.SESSION, "draft", str(number))
    for number, one in enumerate((ann, also_ann, nobody, other)):
        assert await one.get(Sandbox.SESSION, "draft") == str(number)
        assert await one.list(Sandbox.SESSION) == ("draft",)
    assert await ann.get(Sandbox.USER, "draft") is None
    assert await world.store.count("@session") == 4


async def test_W1_a_store_has_no_session_ids(world: World) -> None:
    """Whoever reads the store, or a message about a key, could be taken for the client."""
    seen: list[Session] = []

    class Told(SandboxedKeyValueStoreOf):
        async def get(
            self, session: Session, principal: Principal, sandbox: Sandbox, key: str
        ) -> str | None:
            seen.append(session)
            return await super().get(session, principal, sandbox, key)

    host = await world.exits.enter_async_context(
        Host(transport=world.network.connect("told"), principal="shop")
    )
    told = Told(KeyValueStoreInMemory())
    await host.serve(told)
    session = Session("ann.secret")
    assert await told.get(session, Principal("ann"), Sandbox.SESSION, "a") is None
    await told.set(session, Principal("ann"), Sandbox.SESSION, "a", "1")
    assert seen == [session]
    assert not any("secret" in key for key in await told._store.list())


@pytest.mark.parametrize("sandbox", list(Sandbox))
async def test_W1_what_the_store_refuses_is_told_as_it_was_asked(sandbox: Sandbox) -> None:
    """Not by the key that it is there: that is the host's affair."""
    box, ann = SandboxedKeyValueStoreOf(KeyValueStoreInMemory()), (Session("s"), Principal("ann"))
    longest = "a" * LONGEST
    calls: list[tuple[str, Awaitable[object]]] = [
        (longest, box.get(*ann, sandbox, longest)),
        (longest, box.set(*ann, sandbox, longest, "1")),
        (longest, box.remove(*ann, sandbox, longest)),
        (longest, box.list(*ann, sandbox, longest)),
        (longest, box.count(*ann, sandbox, longest)),
        ("a", box.set(*ann, sandbox, "a", "1", expires_in=-1.0)),
        ("a", box.set(*ann, sandbox, "a", "\0")),
        ("a", box.list(*ann, sandbox, "a", limit=0)),
    ]
    for asked, call in calls:
        with pytest.raises(KeyRefused) as caught:
            await call
        assert caught.value.key == asked
        assert "@" not in str(caught.value)


async def test_a_page_has_a_size(keys: KeyValueStore) -> None:
    """No database is asked for any other."""
    for limit in (0, -1, 10**30):
        with pytest.raises((KeyRefused, ArgumentError)):
            await keys.list(limit=limit)


@pytest.mark.parametrize("way", ["get", "set", "remove", "list", "count", "after"])
@pytest.mark.parametrize(
    "outside",
    [
        *("../bob/secret", "../../@user/bob/secret", "..", "a/../../bob/secret", "./../bob/secret"),
        *(
            "/bob/secret",
            "/@user/bob/secret",
            "//bob/secret",
            "a//b",
            "secret/",
            "\0",
            "a\n/../bob",
        ),
    ],
)
async def test_W1_nobody_leaves_the_sandbox_by_a_key(outside: str, way: str) -> None:
    """Keys are never made shorter, and what looks as if they were to be is refused."""
    store = KeyValueStoreInMemory()
    await store.set("@user/bob/secret", "1")
    box, ann, session = SandboxedKeyValueStoreOf(store), Principal("ann"), Session("ann.1")
    calls: dict[str, Callable[[], Awaitable[object]]] = {
        "get": lambda: box.get(session, ann, Sandbox.USER, outside),
        "set": lambda: box.set(session, ann, Sandbox.USER, outside, "2"),
        "remove": lambda: box.remove(session, ann, Sandbox.USER, outside),
        "list": lambda: box.list(session, ann, Sandbox.USER, outside),
        "count": lambda: box.count(session, ann, Sandbox.USER, outside),
        "after": lambda: box.list(session, ann, Sandbox.USER, after=outside),
    }
    with pytest.raises(KeyRefused):
        await calls[way]()
    assert await store.list() == ("@user/bob/secret",)
    assert await store.get("@user/bob/secret") == "1"


@pytest.mark.parametrize(
    "inside",
    [
        *(
            "@user/bob/secret",
            "@session/x",
            "bob/secret",
            "...",
            ".a",
            "..a/b",
            "a\\..\\bob",
            "%2e%2e/bob",
        ),
        # Look like a solidus (full width, division, fraction), like dots, an a, and each other.
        *(
            "\uff0e\uff0e\uff0fbob",
            "a\u2215b",
            "a\u2044b",
            "\u2024\u2024/bob",
            "\u2025/bob",
            "\u0430nn",
            "e\u0301",
            "é",
            "\u202e/x",
            "\u200b",
        ),
    ],
)
async def test_W1_what_only_looks_like_a_way_out_is_inside(inside: str) -> None:
    """A text is what its code points are: no other key is meant by it, and no other's."""
    store = KeyValueStoreInMemory()
    box, session = SandboxedKeyValueStoreOf(store), Session("ann.1")
    for name in ("ann", "bob"):
        await box.set(session, Principal(name), Sandbox.USER, inside, name)
    assert await box.get(session, Principal("ann"), Sandbox.USER, inside) == "ann"
    assert await box.list(session, Principal("ann"), Sandbox.USER) == (inside,)
    assert await store.list() == tuple(sorted(f"@user/{name}/{inside}" for name in ("ann", "bob")))


NAMES = (
    *("ann", "Ann", "\u0430nn", "ann/x", "ann%2Fx", "..", ".", "%2E", "%2F", "/", "@user"),
    *("a\0", "\ud800"),
)


@given(
    st.lists(
        st.text(min_size=1, max_size=8) | st.sampled_from(NAMES),
        min_size=2,
        max_size=4,
        unique=True,
    )
)
@settings(deadline=None)
def test_W1_no_name_of_a_user_reaches_another_ones_entries(names: list[str]) -> None:
    """Whatever names they have: each is one segment of its own."""

    async def main() -> None:
        store = KeyValueStoreInMemory()
        box, session = SandboxedKeyValueStoreOf(store), Session("s")
        for name in names:
            await box.set(session, Principal(name), Sandbox.USER, "x/key", "1")
        for name in names:
            assert await box.list(session, Principal(name), Sandbox.USER) == ("x/key",)
        assert await store.count() == len(names)
        assert all(key.count("/") == 3 for key in await store.list())

    run(main(), seed=0)


async def test_an_anonymous_client_is_no_user(world: World) -> None:
    """All who name no principal would share its entries."""
    nobody = await world.client(None)
    for call in (
        nobody.get(Sandbox.USER, "a"),
        nobody.set(Sandbox.USER, "a", "1"),
        nobody.list(Sandbox.USER),
    ):
        with pytest.raises(KeyRefused, match="anonymous"):
            await call


@pytest.mark.parametrize("asked", [None, 60.0, 2 * LONGEST_LIFE])
async def test_entries_of_a_session_are_kept_for_thirty_days(asked: float | None) -> None:
    """At most: a client that is gone does not say so, and nobody else could delete them."""
    store = KeyValueStoreInMemory()
    box, session = SandboxedKeyValueStoreOf(store), Session("s")
    await box.set(session, Principal("ann"), Sandbox.SESSION, "a", "1", expires_in=asked)
    await box.set(session, Principal("ann"), Sandbox.USER, "a", "1", expires_in=asked)
    left = {key.split("/")[0]: entry.left for key, entry in store._entries.items()}
    expected = LONGEST_LIFE if asked is None else min(asked, LONGEST_LIFE)
    assert left["@session"] == pytest.approx(expected, abs=5)
    assert left["@user"] == (None if asked is None else pytest.approx(asked, abs=5))


# -- several hosts, packages --


async def test_hosts_that_share_a_database_share_the_store(nats_server: str, empty: str) -> None:
    """What one of them writes, the other one reads, cached or not."""
    async with Database(empty) as db:
        await db.create_all(KeyValueStoreInSql.metadata)
    async with (
        Database(empty) as one,
        Database(empty) as two,
        Host(nats_server, log=one.log()) as first,
        Host(nats_server, log=two.log()) as second,
    ):
        here, there = KeyValueStoreInSql(one), KeyValueStoreInSql(two)
        await first.serve(here)
        await second.serve(there)
        assert (await there.get("a/b"), await there.count("a")) == (None, 0)
        await here.set("a/b", "1")

        async def is_seen() -> None:
            assert (await there.get("a/b"), await there.count("a")) == ("1", 1)

        await eventually(is_seen)


def test_the_generated_packages_are_current() -> None:
    """If not: `fusiongen generate` in the folder of `fusionrt.ext`."""
    assert [finding.message for finding in check(load(ROOM))] == []


def test_only_the_store_in_sql_needs_its_extra() -> None:
    """`import fusionrt.ext` loads no database."""
    script = "import sys, fusionrt.ext; print('sqlalchemy' in sys.modules)"
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOM.parents[1])
    assert done.stdout.strip() == "False"
