"""A real nats-server with what `fusiongen permissions` prints: every role on every subject (D30).

What is expected is thought out here by itself, from what a role serves and calls.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from decimal import Decimal
from fnmatch import fnmatchcase
from itertools import product
from pathlib import Path
from typing import Any, Literal, NamedTuple

import pytest
from nats.aio.client import Client
from shop.contracts import Cart, Item
from shop.generated.carts import CartsClient
from shop.generated.products import ProductsClient
from shop.services import CartsInMemory

from fusiongen.contract import MethodKind
from fusiongen.output.lock import Lock, LockedContract, LockedMethod
from fusiongen.permissions import Rights, as_json, rights_for, rights_of
from fusiongen.project import Role, load
from fusionrt import (
    Credentials,
    Host,
    JetStreamLog,
    LogStatistics,
    NotPermitted,
    Session,
    operation,
)
from fusionrt.sql import Database
from tests.authority import Operator
from tests.golden.modes.expected.notes import NotesClient
from tests.lab import LabClient, TinyLab
from tests.natsserver import NatsServer
from tests.permitted import permitted
from tests.remote.test_modes import Notes
from tests.waiting import until

from .processes import ROOT, ServiceProcess

SERVICES = "carts", "products", "vault", "notices"
SERVES: dict[str, set[str]] = {
    "carts": {"carts"},
    "products": {"products"},
    "vault": {"vault"},
    "both": {"carts", "products"},
    "web": set(),
    "screen": set(),
    "console": set(),
    "idle": set(),
}
CALLS: dict[str, set[str]] = {
    "carts": {"products", "vault"},
    "products": set(),
    "vault": set(),
    "both": {"vault"},
    "web": {"carts"},
    "screen": {"carts", "notices"},
    "console": {"carts", "products"},
    "idle": set(),
}
OFFERS: dict[str, set[str]] = {"carts": {"notices"}, "screen": {"notices"}}
"""To the hosts of what they call."""
LOG: dict[str, Literal["read", "write"]] = {"carts": "write", "both": "write", "screen": "read"}
"""Who has an operation log in JetStream, and who looks at it."""
RELAYS = {"carts": {"cart.paid"}, "vault": {"*.opened"}}
"""Whose events go to JetStream."""
CHANGES = {"carts": {"carts", "products"}, "products": {"products"}, "vault": {"vault"}}
"""Whose keys the commands of a service invalidate."""
ROLES = sorted(SERVES)


class Try(NamedTuple):
    """What a role tries: publish, or subscribe in a queue group or none."""

    action: str
    subject: str
    queue: str = ""


def tries() -> Iterator[Try]:
    """Each kind of subject, of each service and each role; and what is none of ours."""
    own = [
        f"fusion.{kind}"
        for service in SERVICES
        for kind in (
            f"q.{service}",
            f"i.{service}.h1",
            f"s.{service}.3",
            f"op.{service}",
            f"q.{service}.more",
            f"i.{service}.h1.more",
            f"op.{service}.more",
            f"i.{service}",
            *(f"c.{role}.cid.{service}" for role in ROLES),
            *(f"c.{role}.cid.{way}.{service}" for role in ROLES for way in ("call", "back")),
        )
    ]
    streams = [
        f"{api}.{stream}"
        for stream in ("fusion-log", "fusion-events", "KV_fusion-carts", "other")
        for api in (
            *("$JS.API.STREAM.INFO", "$JS.API.STREAM.CREATE", "$JS.API.STREAM.UPDATE"),
            *("$JS.API.STREAM.DELETE", "$JS.API.STREAM.PURGE", "$JS.API.STREAM.MSG.GET"),
            *("$JS.API.STREAM.MSG.DELETE", "$JS.API.DIRECT.GET", "$JS.API.CONSUMER.LIST"),
            "$JS.API.CONSUMER.CREATE",
        )
    ] + [
        f"{api}.{stream}.x"
        for stream in ("fusion-log", "fusion-events")
        for api in (
            *("$JS.API.CONSUMER.CREATE", "$JS.API.CONSUMER.DELETE", "$JS.API.CONSUMER.INFO"),
            *("$JS.API.CONSUMER.DURABLE.CREATE", "$JS.API.CONSUMER.MSG.NEXT", "$JS.ACK", "$JS.FC"),
        )
    ]
    others = [
        *streams,
        *("fusion.log.op", "fusion.log.id.x", "fusion.log", "fusion.events", "fusion.events.other"),
        *("fusion.events.cart.paid", "fusion.events.box.opened", "fusion.events.cart.paid.more"),
        *(f"_INBOX_{role}.x" for role in ROLES),
        *(
            "_INBOX.a.b",
            "_INBOX_web.a",
            "_INBOX_carts.a",
            "fusion.x",
            "fusion",
            "carts",
            "other.q.carts",
        ),
        *("$SRV.PING", "$SRV.INFO.carts", "$SRV.STATS.vault", "$SRV.PING.carts.h1"),
        *("$JS.API.INFO", "$JS.API.STREAM.CREATE.x", "$KV.fusion-carts.1", "$SYS.REQ.SERVER.PING"),
        *("fusion.c.web.cid", "fusion.c.web.cid.carts.more", "fusion.c.anonymous.cid.carts"),
    ]
    wild = [
        *(">", "*", "*.>", "fusion.>", "fusion.*.>", "fusion.*.carts", "fusion.*.carts.*"),
        *("fusion.q.*", "fusion.q.>", "fusion.i.>", "fusion.i.*.*", "fusion.s.>", "fusion.op.*"),
        *("fusion.log.>", "fusion.events.>", "fusion.events.*.paid"),
        *("fusion.c.>", "fusion.c.*.>", "fusion.c.*.*.*", "fusion.c.*.*.carts", "_INBOX.>"),
        *("$SRV.>", "$SRV.*", "$SYS.>", "$JS.>", "$KV.>"),
        *(f"fusion.i.{service}.{any}" for service in SERVICES for any in "*>"),
        *(f"fusion.c.{role}.{any}" for role in ROLES for any in ("cid.>", "*.>", ">", "*.carts")),
    ]
    for subject in (*own, *others):
        yield Try("publish", subject)
    for subject, queue in product((*own, *others, *wild), ("", "hosts", "spies")):
        yield Try("subscribe", subject, queue)


def allowed(role: str, it: Try) -> bool:
    """Whether the role's job needs it. (For a nats-server `>` is one more word that `*` allows, so
    that it reaches whatever may stand below a service's own subjects.)
    """
    serves, calls = SERVES[role], CALLS[role]
    match (it.action, *it.subject.split(".")):
        case "publish", "fusion", "q", service:
            return service in calls
        case "publish", "fusion", "i", service, _:
            return service in calls
        case "publish", "fusion", "c", _, _, service:
            return service in serves
        case "publish", "fusion", "c", client, _, "call", service:
            return service in OFFERS.get(client, ()) and serves_to(role, client)
        case "publish", "fusion", "c", host, _, "back", service:
            return service in OFFERS.get(role, ()) and serves_to(host, role)
        case "publish", "fusion", "op", service:
            return any(service in CHANGES[each] for each in serves)
        case "publish", "fusion", "log", _, *_:
            return LOG.get(role) == "write"
        case "publish", "fusion", "events", *words:
            return any(fnmatchcase(".".join(words), each) for each in RELAYS.get(role, ()))
        case "publish", "$JS", "API", *verb, "fusion-log":
            return LOG.get(role) in WAYS.get(".".join(verb), ())
        case "publish", "$JS", "API", "STREAM", "INFO" | "CREATE", "fusion-events":
            return role in RELAYS
        case "publish", "$JS", "API", "CONSUMER", "CREATE", "fusion-log", _:
            return LOG.get(role) == "write"
        case "publish", "$JS", "FC", "fusion-log", _:
            return LOG.get(role) == "write"
        case "subscribe", inbox, _ if inbox == f"_INBOX_{role}":
            return role in LOG or role in RELAYS
        case "subscribe", "fusion", "q", service:
            return service in serves and it.queue == "hosts"
        case "subscribe", "fusion", "i" | "s", service, _:
            return service in serves
        case "subscribe", "fusion", "op", service:
            return service in serves
        case "subscribe", "fusion", "c", whose, _, _, *_:
            return whose == role
        case "subscribe", "$SRV", _:
            return bool(serves)
        case "subscribe", "$SRV", _, service:
            return service in serves
        case "subscribe", "$SRV", _, _, _:
            return bool(serves)
    return False


WAYS: dict[str, set[str]] = {
    **{"STREAM.INFO": {"read", "write"}, "STREAM.MSG.GET": {"read", "write"}},
    **{"STREAM.CREATE": {"write"}, "CONSUMER.LIST": {"read"}},
}
"""Who may ask what of the stream of the log."""


def serves_to(host: str, client: str) -> bool:
    """Whether a client has sessions with a host."""
    return bool(SERVES.get(host, set()) & CALLS[client])


def matrix() -> dict[str, Rights]:
    """The rights of these roles, as the command makes them."""
    put = LockedMethod(kind=MethodKind.COMMAND, result="None", invalidates=("products.stock(ANY)",))
    contracts = {
        "carts": LockedContract(protocol="x", methods={"put": put}),
        "products": LockedContract(protocol="x"),
        "vault": LockedContract(protocol="x", internal=True),
        "notices": LockedContract(protocol="x"),
    }
    roles = {
        name: Role(
            serves=[*SERVES[name]],
            calls=[*CALLS[name]],
            offers=[*OFFERS.get(name, ())],
            log=LOG.get(name),
            relays=[*RELAYS.get(name, ())],
        )
        for name in ROLES
    }
    return rights_for(Lock(hash="0" * 32, contracts=contracts), roles)


class Raw:
    """A connection of a role that does what it likes; refused: what the server said no to."""

    def __init__(self, url: str, role: str, creds: Path | None = None) -> None:
        """creds: to sign in with, instead of a password."""
        self._url = url
        self._signs_in: dict[str, Any] = {"user": role, "password": f"pw-{role}"}
        if creds is not None:
            self._signs_in = {"user_credentials": str(creds)}
        self._client = Client()
        self.refused: list[str] = []

    async def __aenter__(self) -> Raw:
        async def heard(error: Exception) -> None:
            self.refused.append(str(error))

        await self._client.connect(
            self._url,
            error_cb=heard,
            allow_reconnect=False,
            **self._signs_in,
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.close()

    async def may(self, it: Try) -> bool:
        """Whether the server lets it be done."""
        self.refused.clear()
        if it.action == "publish":
            await self._client.publish(it.subject, b"x")
            await self._settle()
        else:
            subscription = await self._client.subscribe(it.subject, queue=it.queue)
            await self._settle()
            await subscription.unsubscribe()
        assert all("permissions violation" in each for each in self.refused), self.refused
        return not self.refused

    async def _settle(self) -> None:
        """The first ping of nats-py overtakes what was published, the second does not."""
        for _ in range(2):
            await self._client.flush()


@pytest.mark.parametrize("role", ROLES)
async def test_D30_every_role_may_do_its_job_on_every_subject_and_nothing_else(
    role: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Publish and subscribe, with a queue group and without, with wildcards and without."""
    with closing(permitted(tmp_path, matrix(), monkeypatch)) as server:
        async with Raw(server.url, role) as raw:
            wrong = [it for it in tries() if await raw.may(it) is not allowed(role, it)]
    assert wrong == [], "\n".join(map(str, wrong))


@pytest.mark.parametrize("role", ["carts", "web", "screen", "idle"])
async def test_D30_a_user_with_a_jwt_may_do_the_same(role: str, tmp_path: Path) -> None:
    """What `--format json` says, as claims: what nsc makes of its options."""
    operator = Operator()
    rights = json.loads(as_json(matrix()))[role]
    resp = {"resp": {"max": 1, "ttl": 10**9}} if rights["allow_responses"] else {}
    claims = {"pub": rights["publish"], "sub": rights["subscribe"], **resp}
    creds = operator.credentials(tmp_path / "it.creds", role, **claims)
    path = tmp_path / "server.conf"
    path.write_text(operator.config)
    with closing(NatsServer(tmp_path, "-c", str(path))) as server:
        async with Raw(server.url, role, creds) as raw:
            wrong = [it for it in tries() if await raw.may(it) is not allowed(role, it)]
    assert wrong == [], "\n".join(map(str, wrong))


@pytest.mark.parametrize("wider", ["fusion.>", "fusion.c.>", "fusion.i.*.*", "fusion.op.*", ">"])
async def test_D30_a_right_too_many_is_noticed(
    wider: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The table above can fail: one more right of the web's is found."""
    rights = matrix()
    web = rights["web"]
    for more in (
        replace(web, publish=(*web.publish, wider)),
        replace(web, subscribe=(*web.subscribe, wider)),
    ):
        with closing(permitted(tmp_path, {**rights, "web": more}, monkeypatch)) as server:
            async with Raw(server.url, "web") as raw:
                found = [it for it in tries() if await raw.may(it) and not allowed("web", it)]
        assert found


@pytest.fixture
def example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[NatsServer]:
    """A broker with the permissions of the example."""
    rights = rights_of(load(ROOT / "examples" / "cart"))
    with closing(permitted(tmp_path, rights, monkeypatch)) as server:
        yield server


def signed_in(role: str) -> dict[str, str]:
    """The environment of a process of this role."""
    return {"NATS_USER": role, "NATS_PASSWORD": f"pw-{role}", "FUSION_PRINCIPAL": role}


def host(server: NatsServer, role: str, **options: Any) -> Host:
    """A host of this role in this process."""
    credentials = Credentials(user=role, password=f"pw-{role}")
    return Host(server.url, credentials=credentials, principal=role, **options)


async def test_D30_the_whole_example_runs_under_its_permissions(example: NatsServer) -> None:
    """Calls, commands, invalidations over two hops; a second instance; a drain; a restart of the
    services and of the broker.
    """
    url = example.url
    async with (
        ServiceProcess("shop.app:products", url, environment=signed_in("products")) as products,
        ServiceProcess("shop.app:carts", url, environment=signed_in("carts")),
        host(example, "web") as web,
    ):
        carts, prices = web.client(CartsClient), web.client(ProductsClient)
        assert await carts.total("1") == Decimal("3.00")
        replica = await carts.computed.total("1")
        await prices.set_price("apple", Decimal("5.00"))
        await asyncio.wait_for(replica.invalidated(), 5)
        assert await carts.total("1") == Decimal("6.00")
        await carts.put(Cart("1", (Item("apple", 2),)))
        assert await carts.total("1") == Decimal("10.00")
        async with ServiceProcess("shop.app:products", url, environment=signed_in("products")):
            products.terminate()
            assert await products.ended() == 0
            replica = await carts.computed.total("2")
            await prices.set_price("banana", Decimal("1.00"))
            await asyncio.wait_for(replica.invalidated(), 5)
            assert await carts.total("2") == Decimal("10.00")
            example.restart()
            await prices.with_options(timeout=20.0).set_price("banana", Decimal("2.00"))
            async with asyncio.timeout(20):
                async for now in carts.changes.total("2"):
                    if now.error is None and now.value == Decimal("20.00"):
                        break


async def test_D30_streams_and_nudges_pass_between_instances(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A command on one host of a service invalidates what another one holds for its clients."""
    contracts = {"lab": LockedContract(protocol="x")}
    roles = {"lab": Role(serves=["lab"]), "web": Role(calls=["lab"])}
    rights = rights_for(Lock(hash="0" * 32, contracts=contracts), roles)
    with closing(permitted(tmp_path, rights, monkeypatch)) as server:
        data = {"a": 1}
        async with host(server, "lab") as one, host(server, "web") as web:
            await one.serve(TinyLab(data))
            client = web.client(LabClient)
            held = await client.computed.get("a")
            assert [item async for item in client.count(1000)] == [*range(1000)]
            async with host(server, "lab") as two:
                other = TinyLab(data)
                await two.serve(other)
                await other.put("a", 2)
                await asyncio.wait_for(held.invalidated(), 5)
                assert await client.get("a") == 2


@dataclass
class Rung:
    """An event."""

    bell: str


class Ringing(TinyLab):
    """Its commands are heard of by other systems."""

    async def put(self, key: str, value: int) -> int:
        await operation.event(Rung(key))
        return await super().put(key, value)


async def test_D30_hosts_have_a_log_in_jetstream_and_who_may_looks_at_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """They make its stream, store, read, ask for first results, over a restart of the broker; a
    role that reads it runs `fusiongen operations`, and nothing is refused to anybody."""
    contracts = {"lab": LockedContract(protocol="x")}
    roles = {
        "lab": Role(serves=["lab"], log="write"),
        "web": Role(calls=["lab"]),
        "auditor": Role(log="read"),
    }
    rights = rights_for(Lock(hash="0" * 32, contracts=contracts), roles)
    jetstream = ("-js", "-sd", str(tmp_path / "jetstream"))
    with closing(permitted(tmp_path, rights, monkeypatch, *jetstream)) as server:
        data = {"a": 1}
        async with (
            host(server, "lab", log=JetStreamLog()) as one,
            host(server, "lab", log=JetStreamLog()) as two,
            host(server, "web") as web,
        ):
            labs = [TinyLab(data), TinyLab(data)]
            await one.serve(labs[0])
            await two.serve(labs[1])
            client = web.client(LabClient)
            await client.with_options(operation="once").put("a", 2)
            await client.with_options(operation="once").put("a", 2)
            assert sum(lab.ran.count("put a") for lab in labs) == 1
            server.restart()
            await client.with_options(timeout=20.0, retries=20).put("a", 3)
            stored = sum(told(each).stored for each in (one, two))
            await until(lambda: sum(told(each).applied for each in (one, two)) >= stored > 1)
            assert [await lab.get("a") for lab in labs] == [3, 3]
            printed = await looked(server.url, "auditor")
            assert printed.count("host\t") == 2 and printed.count("lab.put") == stored
        assert "ermissions" not in caplog.text


def told(host: Host) -> LogStatistics:
    """What it did with its log."""
    log = host.statistics().log
    assert log is not None
    return log


async def looked(url: str, role: str) -> str:
    """What `fusiongen operations` prints for this role."""
    ran = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "fusiongen", "operations", "--nats", url),
        env={**os.environ, **signed_in(role)},
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await ran.communicate()
    assert ran.returncode == 0
    return out.decode()


async def test_D30_events_are_relayed_where_the_role_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To its subjects of the stream, which the host makes."""
    roles = {"lab": Role(serves=["lab"], relays=["rung"])}
    rights = rights_for(Lock(hash="0" * 32, contracts={"lab": LockedContract(protocol="x")}), roles)
    jetstream = ("-js", "-sd", str(tmp_path / "jetstream"))
    with closing(permitted(tmp_path, rights, monkeypatch, *jetstream)) as server:
        async with Database(f"sqlite+aiosqlite:///{tmp_path / 'lab.db'}") as db:
            await db.create_all()
            async with host(server, "lab", log=db.log()) as lab:
                ringing = Ringing({"a": 1})
                await lab.serve(ringing)
                lab.relay(Rung, "rung")
                await ringing.put("a", 2)
                async with asyncio.timeout(20):
                    while True:
                        if not any((await db.outbox().counts())[:4]):
                            break
                        await asyncio.sleep(0.02)


async def test_D30_a_host_calls_what_a_client_offers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both ways of the client that offers; a role that offers nothing is not called at all."""
    contracts = {"lab": LockedContract(protocol="x"), "notes": LockedContract(protocol="x")}
    roles = {
        "lab": Role(serves=["lab"]),
        "screen": Role(calls=["lab"], offers=["notes"]),
        "web": Role(calls=["lab"]),
    }
    rights = rights_for(Lock(hash="0" * 32, contracts=contracts), roles)
    with closing(permitted(tmp_path, rights, monkeypatch)) as server:
        async with (
            host(server, "lab") as lab,
            host(server, "screen") as screen,
            host(server, "web") as web,
        ):
            await lab.serve(TinyLab({"a": 1}))
            notes = {role: Notes() for role in ("screen", "web")}
            for role, each in (("screen", screen), ("web", web)):
                notes[role].gate.set()
                await each.offer(notes[role])
                assert await each.client(LabClient).get("a") == 1
            told = lab.statistics().services["lab"].sessions
            clients = {
                each.principal: lab.client(
                    NotesClient, of=Session(f"{each.principal}.{each.client}")
                )
                for each in told
            }
            assert await clients["screen"].append("tea") == 1
            await clients["screen"].note("milk")
            with pytest.raises(NotPermitted, match=r"fusion\.c\.web\..*\.call\.notes"):
                await clients["web"].append("tea")
            await until(lambda: notes["screen"].ran == ["append tea", "note milk"])
            assert notes["web"].ran == []


async def test_D30_another_role_s_name_gets_nobody_anywhere(example: NatsServer) -> None:
    """Who signs in as the web is not the carts: it hears no answers, and serves nothing."""
    for principal in ("carts", "anonymous"):
        credentials = Credentials(user="web", password="pw-web")
        with pytest.raises(NotPermitted, match=f"fusion.c.{principal}"):
            async with Host(example.url, credentials=credentials, principal=principal):
                pass
    async with host(example, "products") as products, host(example, "web") as web:
        with pytest.raises(NotPermitted):
            await web.serve(CartsInMemory(web.client(ProductsClient)))
        with pytest.raises(NotPermitted, match=r"fusion\.q\.carts"):
            await products.client(CartsClient).total("1")


async def test_D30_a_console_that_signs_in_calls_and_watches(example: NatsServer) -> None:
    """`fusiongen call` under the permissions of the role `console`."""
    async with ServiceProcess("shop.app:products", example.url, environment=signed_in("products")):
        ran = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "fusiongen", "call", "products.get", '"apple"', "--nats", example.url),
            env={**os.environ, **signed_in("console")},
            stdout=asyncio.subprocess.PIPE,
        )
        told, _ = await ran.communicate()
        assert ran.returncode == 0
        assert b"apple" in told
