"""`Users`: who is signed in by which session, over a store of texts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from fusionrt import Host, KeyRefused, Session, SessionUsed
from fusionrt.ext import KeyValueStoreInMemory, User, UsersOf
from fusionrt.ext.sql import KeyValueStoreInSql
from fusionrt.ext.users import LONGEST
from fusionrt.primitives import now
from fusionrt.sql import Database
from fusionrt.testing import run
from fusionrt.transport.memory import MemoryNetwork

ANN, BOB = User("git/1", "Ann"), User("git/2", "Bob")
PHONE, LAPTOP, BOBS, NOBODYS = map(Session, ("phone", "laptop", "bob's", "nobody's"))


async def three(users: UsersOf) -> None:
    """Ann is signed in twice, Bob once."""
    await users.sign_in(PHONE, ANN, "Firefox")
    await users.sign_in(LAPTOP, ANN)
    await users.sign_in(BOBS, BOB)


@pytest.fixture
async def users() -> UsersOf:
    """With these three sessions."""
    users = UsersOf(KeyValueStoreInMemory())
    await three(users)
    return users


async def signed_in(users: UsersOf) -> list[str]:
    """The names of whoever is, by these sessions."""
    known = [await users.get(each) for each in (PHONE, LAPTOP, BOBS, NOBODYS)]
    return ["" if user is None else user.name for user in known]


async def keys(users: UsersOf, session: Session) -> list[str]:
    """Of the sessions of whoever is signed in by one."""
    return [each.key for each in await users.sessions(session)]


async def test_a_session_tells_who_is_signed_in(users: UsersOf) -> None:
    """And all sessions of that user, the newest first, without their ids."""
    assert await signed_in(users) == ["Ann", "Ann", "Bob", ""]
    laptop, phone = await users.sessions(PHONE)
    assert (phone.device, phone.current) == ("Firefox", True)
    assert (laptop.device, laptop.current) == ("", False)
    assert phone.since <= laptop.since
    assert PHONE.id not in repr(phone) and PHONE.id not in phone.key
    assert await users.sessions(LAPTOP) == (
        replace(laptop, current=True),
        replace(phone, current=False),
    )
    assert await users.sessions(NOBODYS) == ()


async def test_one_session_is_signed_out(users: UsersOf) -> None:
    """The one that asks, or another one of the same user."""
    await users.sign_out(PHONE)
    assert await signed_in(users) == ["", "Ann", "Bob", ""]
    await users.sign_in(NOBODYS, ANN)
    (other,) = [each.key for each in await users.sessions(LAPTOP) if not each.current]
    await users.sign_out(LAPTOP, other)
    assert await signed_in(users) == ["", "Ann", "Bob", ""]
    assert len(await keys(users, LAPTOP)) == 1


async def test_W1_nobody_signs_somebody_else_out(users: UsersOf) -> None:
    """Whatever key they give; and who is nobody signs out nobody."""
    for key in (*await keys(users, PHONE), "", "..", "a/b", "*", "\0"):
        await users.sign_out(BOBS, key)
        await users.sign_out(NOBODYS, key)
    await users.sign_out(NOBODYS)
    await users.sign_out_everywhere(NOBODYS)
    assert await signed_in(users) == ["Ann", "Ann", "Bob", ""]


async def test_W1_signing_out_everywhere_ends_all_sessions_of_a_user(users: UsersOf) -> None:
    """What was made from one of them is stale, and of others nothing is."""
    made = [await users.computed.get(each) for each in (PHONE, LAPTOP)]
    bobs = await users.computed.get(BOBS)
    await users.sign_out_everywhere(PHONE)
    assert not any(each.is_consistent for each in made) and bobs.is_consistent
    assert await signed_in(users) == ["", "", "Bob", ""]
    await users.sign_in(NOBODYS, ANN)
    assert await signed_in(users) == ["", "", "Bob", "Ann"]
    assert len(await keys(users, NOBODYS)) == 1


async def test_W1_a_session_is_signed_in_once(users: UsersOf) -> None:
    """Neither while it is, nor after it was, nor when its user has signed out everywhere."""
    await users.sign_out(PHONE)
    await users.sign_out_everywhere(LAPTOP)
    for session in (PHONE, LAPTOP, BOBS):
        with pytest.raises(SessionUsed, match="renew") as refused:
            await users.sign_in(session, BOB)
        assert session.id not in str(refused.value)
    assert await signed_in(users) == ["", "", "Bob", ""]


async def test_users_are_told_apart_by_their_ids() -> None:
    """Whatever is in them: none is below another one, or the same in another spelling."""
    users = UsersOf(KeyValueStoreInMemory())
    ids = ["a", "a/sign-ins", "a/mark", "A", "a.", "..", "@users", "%61", "é", "e\u0301", " "]
    for index, id in enumerate(ids):
        await users.sign_in(Session(f"of {index}"), User(id, "somebody"))
    for index, id in enumerate(ids):
        session = Session(f"of {index}")
        assert await users.get(session) == User(id, "somebody")
        assert len(await users.sessions(session)) == 1
    await users.sign_out_everywhere(Session("of 0"))
    left = [await users.get(Session(f"of {index}")) is not None for index in range(len(ids))]
    assert left == [False] + [True] * (len(ids) - 1)
    with pytest.raises(KeyRefused):
        await users.sign_in(NOBODYS, User("", "nobody"))


def test_a_sign_in_lasts_as_long_as_a_cookie() -> None:
    """Then it is nobody's, to whoever watches."""

    async def main() -> None:
        users = UsersOf(KeyValueStoreInMemory())
        await users.sign_in(PHONE, ANN)
        began, known = now(), await users.computed.get(PHONE)
        assert known.value == ANN
        await known.invalidated()
        assert now() - began == pytest.approx(LONGEST, abs=1.0)
        assert await users.get(PHONE) is None

    run(main(), seed=1)


@asynccontextmanager
async def over(database: str, network: MemoryNetwork, name: str) -> AsyncIterator[UsersOf]:
    """One of the hosts of a database."""
    async with Database(database) as db:
        await db.create_all(KeyValueStoreInSql.metadata)
        async with Host(transport=network.connect(name), log=db.log()) as host:
            store = KeyValueStoreInSql(db)
            users = UsersOf(store)
            await host.serve(store)
            await host.serve(users)
            yield users


async def test_sign_ins_outlive_the_process(sqlite: str) -> None:
    """In a database; and all hosts that share it know of them, at once."""
    network = MemoryNetwork(0)
    async with over(sqlite, network, "a") as users:
        await three(users)
    async with over(sqlite, network, "b") as users, over(sqlite, network, "c") as others:
        assert await signed_in(others) == ["Ann", "Ann", "Bob", ""]
        known = await others.computed.get(PHONE)
        await users.sign_out_everywhere(LAPTOP)
        await known.invalidated()
        assert await signed_in(others) == ["", "", "Bob", ""]
