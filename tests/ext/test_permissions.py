"""Services of the runtime's own behind a broker that allows what `fusiongen permissions` prints."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path

import pytest

from fusiongen.output.lock import Lock
from fusiongen.permissions import as_nats, rights_for
from fusiongen.project import Role
from fusionrt import Credentials, Host, NotPermitted, Session
from fusionrt.ext import (
    KeyValueStoreClient,
    KeyValueStoreInMemory,
    PresenceClient,
    PresenceOf,
    User,
    UsersClient,
    UsersOf,
)
from tests.natsserver import NatsServer

ANN = User("1", "Ann")
ROLES = {
    "store": Role(serves=["key_value_store"]),
    "people": Role(serves=["users", "presence"], calls=["key_value_store"]),
    "web": Role(calls=["users", "presence"]),
}


async def stay(presence: PresenceOf) -> AsyncGenerator[User | None, None]:
    """Ann's."""
    async for user in presence.stay(Session("ann's"), "rooms/7"):
        yield user


async def test_D30_who_is_there_is_served_with_no_more_than_is_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By two hosts, which keep it in a table, over a store of a third; nobody else may enter it."""
    config = tmp_path / "nats.conf"
    config.write_text(as_nats(rights_for(Lock(hash="0" * 32, contracts={}), ROLES)))
    for role in ROLES:
        monkeypatch.setenv(f"{role.upper()}_PASSWORD", "secret")
    server = NatsServer(tmp_path, "-c", str(config), "-js", "-sd", str(tmp_path / "jetstream"))

    def host(role: str) -> Host:
        credentials = Credentials(user=role, password="secret")
        return Host(server.url, principal=role, credentials=credentials)

    try:
        async with host("store") as store, host("people") as one, host("people") as two:
            await store.serve(KeyValueStoreInMemory())
            users = [UsersOf(each.client(KeyValueStoreClient)) for each in (one, two)]
            async with PresenceOf(users[0], one) as here, PresenceOf(users[1], two) as there:
                await one.serve(users[0])
                await one.serve(here)
                await two.serve(there)
                await users[0].sign_in(Session("ann's"), ANN)
                async with host("web") as web, aclosing(stay(here)) as stays:
                    assert await anext(stays) == ANN
                    async for known in there.changes.who("rooms/7"):
                        if known.value == (ANN,):
                            break
                    async for known in web.client(PresenceClient).changes.who("rooms/7"):
                        if known.value == (ANN,):
                            break
                    assert await web.client(UsersClient).get() is None
                    with pytest.raises(NotPermitted):
                        await web.client(KeyValueStoreClient).get("@users")
    finally:
        server.close()
