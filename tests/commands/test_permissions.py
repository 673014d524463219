"""`fusiongen permissions`: what each role may do, by what it serves and calls."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from fusiongen.commands.check import check
from fusiongen.compat.rule import Tier
from fusiongen.contract import MethodKind
from fusiongen.errors import GenerationError
from fusiongen.output.lock import Lock, LockedContract, LockedMethod, lock_text
from fusiongen.output.write import generate
from fusiongen.permissions import Rights, as_json, as_nats, as_nsc, rights_of
from fusiongen.project import Project, Role
from tests.projects import Write

CONTRACT = """\
from typing import Protocol

from fusionrt import command, compute, service


@service
class Carts(Protocol):
    @compute
    async def get(self, id: str) -> str: ...

    @command(invalidates=["get(id)"])
    async def put(self, id: str) -> None: ...
"""


@pytest.fixture
def shop(project: Write) -> Project:
    """Three services: `carts`, whose commands change `products`, and the internal `vault`."""
    loaded = project({"shop/contracts.py": ""})
    put = LockedMethod(
        kind=MethodKind.COMMAND, result="None", invalidates=("carts.get(id)", "products.stock(ANY)")
    )
    contracts = {
        "carts": LockedContract(protocol="shop.Carts", methods={"put": put}),
        "products": LockedContract(protocol="shop.Products"),
        "vault": LockedContract(protocol="shop.Vault", internal=True),
    }
    lock = Lock(hash="0" * 32, contracts=contracts)
    loaded.out.mkdir(parents=True, exist_ok=True)
    (loaded.out / "fusion.lock.json").write_text(lock_text(lock))
    return loaded


def of(shop: Project, **role: Any) -> Rights:
    """The rights of one role."""
    return rights_of(replace(shop, roles={"it": Role(**role)}))["it"]


def test_D30_without_roles_there_is_one_a_service_and_two_that_only_call(shop: Project) -> None:
    """Services may call all; the client and the console what is not internal."""
    rights = rights_of(shop)
    assert [*rights] == ["carts", "client", "console", "products", "vault"]
    assert "fusion.q.vault" in rights["products"].publish
    for name in ("client", "console"):
        assert rights[name] == Rights(
            ("fusion.i.carts.*", "fusion.i.products.*", "fusion.q.carts", "fusion.q.products"),
            (f"fusion.c.{name}.*.>",),
        )


def test_D30_a_role_that_serves_answers_and_tells_what_its_commands_change(shop: Project) -> None:
    """Another service's keys, too, if one of its commands says so."""
    assert of(shop, serves=["carts"]).publish == (
        "fusion.c.*.*.carts",
        "fusion.op.carts",
        "fusion.op.products",
    )
    assert of(shop, serves=["products"]).publish == ("fusion.c.*.*.products", "fusion.op.products")
    assert "fusion.q.carts hosts" in of(shop, serves=["carts"]).subscribe


def test_D30_internal_services_are_out_of_reach_of_roles_that_serve_nothing(shop: Project) -> None:
    """By name it is an error, and `*` leaves them out; a service may call them."""
    with pytest.raises(GenerationError, match="`vault` is internal"):
        of(shop, calls=["vault"])
    assert not any("vault" in subject for subject in of(shop, calls=["*"]).publish)
    assert "fusion.q.vault" in of(shop, serves=["carts"], calls=["vault"]).publish


def test_D30_the_runtime_s_own_services_are_for_roles_that_name_them(shop: Project) -> None:
    """`*` means what the project's roles serve; nobody may reach what they do not."""
    assert not any("users" in subject for subject in of(shop, calls=["*"]).publish)
    roles = {"people": Role(serves=["users"]), "web": Role(calls=["*"])}
    rights = rights_of(replace(shop, roles=roles))
    assert "fusion.q.users hosts" in rights["people"].subscribe
    assert {"fusion.q.users", "fusion.q.carts"} <= {*rights["web"].publish}
    with pytest.raises(GenerationError, match="`key_value_store` is internal"):
        of(shop, calls=["key_value_store"])


@pytest.mark.parametrize("role", [Role(serves=["cart"]), Role(calls=["cart"])])
def test_an_unknown_service_is_told(shop: Project, role: Role) -> None:
    """With the role that names it, and what there is."""
    with pytest.raises(GenerationError, match=r"`it`: .* `cart`; there are carts, products"):
        rights_of(replace(shop, roles={"it": role}))


def test_D30_check_tells_of_a_role_that_names_what_is_not_there(project: Write) -> None:
    """A service that was renamed is found before its permissions are made, and each time anew."""
    loaded = project({"shop/contracts.py": CONTRACT})
    generate(loaded)
    loaded = replace(loaded, roles={"it": Role(serves=["cart"])})
    for _ in range(2):
        [told] = check(loaded, None, Tier.CACHE)
        assert told.kind == "error" and "no service `cart`; there are carts" in told.message
    assert check(replace(loaded, roles={"it": Role(serves=["carts"])}), None, Tier.CACHE) == []


@pytest.mark.parametrize("name", ["", "a.b", "a b", "*", ">", "ü", "a>"])
def test_D30_a_role_s_name_changes_no_subject_around_it(shop: Project, name: str) -> None:
    """It is one word."""
    with pytest.raises(GenerationError, match="letters, digits"):
        rights_of(replace(shop, roles={name: Role(calls=["carts"])}))


def test_a_lock_that_is_not_there_is_told(shop: Project) -> None:
    """With what to run."""
    (shop.out / "fusion.lock.json").unlink()
    with pytest.raises(GenerationError, match="fusiongen generate"):
        rights_of(shop)


def test_another_prefix(shop: Project) -> None:
    """That of the hosts."""
    rights = rights_of(shop, "blue")
    subjects = [s for each in rights.values() for s in (*each.publish, *each.subscribe)]
    assert {s.partition(".")[0] for s in subjects} == {"blue", "$SRV"}


def test_D30_who_may_publish_nothing_is_denied_everything(shop: Project) -> None:
    """An empty list would allow it all."""
    rights = {"it": of(shop)}
    assert rights["it"].publish == ()
    assert 'publish: { deny: [">"] }' in as_nats(rights)
    assert "--deny-pub '>'" in as_nsc(rights)
    assert json.loads(as_json(rights))["it"]["publish"] == {"deny": [">"]}


def test_the_forms_say_the_same(shop: Project) -> None:
    """Each subject stands in each form; and no secret does."""
    rights = rights_of(shop)
    for form in (as_nats(rights), as_nsc(rights), as_json(rights)):
        for each in rights.values():
            for subject in (*each.publish, *each.subscribe):
                assert subject in form
    assert "password: $CARTS_PASSWORD" in as_nats(rights)


def test_D30_a_log_and_events_in_jetstream_are_reached_by_who_has_them(shop: Project) -> None:
    """Each its own stream; nobody else, and nobody by default."""
    log = of(shop, log="write")
    assert log.publish == (
        "$JS.API.CONSUMER.CREATE.fusion-log.*",
        "$JS.API.STREAM.CREATE.fusion-log",
        "$JS.API.STREAM.INFO.fusion-log",
        "$JS.API.STREAM.MSG.GET.fusion-log",
        "$JS.FC.fusion-log.>",
        "fusion.log.>",
    )
    assert of(shop, log="read").publish == (
        "$JS.API.CONSUMER.LIST.fusion-log",
        "$JS.API.STREAM.INFO.fusion-log",
        "$JS.API.STREAM.MSG.GET.fusion-log",
    )
    events = of(shop, relays=["todo.done", "mail.>"])
    assert events.publish == (
        "$JS.API.STREAM.CREATE.fusion-events",
        "$JS.API.STREAM.INFO.fusion-events",
        "fusion.events.mail.>",
        "fusion.events.todo.done",
    )
    assert "_INBOX_it.>" in log.subscribe and "_INBOX_it.>" in events.subscribe
    for each in rights_of(shop).values():
        assert not any("$JS" in subject or ".log" in subject for subject in each.publish)


@pytest.mark.parametrize("subject", ["", ".", "a.", ">.a", "a b", "a.>.b", "a*"])
def test_D30_what_is_relayed_changes_no_subject_around_it(shop: Project, subject: str) -> None:
    """It is words, or a pattern of them."""
    with pytest.raises(GenerationError, match="names no events"):
        of(shop, relays=[subject])
