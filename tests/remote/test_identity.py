"""Methods that depend on who asks: filled in by the transport, a part of the key (W1)."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any
from unittest.mock import create_autospec

import msgspec
import pytest

from fusiongen.commands.call import Call, UsageProblem
from fusiongen.commands.live import Live
from fusionrt import ANY, Host, Principal, Session
from fusionrt.operations import Key, Operation, apply
from fusionrt.primitives import now
from fusionrt.remote.description import DESCRIBE, ServiceDescription
from fusionrt.rpc import Ask, Caller, Failed
from fusionrt.transport.memory import MemoryNetwork
from fusionrt.wire.digest import method_id
from fusionrt.wire.frames import Encoding, Kind
from fusionrt.wire.runs import Request
from tests.golden.identity.expected.desk import DeskClient
from tests.golden.identity.expected.desk.proxy import CONTRACT
from tests.golden.identity.impl import ANN, BOB, Desk
from tests.virtual import virtual
from tests.waiting import until


class World:
    """Processes on one network."""

    def __init__(self, exits: AsyncExitStack) -> None:
        self.network = MemoryNetwork()
        self.exits = exits
        self.count = 0

    async def host(self, principal: str = "shop", *desks: Desk) -> Host:
        """A process of this principal, which serves these."""
        self.count += 1
        transport = self.network.connect(f"process {self.count}")
        host = await self.exits.enter_async_context(Host(transport=transport, principal=principal))
        for desk in desks:
            await host.serve(desk)
        return host

    async def client(self, principal: str) -> DeskClient:
        """A client in a process of its own."""
        return (await self.host(principal)).client(DeskClient)


@pytest.fixture
async def world() -> AsyncIterator[World]:
    """Its processes end with the test."""
    async with AsyncExitStack() as exits:
        yield World(exits)


async def test_W1_no_result_crosses_users(world: World) -> None:
    """Each client reads what is its principal's, by one body for each principal."""
    desk = Desk()
    await world.host("shop", desk)
    ann, other, bob = [await world.client(name) for name in ("ann", "ann", "bob")]
    assert (await ann.put("a pen"), await bob.put("a cup")) == (1, 1)
    for _ in range(2):
        assert await ann.mine() == await other.mine() == ("a pen",)
        assert await bob.mine() == ("a cup",)
    assert sorted(desk.ran) == ["mine ann", "mine bob"]


async def test_W1_every_kind_of_method_is_told_who_asks(world: World) -> None:
    """Compute methods, by each way to read them; commands, plain calls and streams."""
    await world.host("shop", Desk())
    ann = await world.client("ann")
    assert await ann.put("a pen") == 1
    assert (await ann.computed.mine()).value == ("a pen",)
    kept = ann.peek.mine()
    assert kept is not None and kept.value == ("a pen",)
    assert (await anext(ann.changes.mine())).value == ("a pen",)
    assert (await ann.whoami()).startswith("ann by ann.")
    assert [thing async for thing in ann.things()] == ["a pen"]
    assert [thing async for thing in ann.things(since=1)] == []
    with pytest.warns(DeprecationWarning, match="Ask for `mine`"):
        assert await ann.first() == "a pen"


async def test_W1_what_is_sent_is_its_senders(world: World) -> None:
    """A stream to a command, and one there and back behind a head: who asks is filled in, and
    declared keys name it.
    """
    await world.host("shop", Desk())
    ann, bob = await world.client("ann"), await world.client("bob")
    assert await ann.mine() == await bob.mine() == ()
    kept = bob.peek.mine()

    async def things() -> AsyncIterator[str]:
        yield "a pen"
        yield "a cup"

    assert await ann.put_all(things()) == 2
    assert await ann.mine() == ("a pen", "a cup")
    assert bob.peek.mine() is kept and kept is not None and kept.is_consistent
    name, named = await bob.named("my ", things=things())
    assert (name, [thing async for thing in named]) == ("bob", ["my a pen", "my a cup"])


@virtual
async def test_O20_what_is_sent_in_vain_may_have_written_for_its_sender() -> None:
    """A command that its caller leaves: what it declares is read anew, by that caller."""
    async with AsyncExitStack() as exits:
        world = World(exits)
        await world.host("shop", Desk())
        ann = await world.client("ann")
        assert await ann.mine() == ()
        kept = ann.peek.mine()

        async def endless() -> AsyncIterator[str]:
            yield "a pen"
            await asyncio.Event().wait()

        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await ann.put_all(endless())
        assert kept is not None and not kept.is_consistent
        async for computed in ann.changes.mine():  # its host may be about to stop the body
            if computed.value == ("a pen",):
                break


async def test_W1_an_invalidation_is_of_whom_it_names(world: World) -> None:
    """A command's keys name its own caller, and nobody else's results; `ANY` names everybody's."""
    await world.host("shop", Desk())
    ann, bob = await world.client("ann"), await world.client("bob")
    assert await ann.mine() == await bob.mine() == ()
    kept = bob.peek.mine()
    await ann.put("a pen")
    assert await ann.mine() == ("a pen",)
    assert bob.peek.mine() is kept and kept is not None and kept.is_consistent
    await bob.clear(1)
    assert await bob.mine() == ()
    await until(lambda: ann.peek.mine() is None)
    assert await ann.mine() == ()


async def test_W1_a_session_is_one_client_of_its_principal(world: World) -> None:
    """Two processes of one principal have two; each has the same one for as long as it lives."""
    await world.host("shop", Desk())
    first, second = await world.client("ann"), await world.client("ann")
    await first.put("a pen")
    mine, yours = await first.some(1), await second.some(1)
    assert mine != yours and mine.endswith(": a pen") and yours.endswith(": a pen")
    assert await first.whoami() == await first.with_options(timeout=1.0).whoami()
    assert (await first.whoami()).removeprefix("ann by ") == mine.removesuffix(": a pen")


@pytest.mark.parametrize("kind", ["compute", "plain", "stream", "command"])
@pytest.mark.parametrize("encoding", list(Encoding))
async def test_W1_no_client_can_send_who_it_is(world: World, kind: str, encoding: Encoding) -> None:
    """An argument more than the client's method has is refused, in either encoding."""
    desk = Desk()
    await world.host("shop", desk)
    desk.drawers["bob"].append("a cup")
    caller = Caller(world.network.connect("stranger"), principal="ann")
    await caller.open()
    name, arguments = {
        "compute": ("mine", [{"name": "bob"}]),
        "plain": ("whoami", [{"id": "bob.1"}, {"name": "bob"}]),
        "stream": ("things", [{"name": "bob"}, 0]),
        "command": ("put", [{"name": "bob"}, "a pen"]),
    }[kind]
    encode = msgspec.json.encode if encoding is Encoding.JSON else msgspec.msgpack.encode
    ask = Ask(Kind[kind.upper()], method_id(name), encoding=encoding)
    request = Request(ask, encode(arguments), now() + 5.0, "op" if kind == "command" else "")
    with pytest.raises(Failed) as caught:
        if kind == "stream":
            async for _ in caller.peer("desk").stream(request):
                pass
        else:
            await caller.peer("desk").call(request)
    assert caught.value.failure.code == "bad_arguments"
    assert desk.ran == [] and desk.drawers == {"bob": ["a cup"]}
    await caller.close()


async def test_W1_a_client_s_methods_take_no_identity(world: World) -> None:
    """Neither by position nor by keyword; its signatures do not show it."""
    client: Any = await world.client("ann")
    with pytest.raises(TypeError, match="mine"):
        await client.mine(BOB)
    with pytest.raises(TypeError, match="principal"):
        await client.put(principal=BOB, thing="a pen")
    with pytest.raises(TypeError):
        client.peek.mine(BOB)
    shown = [str(inspect.signature(each)) for each in (client.mine, client.some, client.put)]
    assert shown == [
        "() -> 'tuple[str, ...]'",
        "(limit: 'int', /, *, tag: 'str' = '') -> 'str'",
        "(thing: 'str') -> 'int'",
    ]
    assert list(inspect.signature(Desk().mine).parameters) == ["principal"]


async def test_W1_a_process_that_serves_and_calls_is_its_own_principal(world: World) -> None:
    """Its client of its own service is told as that of another process is; nothing is passed on."""
    desk = Desk()
    shop = await world.host("shop", desk)
    local, remote = shop.client(DeskClient), (await world.host("shop")).client(DeskClient)
    await local.put("a till")
    assert await local.mine() == await remote.mine() == await desk.mine(Principal("shop"))
    assert desk.ran == ["mine shop"]


async def test_W1_what_a_body_calls_is_asked_by_its_process(world: World) -> None:
    """A host that calls another one for somebody is who asks there, and not that somebody."""

    class Front(Desk):
        def __init__(self, back: DeskClient) -> None:
            super().__init__()
            self.back = back

        async def mine(self, principal: Principal) -> tuple[str, ...]:
            return (principal.name, *await self.back.mine())

    back = Desk()
    back.drawers.update(ann=["a pen"], front=["a lamp"])
    other = MemoryNetwork()
    async with (
        Host(transport=other.connect("back")) as host,
        Host(transport=other.connect("front"), principal="front") as calling,
    ):
        await host.serve(back)
        await world.host("shop", Front(calling.client(DeskClient)))
        assert await (await world.client("ann")).mine() == ("ann", "a lamp")


async def test_W1_an_operation_s_outcome_is_its_caller_s(world: World) -> None:
    """Who learns of an operation id does not get the outcome of what somebody else asked for."""
    desk = Desk()
    await world.host("shop", desk)
    outcomes: list[bytes] = []
    for principal in ("ann", "ann", "bob"):
        caller = Caller(world.network.connect(f"{principal} {len(outcomes)}"), principal=principal)
        await caller.open()
        ask = Ask(Kind.COMMAND, method_id("put"), encoding=Encoding.JSON)
        request = Request(ask, b'["a pen"]', now() + 5.0, "the operation")
        outcomes.append(await caller.peer("desk").call(request))
        await caller.close()
    assert outcomes == [b"1", b"1", b"1"]
    assert desk.drawers == {"ann": ["a pen"], "bob": ["a pen"]}


async def test_W1_an_operation_is_of_the_session_that_asked(world: World) -> None:
    """Two of one principal may use one id: a command that takes both runs for each of them."""
    desk = Desk()
    await world.host("shop", desk)
    for number in range(2):
        desk.drawers["ann"].append("a pen")
        caller = Caller(world.network.connect(f"ann {number}"), principal="ann")
        await caller.open()
        ask = Ask(Kind.COMMAND, method_id("clear"), encoding=Encoding.JSON)
        await caller.peer("desk").call(Request(ask, b"[1]", now() + 5.0, "the operation"))
        await caller.close()
        assert desk.drawers == {}


async def test_W1_keys_reach_the_replicas_of_their_session(world: World) -> None:
    """Those of another session of the same principal leave them alone."""
    await world.host("shop", Desk())
    host = await world.host("ann")
    ann = host.client(DeskClient)
    mine = Session((await ann.some(1)).removesuffix(": "))
    for session, hit in ((Session("another"), False), (mine, True)):
        key = Key(CONTRACT, "some", (1, ANN, "", session))
        apply(Operation("", "desk.clear", [key]), host.graph)
        assert (ann.peek.some(1) is None) is hit


@pytest.mark.parametrize(
    ("arguments", "hit"),
    [((ANN,), True), ((BOB,), False), ((ANY,), True), ((), True), ((ANN, 1), True)],
)
async def test_W1_keys_reach_the_replicas_of_their_principal(
    world: World, arguments: tuple[object, ...], hit: bool
) -> None:
    """An operation's keys name who asks, and a process's replicas are its own; keys that make no
    sense are the whole service."""
    await world.host("shop", Desk())
    host = await world.host("ann")
    ann = host.client(DeskClient)
    assert await ann.mine() == ()
    apply(Operation("", "desk.put", [Key(CONTRACT, "mine", arguments)]), host.graph)
    assert (ann.peek.mine() is None) is hit


async def test_W1_O20_a_command_that_is_given_up_invalidates_its_caller_s(world: World) -> None:
    """Nobody here learns whether it wrote, so what it declares for this client is stale."""

    class Slow(Desk):
        async def put(self, principal: Principal, thing: str) -> int:
            await asyncio.Event().wait()
            return 0

    await world.host("shop", Slow())
    ann = await world.client("ann")
    assert await ann.mine() == () and await ann.open(1)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(ann.put("a pen"), 0.05)
    assert ann.peek.mine() is None
    assert ann.peek.open(1) is not None


async def test_W1_hosts_of_a_service_tell_each_other_whose_results_are_stale(world: World) -> None:
    """What is told between them names the principal, so another one's results stay."""
    first, second = Desk(), Desk()
    for desk in (first, second):
        await world.host("shop", desk)
        assert (await desk.mine(ANN), await desk.mine(BOB)) == ((), ())
    kept = second.peek.mine(BOB)
    await first.put(ANN, "a pen")
    await until(lambda: second.peek.mine(ANN) is None)
    assert second.peek.mine(BOB) is kept is not None


async def test_W1_a_host_describes_what_clients_call(world: World) -> None:
    """The command line learns of the parameters that it can send, and of no others."""
    await world.host("shop", Desk())
    caller = Caller(world.network.connect("console"))
    await caller.open()
    ask = Ask(Kind.PLAIN, method_id(DESCRIBE), encoding=Encoding.JSON)
    payload = await caller.peer("desk").call(Request(ask, b"[]", now() + 5.0))
    described = msgspec.json.decode(payload, type=ServiceDescription)
    taken = {method.name: (method.parameters, method.required) for method in described.methods}
    assert taken["some"] == (("limit", "tag"), 1)
    assert taken["mine"] == ((), 0) and taken["put"] == (("thing",), 1)
    await caller.close()


def test_W1_a_session_shows_no_id() -> None:
    """Its text tells it from others; whoever knows the id may be taken for it."""
    session = Session("ann.0123456789")
    assert "0123456789" not in f"{session} {session!r}"
    assert repr(session) == repr(Session("ann.0123456789")) != repr(Session("ann.1"))
    assert {session: 1}[Session("ann.0123456789")] == 1
    assert repr(ANN) == "Principal(name='ann')"


async def test_W1_the_command_line_passes_what_a_client_passes(world: World) -> None:
    """`fusiongen call` and `watch` are asked as `console`, and say what a method takes."""
    desk = Desk()
    await world.host("shop", desk)
    caller = Caller(world.network.connect("console"), principal="console")
    await caller.open()
    live = Live(caller)

    async def printed(method: str, *arguments: str) -> list[str]:
        return [each async for each in live.call(Call("desk", method, arguments), 5.0)]

    assert await printed("put", '"a pen"') == ["1"]
    assert await printed("mine") == ['["a pen"]'] and desk.ran == ["mine console"]
    assert await printed("things") == ['"a pen"']
    (shown,) = await printed("some", "1")
    assert shown.startswith('"console.') and shown.endswith(': a pen"')
    with pytest.raises(UsageProblem, match=r"desk\.put takes thing; 2 given"):
        await printed("put", '{"name": "bob"}', '"a pen"')
    watched = live.watch(Call("desk", "mine", ()), 5.0)
    assert (await anext(watched)).value == '["a pen"]'
    await desk.put(Principal("console"), "a cup")
    assert (await anext(watched)).value == '["a pen","a cup"]'
    await caller.close()


async def test_W1_G38_a_mock_of_a_client_takes_what_a_client_takes() -> None:
    """`create_autospec` sees its signatures, and that it is a coroutine function."""
    mock = create_autospec(DeskClient, instance=True)
    mock.mine.return_value = ("a pen",)
    assert await mock.mine() == ("a pen",)
    with pytest.raises(TypeError):
        mock.mine(ANN)
    assert inspect.iscoroutinefunction(DeskClient.mine)


@pytest.mark.parametrize("remote", [False, True])
async def test_W1_a_hit_is_found_by_who_asks(world: World, remote: bool) -> None:
    """Without a look at the arguments: the hot path knows keys that name somebody."""
    desk = Desk()
    await world.host("shop", desk)
    ann = await world.client("ann")
    for _ in range(2):
        await desk.mine(ANN)
        await desk.mine(BOB)
        await ann.mine()
    owner: Any = ann if remote else desk
    assert set(owner._fusion_hot_mine) == ({()} if remote else {ANN, BOB})
    assert desk.ran == ["mine ann", "mine bob"]
