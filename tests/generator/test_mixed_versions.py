"""What is called compatible works between an old and a new version over NATS, in both directions;
what is called breaking breaks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from fusionrt import FusionError, Host
from tests.waiting import until

from .versions import Version, versions

Call = Callable[[Any, Version], Awaitable[object]]
Side = tuple[str, str]


def _side(contract: str, service: str) -> Side:
    return (
        f"{contract}",
        f"class Carts_(CartsService):\n{service}",
    )


def _service(methods: str) -> str:
    return f"@service\nclass Carts(Protocol):\n{methods}\n"


_PING = "    async def ping(self, id: str) -> str: ...\n"
_PONG = "    async def ping(self, id): return f'pong {id}'\n"
_CART = "@dataclass(frozen=True)\nclass Cart:\n    id: str{}\n\n\n"
_ECHO = "    async def echo(self, cart: Cart) -> Cart: ...\n"
_ECHOED = "    async def echo(self, cart): return cart\n"
_COLOURS = "class Colour(Enum):\n    RED = 'red'{}\n\n\n"
_LAST = "    async def last(self) -> Colour: ...\n"
_UNION = "    async def value(self) -> {}: ...\n"
_PRICE = "    async def value(self): return UUID(int=1)\n"


async def _ping(client: Any, version: Version) -> object:
    return await client.ping("1")


async def _echo(client: Any, version: Version) -> object:
    return (await client.echo(version.contracts.Cart("1"))).id


async def _last(client: Any, version: Version) -> object:
    return (await client.last()).name


async def _value(client: Any, version: Version) -> object:
    return await client.value()


async def _outcome(server: Version, client: Version, call: Call, url: str) -> object:
    """What a call of one version to the other gives; None if it fails."""
    async with Host(url) as serving, Host(url) as calling:
        await serving.serve(server.service())
        try:
            return await call(calling.client(client.client), client)
        except FusionError:
            return None


@pytest.mark.parametrize(
    ("old", "new", "call", "expected"),
    [
        pytest.param(
            _side(_service(_PING), _PONG),
            _side(
                _service(_PING + "    async def more(self) -> str: ...\n"),
                _PONG + "    async def more(self): return ''\n",
            ),
            _ping,
            "pong 1",
            id="a method more",
        ),
        pytest.param(
            _side(_CART.format("") + _service(_ECHO), _ECHOED),
            _side(_CART.format("\n    owner: str = ''") + _service(_ECHO), _ECHOED),
            _echo,
            "1",
            id="an optional field more",
        ),
        pytest.param(
            _side(_service(_PING), _PONG),
            _side(_service(_PING.replace("id:", "key:")), _PONG.replace("id", "key")),
            _ping,
            "pong 1",
            id="a parameter renamed: SOURCE only",
        ),
        pytest.param(
            _side(_service(_UNION.format("str | UUID")), _PRICE),
            _side(_service(_UNION.format("UUID | str")), _PRICE),
            _value,
            None,
            id="a union in another order",
        ),
    ],
)
async def test_C6_what_is_compatible_on_the_wire_works_both_ways(
    old: Side, new: Side, call: Call, expected: object, tmp_path: Path, nats_server: str
) -> None:
    """No rule of WIRE or CACHE is broken, and calls give what they gave."""
    with versions(tmp_path, old, new) as both:
        assert both.changes <= {"PARAMETER_RENAMED"}
        outcomes = [
            await _outcome(both.new, both.old, call, nats_server),
            await _outcome(both.old, both.new, call, nats_server),
        ]
    assert None not in outcomes and outcomes[0] == outcomes[1]
    assert expected is None or outcomes[0] == expected


@pytest.mark.parametrize(
    ("rule", "old", "new", "call"),
    [
        (
            "METHOD_REMOVED",
            _side(_service(_PING), _PONG),
            _side(_service("    pass\n"), "    pass\n"),
            _ping,
        ),
        (
            "METHOD_KIND_CHANGED",
            _side(_service("    @compute\n" + _PING), _PONG),
            _side(_service(_PING), _PONG),
            _ping,
        ),
        (
            "PARAMETER_ADDED_OPTIONAL",
            _side(_service(_PING), _PONG),
            _side(
                _service(_PING.replace("str)", "str, n: int = 1)")),
                _PONG.replace("id)", "id, n=1)", 1),
            ),
            _ping,
        ),
        (
            "FIELD_ADDED_REQUIRED",
            _side(_CART.format("") + _service(_ECHO), _ECHOED),
            _side(_CART.format("\n    owner: str") + _service(_ECHO), _ECHOED),
            _echo,
        ),
        (
            "FIELD_ADDED_TO_CLOSED_TYPE",
            _side("class Cart(NamedTuple):\n    id: str\n\n" + _service(_ECHO), _ECHOED),
            _side(
                "class Cart(NamedTuple):\n    id: str\n    n: int = 0\n\n" + _service(_ECHO),
                _ECHOED,
            ),
            _echo,
        ),
        (
            "ENUM_MEMBER_ADDED",
            _side(
                _COLOURS.format("") + _service(_LAST),
                "    async def last(self): return Colour.RED\n",
            ),
            _side(
                _COLOURS.format("\n    BLUE = 'blue'") + _service(_LAST),
                "    async def last(self): return Colour.BLUE\n",
            ),
            _last,
        ),
        (
            "RESULT_CHANGED",
            _side(_service(_UNION.format("str | UUID")), _PRICE),
            _side(_service(_UNION.format("Decimal | str | UUID")), _PRICE),
            _value,
        ),
        (
            "EXCEPTION_REMOVED",
            _side(
                "@service(raises=[KeyError])" + _service(_PING).removeprefix("@service"),
                "    async def ping(self, id): raise KeyError(id)\n",
            ),
            _side(_service(_PING), "    async def ping(self, id): raise KeyError(id)\n"),
            None,
        ),
    ],
)
async def test_C6_what_breaks_the_wire_breaks_it(
    rule: str, old: Side, new: Side, call: Call | None, tmp_path: Path, nats_server: str
) -> None:
    """A call of the old version to the new one fails, or gives another value; to its own it did
    not."""

    async def catching(client: Any, version: Version) -> object:
        try:
            return await client.ping("1")
        except KeyError:
            return "caught"

    with versions(tmp_path, old, new) as both:
        assert rule in both.changes
        used = call or catching
        own = await _outcome(both.old, both.old, used, nats_server)
        assert own is not None
        assert await _outcome(both.new, both.old, used, nats_server) != own


_READ = "    @compute\n    async def get(self, key: Key) -> int: ...\n"
_MARK = (
    "    @compute\n    async def marker(self) -> int: ...\n"
    "    @command(invalidates=['marker()'])\n    async def mark(self) -> None: ...\n"
)
_WRITE = _MARK + "    @command(invalidates=[{}])\n    async def put(self, key: Key) -> None: ...\n"
_KEY = "@dataclass(frozen=True)\nclass Key:\n    id: str{}\n\n\n"
_BODIES = """\
    async def get(self, key): return 1
    async def put(self, key): pass
    async def marker(self): return 1
    async def mark(self): pass
"""


@pytest.mark.parametrize(
    ("rule", "old", "new", "key"),
    [
        (
            "KEY_CHANGED",
            _KEY.format("") + _service(_READ + _WRITE.format("'get(key)'")),
            _KEY.format("\n    shop: str = 'main'") + _service(_READ + _WRITE.format("'get(key)'")),
            ("1", "other"),
        ),
        (
            "INVALIDATION_REMOVED",
            _KEY.format("") + _service(_READ + _WRITE.format("'get(key)'")),
            _KEY.format("") + _service(_READ + _WRITE.format("")),
            ("1",),
        ),
        (
            "",
            _KEY.format("") + _service(_READ + _WRITE.format("'get(key)'")),
            _KEY.format("") + _service(_READ + _WRITE.format("'get(key=key)'")),
            ("1",),
        ),
    ],
)
async def test_C6_an_invalidation_between_instances_of_two_versions(
    rule: str, old: str, new: str, key: tuple[str, ...], tmp_path: Path, nats_server: str
) -> None:
    """A command in one version leaves a result stale that the other one holds, if a rule of CACHE
    is broken; if none is, the result is invalidated."""
    with versions(tmp_path, _side(old, _BODIES), _side(new, _BODIES)) as both:
        assert both.changes == ({rule} if rule else set())
        writing, reading = both.old, both.new
        if rule == "INVALIDATION_REMOVED":
            writing, reading = both.new, both.old
        async with Host(nats_server) as first, Host(nats_server) as second:
            writer, reader = writing.service(), reading.service()
            await first.serve(writer)
            await second.serve(reader)
            computed = await reader.computed.get(reading.contracts.Key(*key))
            marker = await reader.computed.marker()
            await writer.put(writing.contracts.Key("1"))
            # What one host tells arrives in order: after the marker there is nothing to come.
            await writer.mark()
            await until(lambda: not marker.is_consistent)
            assert computed.is_consistent == bool(rule)
