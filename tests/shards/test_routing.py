"""From a value to its shard, and from a shard to its host (D20)."""

from __future__ import annotations

import asyncio
from collections import Counter
from enum import IntEnum
from typing import Any

import pytest

from fusionrt.errors import ArgumentError
from fusionrt.shards import Routing
from fusionrt.shards.lease import LeaseLost, Owned, fencing_token, under_lease
from fusionrt.shards.routing import host_of, shard_of
from tests.shards.generated.rooms import RoomsClient

KEYS = [f"key {number}".encode() for number in range(10_000)]


def test_D20_the_shards_of_values_never_change() -> None:
    """They are the wire: clients of every version and language must agree."""
    keys = [b"", b"\xa4hall", b"\x01", b"\xc4\x01x", b"\xa7Z\xc3\xbcrich"]
    assert [shard_of(key, 64) for key in keys] == [62, 44, 10, 29, 11]
    assert [shard_of(key, 16) for key in keys] == [5, 14, 10, 11, 11]
    assert {shard_of(key, 1) for key in keys} == {0}


def test_D20_values_spread_evenly_and_few_move_when_their_number_grows() -> None:
    """With one shard more, what moves goes to that one."""
    counts = Counter(shard_of(key, 16) for key in KEYS)
    assert len(counts) == 16 and max(counts.values()) < 1.3 * len(KEYS) / 16
    moved = [key for key in KEYS if shard_of(key, 17) != shard_of(key, 16)]
    assert {shard_of(key, 17) for key in moved} == {16}
    assert 0.8 < len(moved) * 17 / len(KEYS) < 1.2


def test_D20_a_host_takes_and_leaves_its_own_share_only() -> None:
    """Whoever comes takes from each of the others, whoever goes leaves to each of them."""
    hosts = [f"host {number}" for number in range(4)]
    before = {shard: host_of(shard, hosts) for shard in range(1024)}
    after = {shard: host_of(shard, [*hosts, "new"]) for shard in range(1024)}
    moved = {shard for shard in before if before[shard] != after[shard]}
    assert {after[shard] for shard in moved} == {"new"}
    assert {before[shard] for shard in moved} == set(hosts)
    assert 0.7 < len(moved) * 5 / 1024 < 1.3
    assert host_of(3, []) == ""


class Room(IntEnum):
    """A value that equals an int, and is none of a room."""

    HALL = 1


def _routing() -> Routing:
    return Routing(RoomsClient._fusion_contract)


@pytest.mark.parametrize(
    ("method", "arguments"),
    [("count", ("hall",)), ("starting", ("h", "hall")), ("lines", ("hall", 3))],
)
def test_D20_a_value_has_one_shard_in_whatever_method(
    method: str, arguments: tuple[Any, ...]
) -> None:
    """Wherever the parameter stands; a subclass of its type is what it means."""

    class Text(str):
        """A text."""

    routing = _routing()
    shard = routing.of("say", ("hall", "hello"))
    assert routing.of(method, arguments) == shard
    assert routing.of("count", (Text("hall"),)) == shard
    assert shard == shard_of(b"\xa4hall", 16)


@pytest.mark.parametrize("wrong", [1, None, b"hall", ["hall"], Room.HALL])
def test_D20_a_wrong_value_has_no_shard(wrong: object) -> None:
    """It is refused as any argument of a wrong type is, by the method that was called."""
    for method, arguments in (("count", (wrong,)), ("say", (wrong, "hello"))):
        with pytest.raises(ArgumentError) as refused:
            _routing().of(method, arguments)
        assert refused.value.method.endswith(f".{method}")


async def test_D20_a_body_that_is_stopped_with_its_lease_learns_it() -> None:
    """Calls that run hold the shard; streams do not, and end as it closes."""
    owned = Owned(3, 17)
    ran = []

    async def body() -> None:
        ran.append(fencing_token())
        await asyncio.Event().wait()

    call = asyncio.create_task(under_lease(owned, body))
    stream = asyncio.create_task(under_lease(owned, body, is_stream=True))
    await asyncio.sleep(0)
    assert ran == [17, 17] and fencing_token() == 0
    owned.close()
    with pytest.raises(LeaseLost):
        await stream
    assert owned.running == 1 and not call.done()
    owned.stop()
    with pytest.raises(LeaseLost):
        await call
    await owned.ended()


async def test_D20_a_time_limit_of_a_body_is_its_own() -> None:
    """It is told from that of the lease."""

    async def body() -> None:
        raise TimeoutError("mine")

    with pytest.raises(TimeoutError, match="mine"):
        await under_lease(Owned(3, 17), body)
