"""Calls that join others: as many as there is room for, as long as their deadlines are alike."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any

import pytest

from fusionrt.rpc.client.joining import Joining
from fusionrt.rpc.client.reply import deliver

LEAVING = [asyncio.CancelledError(), asyncio.CancelledError, GeneratorExit()]


class Joined(Joining):
    """Notes who gives up."""

    def __init__(self, room: int = 3, timeout: float = 2.0) -> None:
        self.answers = []
        self.arguments = []
        self.loop = asyncio.get_running_loop()
        self.time = 10.0
        self.now = lambda: self.time
        self.room = room
        self.timeout = timeout
        self.latest = self.time + timeout + 1.0
        self.deadline = self.time
        self.left: list[int] = []

    def give_up(self, index: int, answer: asyncio.Future[Any]) -> None:
        assert answer is self.answers[index]
        self.left.append(index)

    def joined(self, arguments: bytes = b"") -> Awaitable[Any]:
        """One more, for which there is room."""
        answer = self.add(arguments)
        assert answer is not None
        return answer


async def _get(answer: Awaitable[Any]) -> Any:
    return await answer


async def test_each_has_its_place_until_there_is_no_room() -> None:
    """Arguments and answers are in the order of the calls."""
    lot = Joined(room=2)
    first, second = lot.joined(b"a"), lot.joined(b"b")
    assert lot.arguments == [b"a", b"b"] and len(lot.answers) == 2 and lot.room == 0
    assert lot.add(b"c") is None and len(lot.answers) == 2
    deliver(lot.answers, [1, 2])
    assert [await first, await second] == [1, 2] and lot.left == []


async def test_what_is_made_too_late_joins_no_more() -> None:
    """The last deadline is the lot's; none is later than the latest."""
    lot = Joined()
    first = lot.joined()
    assert lot.deadline == 12.0
    lot.time += 1.0
    second = lot.joined()
    assert lot.deadline == 13.0
    lot.time += 0.25
    assert lot.add(b"") is None and lot.deadline == 13.0 and len(lot.answers) == 2
    deliver(lot.answers, [1, 2])
    assert [await first, await second] == [1, 2]


async def test_D19_a_task_that_is_cancelled_gives_its_call_up() -> None:
    """Once, when it is its turn; the others go on."""
    lot = Joined()
    tasks = [asyncio.create_task(_get(lot.joined())) for _ in range(3)]
    await asyncio.sleep(0)
    tasks[1].cancel()
    assert lot.left == []
    await asyncio.wait({tasks[1]})
    assert lot.left == [1]
    deliver(lot.answers, "abc")
    assert [await tasks[0], await tasks[2]] == ["a", "c"] and lot.left == [1]
    with pytest.raises(asyncio.CancelledError):
        await tasks[1]


@pytest.mark.parametrize("error", LEAVING, ids=repr)
async def test_D19_whoever_is_thrown_out_gives_its_call_up(error: Any) -> None:
    """By hand, as frameworks do; and it ends with what was thrown."""
    lot = Joined()
    call = _get(lot.joined())
    call.send(None)
    with pytest.raises((asyncio.CancelledError, GeneratorExit)):
        call.throw(error)
    assert lot.left == [0]


async def test_D19_a_coroutine_that_is_closed_gives_its_call_up() -> None:
    """One that is dropped as well."""
    lot = Joined()
    calls = [_get(lot.joined()) for _ in range(2)]
    for call in calls:
        call.send(None)
    calls[0].close()
    assert lot.left == [0]
    del call
    calls.clear()
    assert lot.left == [0, 1]


async def test_another_error_that_is_thrown_gives_nothing_up() -> None:
    """It is of whoever throws it."""
    lot = Joined()
    call = _get(lot.joined())
    call.send(None)
    with pytest.raises(KeyError, match="thrown"):
        call.throw(KeyError("thrown"))
    assert lot.left == []


async def test_what_fails_when_a_call_is_given_up_is_raised() -> None:
    """Nothing is silent."""

    class Failing(Joined):
        def give_up(self, index: int, answer: asyncio.Future[Any]) -> None:
            raise KeyError(index)

    lot = Failing()
    call = _get(lot.joined())
    call.send(None)
    with pytest.raises(KeyError, match="0"):
        call.throw(asyncio.CancelledError())
