"""Secrets in arguments and results: masked wherever a text is made, never on the wire (D28)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from pydantic import SecretBytes, SecretStr

from fusiongen.commands.call import Call, CallFailed
from fusiongen.commands.live import Live
from fusionrt import (
    ArgumentError,
    CommandInComputeError,
    Computed,
    CycleError,
    Host,
    Origin,
    OriginKind,
)
from fusionrt.graph import invalidate
from fusionrt.operations import Key, Operation, apply
from fusionrt.rpc import Caller
from fusionrt.testing import stale
from fusionrt.transport.memory import MemoryNetwork
from fusionrt.values.codecs import codec
from tests.golden.secrets.contract import Card, Login
from tests.golden.secrets.expected.vault import VaultClient
from tests.golden.secrets.expected.vault.proxy import CONTRACT
from tests.golden.secrets.impl import CARD, LOGIN, WORD, Vault
from tests.waiting import until

MASK = "**********"


class Place:
    """A host that serves a vault, and one that calls it."""

    def __init__(self, vault: Vault, serving: Host, calling: Host, network: MemoryNetwork) -> None:
        self.vault = vault
        self.serving = serving
        self.calling = calling
        self.network = network
        self.client = calling.client(VaultClient)


@pytest.fixture
async def place(caplog: pytest.LogCaptureFixture) -> AsyncIterator[Place]:
    """Whatever a test makes of it: no log holds the secret."""
    caplog.set_level(logging.DEBUG)
    network, vault = MemoryNetwork(), Vault()
    async with (
        Host(transport=network.connect("serving")) as serving,
        Host(transport=network.connect("calling")) as calling,
    ):
        await serving.serve(vault)
        yield Place(vault, serving, calling, network)
    assert WORD not in caplog.text


def texts(computed: Computed[Any]) -> list[str]:
    """Everything that is told of a result."""
    graph = computed._function.graph
    return [
        computed.key,
        repr(computed),
        str(computed.origin),
        str(graph.explain(computed)),
        graph.diagram("mermaid"),
        graph.diagram("dot"),
        str(graph.statistics()),
    ]


_READS: dict[str, Callable[[Any], Any]] = {
    "marked": lambda bound: bound.marked(WORD),
    "aliased": lambda bound: bound.aliased(WORD),
    "masked": lambda bound: bound.masked(SecretStr(WORD), SecretBytes(WORD.encode())),
    "within": lambda bound: bound.within(LOGIN, (CARD,)),
    "merged": lambda bound: bound.merged(WORD),
}


@pytest.mark.parametrize("remote", [False, True])
@pytest.mark.parametrize("method", _READS)
async def test_D28_no_text_of_a_result_shows_a_secret(
    place: Place, method: str, remote: bool
) -> None:
    """Its key, its `repr`, what explains and draws it, the events; of services and replicas."""
    events: list[str] = []
    graph = (place.calling if remote else place.serving).graph
    bound: Any = place.client if remote else place.vault
    with_events = graph.events.subscribe(lambda event: events.append(str(event)))
    computed = await _READS[method](bound.computed)
    assert computed.value and _READS[method](bound.peek) is computed
    shown = texts(computed)
    assert WORD not in "".join(shown) and MASK in computed.key
    invalidate(computed, Origin(OriginKind.CALL, "the test did"))
    shown = [*texts(computed), *events]
    assert WORD not in "".join(shown) and events
    with_events()


async def test_D28_a_secret_is_part_of_the_key_and_of_what_travels(place: Place) -> None:
    """Two secrets are two results; the body gets what the caller passed."""
    assert await place.client.marked(WORD) == len(WORD)
    assert await place.client.marked("another") == len("another")
    assert place.client.peek.marked("a third") is None
    assert await place.client.of("ann") == Login("ann", WORD)
    assert await place.client.check(LOGIN) == CARD
    assert [card async for card in place.client.cards(WORD)] == [CARD]
    assert (await place.client.put("ann", WORD, LOGIN)).password == WORD


async def test_D28_no_reason_shows_a_secret(place: Place) -> None:
    """Of what a command invalidated: here, in its caller's process and on another host."""
    other = Vault()
    async with Host(transport=place.network.connect("other")) as host:
        await host.serve(other)
        reads = (_READS["marked"], _READS["aliased"], lambda bound: bound.within(LOGIN))
        kept = [
            await read(bound.computed)
            for bound in (place.vault, place.client, other)
            for read in reads
        ]
        told: list[str] = []
        for computed in kept:
            computed.on_invalidated(lambda each: told.append(str(each.origin)))
        await place.vault.put("ann", WORD, LOGIN)
        await until(lambda: not any(each.is_consistent for each in kept))
        assert len(told) == len(kept)
        shown = [*told, *(text for each in kept for text in texts(each))]
        assert WORD not in "".join(shown)
        assert f'vault.put invalidated vault.marked("{MASK}")' in told


async def test_D28_no_error_of_the_framework_shows_a_secret(place: Place) -> None:
    """Cycles, commands in a body, handlers that raise."""

    class Odd(Vault):
        async def marked(self, pin: str) -> int:
            return await self.aliased(pin)

        async def within(self, login: Login, cards: tuple[Card, ...] = ()) -> int:
            return len(str(await self.put(login.name, login.password, login)))

    odd = Odd()
    with pytest.raises(CycleError) as cycle:
        await odd.marked(WORD)
    with pytest.raises(CommandInComputeError) as command:
        await odd.within(LOGIN)
    assert WORD not in f"{cycle.value} {cycle.value.keys} {command.value}"
    reported: list[str] = []
    asyncio.get_running_loop().set_exception_handler(
        lambda _, context: reported.append(str(context))
    )
    computed = await place.vault.computed.marked(WORD)

    def fails(_: object) -> None:
        raise ValueError("of the handler")

    computed.on_invalidated(fails)
    invalidate(computed, Origin(OriginKind.CALL, "the test did"))
    assert len(reported) == 1 and WORD not in reported[0] and MASK in reported[0]


async def test_D28_a_body_that_is_told_of_in_the_log_shows_no_secret(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    """It invalidates what it read (G40); and keys that name nothing."""

    class Vain(Vault):
        async def aliased(self, pin: str) -> int:
            found = await self.marked(pin)
            self.invalidate.marked(pin)
            return found

    await Vain().aliased(WORD)
    assert "invalidates what it read" in caplog.text
    wrong: Any = [SecretStr(WORD)]
    for arguments in ((WORD, WORD), (wrong,)):
        apply(Operation("", "vault.put", [Key(CONTRACT, "marked", arguments)]), place.serving.graph)
    assert caplog.text.count("every result of the service is invalidated") == 2


@pytest.mark.parametrize("remote", [False, True])
async def test_D28_a_refused_argument_is_not_quoted(place: Place, remote: bool) -> None:
    """Neither by the process that refuses it, nor by the host that does."""
    bound: Any = place.client if remote else place.vault
    calls: list[Callable[[], Any]] = [
        lambda: bound.marked(int(WORD[-1])),
        lambda: bound.within(Login("ann", WORD.encode())),  # type: ignore[arg-type]
        lambda: bound.masked(WORD),
    ]
    for call in calls:
        with pytest.raises(ArgumentError) as caught:
            await call()
        assert WORD not in str(caught.value)
    if remote:
        with pytest.raises(ArgumentError) as caught:
            await bound.check(WORD)
        assert WORD not in str(caught.value)


def test_D28_a_value_from_the_wire_that_is_refused_is_not_quoted() -> None:
    """What a validator says of it may quote it, so only its place is told."""
    card = codec(Card)
    good = card.encode(CARD)
    assert card.decode(good) == CARD
    with pytest.raises(ValueError) as caught:
        codec(tuple[Login, int]).decode(codec(tuple[Any, Any]).encode(({"name": WORD}, WORD)))
    assert "not one of the declared type" in str(caught.value) and WORD not in str(caught.value)
    assert caught.value.__cause__ is None
    with pytest.raises(ValueError) as caught:
        codec(tuple[Login, int]).decode(
            codec(tuple[Any, Any]).encode(({"name": "a", "password": WORD}, WORD))
        )
    assert str(caught.value).endswith("type - at `$[1]`")


async def test_D28_the_command_line_shows_no_secret_of_a_result(place: Place) -> None:
    """What `fusiongen call` and `watch` print; what it typed reaches the body as it is."""
    caller = Caller(place.network.connect("console"), principal="console")
    await caller.open()
    live = Live(caller)
    typed = f'{{"name": "ann", "password": "{WORD}"}}'

    async def printed(method: str, *arguments: str) -> str:
        return "".join([each async for each in live.call(Call("vault", method, arguments), 5.0)])

    assert await printed("of", '"ann"') == f'{{"name":"ann","password":"{MASK}"}}'
    assert await printed("marked", f'"{WORD}"') == str(len(WORD))
    shown = f'{{"owner":"ann","number":"{MASK}","code":"{MASK}"}}'
    assert await printed("check", typed) == await printed("cards", '"x"') == shown
    assert WORD not in await printed("put", '"ann"', f'"{WORD}"', typed)
    with pytest.raises(CallFailed) as caught:
        await printed("check", f'"{WORD}"')
    assert WORD not in str(caught.value)
    watched = live.watch(Call("vault", "of", ('"ann"',)), 5.0)
    first = await anext(watched)
    await place.vault.put("ann", WORD, LOGIN)
    second = await anext(watched)
    assert WORD not in f"{first} {second}" and MASK in second.value
    await caller.close()


async def test_D28_what_a_test_is_told_is_masked(place: Place) -> None:
    """Of a stale result, by its key."""

    class Careless(Vault):
        found = 1

        async def marked(self, pin: str) -> int:
            return self.found

    vault = Careless()
    assert await vault.marked(WORD) == 1
    Careless.found = 2
    computed = vault.peek.marked(WORD)
    assert computed is not None
    (found,) = await stale(computed._function.graph)
    assert WORD not in str(found) and MASK in str(found)
