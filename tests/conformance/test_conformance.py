"""What a service does, it does alike whichever way it is called: local = remote."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import pytest

from fusionrt import ArgumentError, CallTimeout, RemoteError, skipped
from fusionrt.testing import Way, eventually, reaching
from tests.web.world import through_gateway

from .contracts import (
    Colour,
    Groups,
    Kit,
    Level,
    Model,
    Options,
    Point,
    Scalars,
    Short,
    Size,
    Tag,
)
from .generated.kit import KitClient
from .kit import KitHere

SCALARS = Scalars(
    flag=True,
    whole=7,
    real=0.5,
    text="naïve ☃ 𝄞\u0000",
    raw=bytes(range(256)),
    exact=Decimal("1.10"),
    at=datetime(2026, 2, 28, 12, 30, 15, 123456, tzinfo=UTC),
    day=date(1, 1, 1),
    clock=time(23, 59, 59, 999999),
    span=timedelta(days=-1, microseconds=1),
    ref=UUID(int=2**127 + 1),
    colour=Colour.NONE,
    size=Size.LARGE,
    level=Level.HIGH,
    mode=None,
)
EDGES: tuple[dict[str, Any], ...] = (
    {},
    {"whole": 2**63 - 1, "real": math.inf, "exact": Decimal("1E+400"), "mode": True},
    {"whole": -(2**63), "real": -0.0, "exact": Decimal("-0.00"), "mode": 1},
    {"whole": 2**64 - 1, "real": 5e-324, "exact": Decimal(2) / Decimal(3), "mode": "a"},
    {"real": math.nan, "text": "", "raw": b"", "exact": Decimal("Infinity")},
    {"at": datetime(9999, 12, 31, 23, 59, 59, 999999), "span": timedelta.max},
    {"at": datetime(2026, 7, 1, tzinfo=timezone(timedelta(hours=5, minutes=30)))},
    {"day": date.max, "clock": time(12, tzinfo=UTC), "span": timedelta.min},
    {"colour": Colour.RED, "size": Size.SMALL, "level": Level.LOW, "flag": False},
)
GROUPS = Groups(
    row=(1, "a"),
    rows=(Point(1, 2.0), Point(-1, math.inf)),
    names=["b", "a", "b"],
    by_name={"": Tag("x"), "ü": Tag("y", Decimal("0.1"))},
    by_id={-1: Decimal(1), 2**40: Decimal("1.000")},
    unique=frozenset({"p", "q"}),
    options=Options(deep=True),
    model=Model(id=3, at=datetime(2026, 1, 1, tzinfo=UTC)),
    either=Decimal(1),
    which=SCALARS,
)


@dataclass
class Tried:
    """The bodies, and the contract's methods by one way. hops: of a call, at most."""

    here: KitHere
    kit: Kit
    hops: int = 1

    @property
    def remote(self) -> KitClient | None:
        """The client, if the way has one."""
        return self.kit if isinstance(self.kit, KitClient) else None


@pytest.fixture(params=[*(way.value for way in Way), "gateway"])
async def tried(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Tried]:
    here = KitHere()
    if request.param == "gateway":
        async with through_gateway(tmp_path) as world:
            await (await world.host()).serve(here)
            page, _ = await world.page(await world.door([KitClient]))
            yield await _met(Tried(here, page.client(KitClient), hops=2))
        return
    async with reaching(Way(request.param)) as reach:
        yield await _met(Tried(here, await reach(here, KitClient)))


async def _met(tried: Tried) -> Tried:
    """Everybody has, so that times are those of calls."""
    await tried.kit.cancelled()
    return tried


def alike(one: Any, other: Any) -> bool:
    """Equal, of one type, and told apart as far as Python can."""
    return type(one) is type(other) and repr(one) == repr(other)


async def test_C3_scalars_keep_their_values(tried: Tried) -> None:
    """Every scalar type, at its edges; an aware datetime keeps its instant."""
    for edge in EDGES:
        value = replace(SCALARS, **edge)
        back = await tried.kit.echo_scalars(value)
        if value.at.tzinfo is not None:
            assert back.at == value.at
            back, value = (replace(each, at=datetime.min) for each in (back, value))
        assert alike(back, value)


async def test_C3_groups_keep_their_values(tried: Tried) -> None:
    """What holds others, and each member of a union."""
    for changed in (
        GROUPS,
        replace(GROUPS, either=1, which=None),
        replace(GROUPS, either="1", which=Tag("z")),
        replace(
            GROUPS, rows=(), names=[], by_name={}, by_id={}, options=Options(deep=False, note="n")
        ),
    ):
        back = await tried.kit.echo_groups(changed)
        assert back == changed
        assert type(back.either) is type(changed.either)
        assert type(back.which) is type(changed.which)
        assert all(type(row) is Point for row in back.rows)
        assert str(back.by_id) == str(changed.by_id)


async def test_G32_arguments_are_passed_by_name_or_left_out(tried: Tried) -> None:
    """Positions, names and defaults."""
    assert await tried.kit.echo_default("a") == "as"
    assert await tried.kit.echo_default(text="a", size=Size.LARGE) == "al"
    assert await tried.kit.echo_default("a", times=2, size=Size.LARGE) == "alal"


async def test_C3_a_wrong_argument_is_refused(tried: Tried) -> None:
    """By the caller, with the name of the method."""
    kit = cast(Any, tried.kit)
    with pytest.raises(ArgumentError, match="doubled"):
        await kit.doubled(3)
    with pytest.raises(TypeError):
        await kit.doubled()
    assert tried.here.ran == 0


async def test_G18_a_result_is_computed_once(tried: Tried) -> None:
    """By all callers at once, and until it is invalidated; its dependants with it."""
    values = await asyncio.gather(*(tried.kit.doubled("a") for _ in range(20)))
    assert values == [0] * 20
    assert tried.here.ran == 2
    assert await tried.kit.put("b", 5) == 5
    assert await tried.kit.doubled("a") == 0
    assert tried.here.ran == 2
    await tried.kit.put("a", 21)
    assert await tried.kit.doubled("a") == 42
    assert tried.here.ran == 4


async def test_G32_values_that_differ_are_different_keys(tried: Tried) -> None:
    """`1`, `True`, `1.0`, `"1"` and `Decimal(1)` are five results, and each is found again."""
    values = (1, True, 1.0, "1", Decimal(1))
    first = [await tried.kit.seen(value) for value in values]
    assert len(set(first)) == len(values)
    assert [await tried.kit.seen(value) for value in values] == first


async def test_G32_an_argument_is_coerced_to_its_type(tried: Tried) -> None:
    """An `int` that is passed for a `float` names the same result as the float."""
    at = datetime(2026, 1, 1, tzinfo=UTC)
    one = await tried.kit.seen_as(1, Decimal(1), at, Size.SMALL)
    assert await tried.kit.seen_as(1.0, Decimal(1), at, Size.SMALL) == one
    assert await tried.kit.seen_as(1.0, Decimal(1), at, Size.LARGE) != one


async def test_D15_a_command_is_seen_by_the_next_read(tried: Tried) -> None:
    """Also by what was made from what it changed, each time."""
    for value in range(50):
        await tried.kit.put("a", value)
        assert await tried.kit.doubled("a") == 2 * value


async def test_O20_a_command_that_fails_may_have_written(tried: Tried) -> None:
    """What it declared is invalidated all the same; its error arrives as it is."""
    assert await tried.kit.get("a") == 0
    with pytest.raises(Short) as raised:
        await tried.kit.put_and_fail("a", 4)
    assert (raised.value.part, raised.value.missing) == ("a", 4)
    assert await tried.kit.get("a") == 4


async def test_D21_errors_arrive_by_what_was_declared(tried: Tried) -> None:
    """A declared exception as itself; another one as `RemoteError`, without its text, if it crosses
    to another process.
    """
    with pytest.raises(Short, match="3 of bolts are missing") as declared:
        await tried.kit.trouble("declared")
    assert (declared.value.part, declared.value.missing) == ("bolts", 3)
    with pytest.raises(RemoteError if tried.remote else ValueError) as undeclared:
        await tried.kit.trouble("undeclared")
    if tried.remote:
        assert "12345" not in str(undeclared.value)


async def test_G22_an_error_of_a_compute_method_is_cached(tried: Tried) -> None:
    """Asked again, the body does not run again."""
    for _ in range(3):
        with pytest.raises(Short):
            await tried.kit.fails("declared")
    assert tried.here.ran == 1


async def test_D19_a_cancelled_call_ends_its_body(tried: Tried) -> None:
    """Whoever waits gets its own cancellation; the body ends where it runs."""
    call = asyncio.ensure_future(tried.kit.wait())
    await eventually(lambda: tried.here.waits == 1)
    assert await tried.kit.cancelled() == 0
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    await eventually(lambda: tried.here.left == 1)


async def test_D13_a_call_ends_with_its_time(tried: Tried) -> None:
    """A client's deadline, or `asyncio.timeout` anywhere; the body is cancelled. On a busy machine
    that time may end before the body begins: then more of it is given.
    """
    seconds = 0.1
    while not tried.here.waits:
        seconds *= 2
        if tried.remote:
            with pytest.raises(CallTimeout):
                await tried.remote.with_options(timeout=seconds).wait()
        else:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(seconds):
                    await tried.kit.wait()
    await eventually(lambda: tried.here.left == tried.here.waits)


async def test_D18_a_stream_is_whole_and_in_order(tried: Tried) -> None:
    """Every item once; an end without an error."""
    items = [item async for item in tried.kit.count(2000)]
    assert items == [Point(number, number / 2) for number in range(2000)]
    assert tried.here.left == 1


async def test_D18_a_stream_fails_where_its_body_does(tried: Tried) -> None:
    """After the items that were yielded before."""
    items: list[Point] = []
    with pytest.raises(Short):
        async for item in tried.kit.count(3, fail="declared"):
            items.append(item)  # noqa: PERF401 - it fails on the way
    assert len(items) == 3


async def test_D19_a_stream_that_nobody_reads_any_more_ends(tried: Tried) -> None:
    """Closing the iterator ends the body."""
    stream = tried.kit.count(10**9)
    async with aclosing(cast(Any, stream)):
        async for item in stream:
            if item.x == 10:
                break
    await eventually(lambda: tried.here.left == 1)


@dataclass
class Given:
    """What a caller sends. error: raised at its end."""

    upto: int
    error: Exception | None = None
    closed: bool = False

    async def numbers(self) -> AsyncIterator[int]:
        try:
            for number in range(self.upto):
                yield number
            if self.error is not None:
                raise self.error
        finally:
            self.closed = True

    async def points(self) -> AsyncIterator[Point]:
        async for number in self.numbers():
            yield Point(number, 0.5)


async def test_D18_what_is_sent_is_whole_and_in_order(tried: Tried) -> None:
    """To a plain method, a command and a stream; the iterator is closed when the call has ended."""
    given = Given(2000)
    assert await tried.kit.total(given.numbers()) == sum(range(2000))
    await eventually(lambda: given.closed)
    assert await tried.kit.doubled("a") == 0
    assert await tried.kit.put_all("a", Given(30).numbers()) == 29
    assert await tried.kit.doubled("a") == 58
    moved = [point async for point in tried.kit.moved(5, points=Given(300).points())]
    assert moved == [Point(number + 5, 0.5) for number in range(300)]


async def test_D21_an_error_of_what_is_sent_is_its_callers_own(tried: Tried) -> None:
    """The very exception, if the body lets it through."""
    mine = Short("nuts", missing=1)
    with pytest.raises(Short) as raised:
        await tried.kit.total(Given(3, mine).numbers())
    assert raised.value is mine
    other = ValueError("mine")
    with pytest.raises(ValueError, match="mine") as undeclared:
        await tried.kit.total(Given(3, other).numbers())
    assert undeclared.value is other


async def test_D19_what_is_sent_ends_with_its_call(tried: Tried) -> None:
    """A call that its caller leaves ends the body and the iterator, which both have begun: what is
    sent may come before a body that waits for its turn.
    """
    taken = closed = False

    async def silent() -> AsyncIterator[int]:
        nonlocal taken, closed
        try:
            yield 1
            taken = True
            await asyncio.Event().wait()
        finally:
            closed = True

    call = asyncio.ensure_future(tried.kit.total(silent()))
    await eventually(lambda: taken and tried.here.waits == 1)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    await eventually(lambda: closed and tried.here.left == 1)


async def test_D18_something_comes_before_a_stream(tried: Tried) -> None:
    """The await gives it, and fails if there is none; the items follow, and end when left."""
    head, points = await tried.kit.open(500)
    assert head == "500 points"
    assert [point.x async for point in points] == list(range(500))
    with pytest.raises(Short):
        await tried.kit.open(1, fail="declared")
    _, points = await tried.kit.open(10**9)
    async with aclosing(cast(Any, points)):
        async for point in points:
            if point.x == 10:
                break
    await eventually(lambda: tried.here.left == 2)
    by, how, points = await tried.kit.open_moved(7, Given(40).points())
    assert (by, how) == (7, "moved")
    assert [point.x async for point in points] == list(range(7, 47))


async def test_D18_a_stream_that_skips_ends_with_its_last_item(tried: Tried) -> None:
    """In one process nothing is left out; from another one what came meanwhile may be."""
    stream = tried.kit.latest(5000)
    seen = [number async for number in stream]
    assert seen == sorted(set(seen))
    assert seen[-1] == 4999
    if tried.hops == 1:  # what a hop left out before is not known after it
        assert len(seen) + skipped(stream) == 5000
    if not tried.remote:
        assert len(seen) == 5000


async def test_changes_bring_each_new_value(tried: Tried) -> None:
    """Now, and after each invalidation; of a client as of a service."""
    changes = (tried.remote or tried.here).changes
    seen: list[int] = []
    async for computed in changes.doubled("a"):
        seen.append(computed.value)
        if len(seen) == 5:
            break
        await tried.kit.put("a", len(seen))
    assert seen == [0, 2, 4, 6, 8]


async def test_D2_reach_says_what_it_takes() -> None:
    """What is no service, or no client of one, is refused with what to pass."""
    async with reaching(Way.MEMORY) as reach:
        with pytest.raises(TypeError, match=r"reach\(service, client\)"):
            await reach("kit", str)
