"""Sharded services behind a broker that allows what `fusiongen permissions` prints (D30)."""

from __future__ import annotations

from pathlib import Path

import pytest

from fusiongen.output.lock import Lock
from fusiongen.permissions import rights_for
from fusiongen.project import Role
from fusionrt import Credentials, Host
from tests.permitted import permitted
from tests.shards.generated.rooms import RoomsClient
from tests.shards.memory import RoomsInMemory, Truth

LOCK = Path(__file__).parent / "generated" / "fusion.lock.json"


async def test_D30_hosts_and_clients_of_shards_need_no_more_than_is_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hosts claim and hand over, clients find the owners; no permission is refused."""
    roles = {"rooms": Role(serves=["rooms"]), "web": Role(calls=["rooms"])}
    rights = rights_for(Lock.model_validate_json(LOCK.read_text()), roles)
    jetstream = "-js", "-sd", str(tmp_path / "jetstream")
    server = permitted(tmp_path, rights, monkeypatch, *jetstream)
    try:
        truth = Truth()

        def host(role: str) -> Host:
            credentials = Credentials(user=role, password=f"pw-{role}")
            return Host(server.url, principal=role, credentials=credentials)

        async with host("rooms") as one, host("web") as web:
            await one.serve(RoomsInMemory("one", truth))
            client = web.client(RoomsClient)
            names = [f"room {number}" for number in range(20)]
            assert {await client.owner(name) for name in names} == {"one"}
            async with host("rooms") as two:
                await two.serve(RoomsInMemory("two", truth))
                for name in names:
                    assert await client.say(name, "hello") == 1
            for name in names:
                assert await client.say(name, "again") == 2
                assert await client.count(name) == 2
            assert {await client.owner(name) for name in names} == {"one"}
        truth.check()
    finally:
        server.close()
