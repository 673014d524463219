"""What means nothing is refused where it is given, by name, and costs nobody else a thing (D29)."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Any, cast

import pytest

from fusionrt import (
    ArgumentError,
    BadOperation,
    ClientCache,
    Host,
    JetStreamLog,
    Quota,
    Refused,
    WireError,
    operation,
)
from fusionrt.errors import InvalidSubject
from fusionrt.interceptors import Call, Next
from fusionrt.sql import Database
from fusionrt.transport.memory import MemoryNetwork
from tests.lab import LabClient, Pair, TinyLab, in_memory

SQLITE = "sqlite+aiosqlite:///never.db"


@pytest.fixture
async def both() -> AsyncIterator[Pair]:
    """A served lab and a client of it."""
    async with in_memory(TinyLab()) as made:
        yield made


@pytest.mark.parametrize(
    "option",
    [
        *({"timeout": wrong} for wrong in (0, -1, math.nan, "1", True)),
        *({"retries": wrong} for wrong in (-1, 1.5, "2", True)),
        *({"operation": wrong} for wrong in ("", "x" * 201, 5, b"x", "a\0", "\ud800")),
    ],
    ids=str,
)
async def test_an_option_of_a_client_is_refused_at_once(both: Pair, option: dict[str, Any]) -> None:
    """And not by the call that is made with it, as some other error, or never answered."""
    with pytest.raises(ArgumentError, match=rf"with_options .*: {next(iter(option))}: expected"):
        both.client.with_options(**option)


@pytest.mark.parametrize(
    ("make", "option"),
    [
        *((Host, {"outage_grace": wrong}) for wrong in (-1, math.nan, "2")),
        *((Host, {"unused_after": wrong}) for wrong in (0, -1, math.nan)),
        *((Host, {"max_computeds": wrong}) for wrong in (0, -1, 1.5)),
        *((Host, {name: wrong}) for name in ("gateways", "confidants") for wrong in ("web", [1])),
        *((Quota, {"calls": 0}), (Quota, {"bytes": -1})),
        *((JetStreamLog, {"retention": 0}), (JetStreamLog, {"max_bytes": 0})),
        (JetStreamLog, {"replicas": 0}),
        *((partial(Database, SQLITE), {"retention": wrong}) for wrong in (0, -1, math.nan)),
        (Database, {"url": {}}),
        (partial(ClientCache, "never.db"), {"max_bytes": 0}),
    ],
    ids=str,
)
async def test_an_option_is_refused_where_it_is_made(
    make: Callable[..., object], option: dict[str, Any]
) -> None:
    """A name alone is not taken for the names of its letters, nor a time for none."""
    with pytest.raises(ArgumentError, match=f"{next(iter(option))}: expected"):
        make(**option)


@pytest.mark.parametrize("name", ["", "a b", "a.", "*", ">", "ü", "\ud800"])
def test_a_principal_is_one_word(name: str) -> None:
    """Refused before anything is opened."""
    with pytest.raises(InvalidSubject):
        Host(principal=name)


@pytest.mark.parametrize("prefix", ["", "a b", "a.", "*", "a.>"])
def test_a_prefix_begins_a_subject(prefix: str) -> None:
    """Refused before anything is opened."""
    with pytest.raises(InvalidSubject):
        Host(prefix=prefix)


async def test_a_client_that_cannot_listen_says_why() -> None:
    """The error is that of the transport, and not one of leaving what was never entered."""
    transport = MemoryNetwork(1).connect("calling")

    async def refuses(*_: object, **__: object) -> None:
        raise ConnectionRefusedError

    cast("Any", transport).subscribe = refuses
    with pytest.raises(ConnectionRefusedError):
        await Host(transport=transport).__aenter__()


def adding(name: object, value: object) -> Callable[[Call, Next], Awaitable[Any]]:
    """An interceptor that sends this header."""

    async def add(call: Call, next: Next) -> Any:
        cast("dict[object, object]", call.headers)[name] = value
        return await next()

    return add


@pytest.mark.parametrize(
    "header", [("a", "\ud800"), ("\ud800", "a"), ("a\0", "a"), ("a", 5), (5, "a"), ("a", b"x")]
)
async def test_D29_a_header_that_cannot_travel_costs_its_own_call(
    both: Pair, header: tuple[Any, Any]
) -> None:
    """Of whatever kind the call is; those beside it, and the next ones, are answered."""
    client = both.client.with_options(interceptors=[adding(*header)])
    for call in (client.echo("a"), client.put("a", 1), client.get("a"), first_of(client)):
        beside = asyncio.ensure_future(both.client.echo("beside"))
        with pytest.raises(ArgumentError, match="headers: expected texts"):
            await call
        assert await beside == "beside"
    assert both.lab.ran == []


class Wrong(TinyLab):
    """Its `echo` returns what it did not declare."""

    async def echo(self, text: str) -> str:
        return cast("str", 5)


async def test_a_result_that_the_contract_does_not_know_names_its_method() -> None:
    """Whoever reads the error sees where: of one call, and of many at once."""
    async with in_memory(Wrong()) as both:
        problem = r"the result of lab\.echo .*: Expected `str`, got `int`"
        with pytest.raises(WireError, match=problem):
            await both.client.echo("a")
        for each in [asyncio.ensure_future(both.client.echo(text)) for text in "abc"]:
            with pytest.raises(WireError, match=problem):
                await each


async def first_of(client: LabClient) -> int:
    async for item in client.count(1):
        return item
    raise AssertionError("none came")


async def test_headers_that_are_too_large_are_so_of_the_arguments(both: Pair) -> None:
    """`Refused`, as for arguments alone: the call did not run."""
    client = both.client.with_options(interceptors=[adding("a", "x" * 10_000_000)])
    with pytest.raises(Refused) as refused:
        await client.echo("a")
    assert (refused.value.code, refused.value.may_have_run) == ("too_large", False)


@pytest.mark.parametrize("id", ["a\0", "x" * 1_000])
async def test_D21_a_host_refuses_ids_of_operations_that_no_client_of_ours_sends(
    both: Pair, id: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A log could not store them; it is the call that is wrong, and nothing that the host logs."""
    client = both.client.with_options(operation="a")
    client._fusion._operation = id
    with pytest.raises(ArgumentError, match=r"lab\.put .*operation: expected"):
        await client.put("a", 1)
    assert both.lab.ran == []
    assert not caplog.records


@pytest.mark.parametrize("id", ["", "\ud800", "a\0"])
def test_once_says_what_is_wrong_with_an_id(id: str) -> None:
    """By its own name."""
    with pytest.raises(BadOperation, match=r"operation\.once .*expected"):
        operation.once(id)
