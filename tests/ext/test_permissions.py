"""Services of the runtime's own behind a broker that allows what `fusiongen permissions` prints."""

from __future__ import annotations

from contextlib import aclosing
from pathlib import Path

import pytest

from fusiongen.output.lock import Lock
from fusiongen.permissions import rights_for
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
from tests.permitted import permitted

from .stays import staying

ANN = User("1", "Ann")
ROLES = {
    "store": Role(serves=["key_value_store"]),
    "people": Role(serves=["users", "presence"], calls=["key_value_store"]),
    "web": Role(calls=["users", "presence"]),
}


async def test_D30_who_is_there_is_served_with_no_more_than_is_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By two hosts, which keep it in a table, over a store of a third; nobody else may enter it."""
    rights = rights_for(Lock(hash="0" * 32, contracts={}), ROLES)
    jetstream = "-js", "-sd", str(tmp_path / "jetstream")
    server = permitted(tmp_path, rights, monkeypatch, *jetstream)

    def host(role: str) -> Host:
        credentials = Credentials(user=role, password=f"pw-{role}")
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
                async with (
                    host("web") as web,
                    aclosing(staying(here, Session("ann's"), "rooms/7")) as stays,
                ):
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
