"""What callers of many calls await: a task sees no difference to a future of asyncio's."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import weakref
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from fusionrt.rpc.client.reply import deliver, reply

Replies = list[asyncio.Future[Any]]
Make = Callable[[], asyncio.Future[Any]]


KINDS: dict[str, Callable[[], Make]] = {
    "ours": lambda: partial(reply, asyncio.get_running_loop()),
    "asyncio's": lambda: asyncio.get_running_loop().create_future,
}


@pytest.fixture(params=KINDS)
async def make(request: pytest.FixtureRequest) -> Make:
    """What makes them: the same holds of both."""
    return KINDS[request.param]()


async def _get(reply: asyncio.Future[Any]) -> Any:
    return await reply


async def _waiting(make: Make, count: int) -> tuple[Replies, list[asyncio.Task[Any]]]:
    """So many tasks, each of which waits for its own."""
    made = [make() for _ in range(count)]
    tasks = [asyncio.create_task(_get(reply)) for reply in made]
    await asyncio.sleep(0)
    return made, tasks


@pytest.mark.parametrize("value", [7, None, (), (1, 2), KeyError("a value"), StopIteration(3)])
async def test_a_value_is_what_is_awaited(make: Make, value: object) -> None:
    """Whatever it is, and whether it was there before or came later."""
    (reply,), (task,) = await _waiting(make, 1)
    deliver([reply], [value])
    assert await task is value and await reply is value
    assert reply.done() and not reply.cancelled() and reply.result() is value
    assert reply.exception() is None


async def test_all_go_on_in_their_order_and_in_the_same_turn(make: Make) -> None:
    """What their tasks do next comes after all of them, as with a handle for each."""
    said: list[str] = []

    async def speak(name: str, reply: asyncio.Future[Any]) -> None:
        said.append(f"{name}{await reply}")
        asyncio.get_running_loop().call_soon(said.append, name.upper())

    made = [make() for _ in range(3)]
    tasks = [
        asyncio.create_task(speak(name, reply)) for name, reply in zip("abc", made, strict=True)
    ]
    await asyncio.sleep(0)
    deliver(made, [1, 2, 3])
    assert said == [] and all(reply.done() for reply in made)
    await asyncio.gather(*tasks)
    await asyncio.sleep(0)
    assert said == ["a1", "b2", "c3", "A", "B", "C"]


async def test_a_task_goes_on_in_its_own_context(make: Make) -> None:
    """Not in that of whoever delivers, nor of the task before it."""
    name: contextvars.ContextVar[int] = contextvars.ContextVar("name")

    async def own(number: int, reply: asyncio.Future[Any]) -> int:
        name.set(number)
        await reply
        return name.get()

    made = [make() for _ in range(3)]
    tasks = [asyncio.create_task(own(number, reply)) for number, reply in enumerate(made)]
    await asyncio.sleep(0)
    name.set(-1)
    deliver(made, made)
    assert await asyncio.gather(*tasks) == [0, 1, 2] and name.get() == -1


async def test_who_has_left_gets_nothing_and_the_others_what_is_theirs(make: Make) -> None:
    """Cancelled before its value came, or failed; or nobody knows of it any more."""
    made, tasks = await _waiting(make, 4)
    assert tasks[1].cancel("enough")
    made[2].set_exception(KeyError("told"))
    deliver([None, *made], "-abcd")
    assert await tasks[0] == "a" and await tasks[3] == "d"
    with pytest.raises(asyncio.CancelledError, match="enough"):
        await tasks[1]
    with pytest.raises(KeyError, match="told"):
        await tasks[2]
    assert made[1].cancelled() and isinstance(made[2].exception(), KeyError)
    assert not made[0].cancel() and not made[1].cancel()
    for settled in made:
        with pytest.raises(asyncio.InvalidStateError):
            settled.set_result(1)


async def test_who_is_cancelled_with_its_value_there_is_cancelled(make: Make) -> None:
    """As a task is that was woken, but has not gone on yet."""
    made, tasks = await _waiting(make, 2)
    deliver(made, [1, 2])
    tasks[0].cancel()
    assert await tasks[1] == 2
    with pytest.raises(asyncio.CancelledError):
        await tasks[0]


async def test_time_limits_and_groups_hold(make: Make) -> None:
    """`timeout`, `wait_for`, `shield` and `TaskGroup`."""
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await make()
    late, kept = make(), make()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(_get(late), 0.001)
    assert late.cancelled()
    outer = asyncio.shield(task := asyncio.create_task(_get(kept)))
    await asyncio.sleep(0)
    outer.cancel()
    deliver([kept], [3])
    assert await task == 3
    failed, other = make(), make()
    with pytest.raises(ExceptionGroup) as caught:
        async with asyncio.TaskGroup() as group:
            group.create_task(_get(failed))
            group.create_task(_get(other))
            await asyncio.sleep(0)
            failed.set_exception(KeyError("told"))
    assert isinstance(caught.value.exceptions[0], KeyError) and other.cancelled()


@pytest.mark.parametrize("kind", KINDS)
def test_what_ends_the_process_keeps_none_of_the_others(kind: str) -> None:
    """`SystemExit` leaves the loop amid them; what runs on in it has them go on."""
    said: list[object] = []

    async def leave(reply: asyncio.Future[Any]) -> None:
        await reply
        raise SystemExit(3)

    async def stay(reply: asyncio.Future[Any]) -> None:
        said.append(await reply)

    async def begin() -> tuple[Replies, list[asyncio.Task[None]]]:
        make = KINDS[kind]()
        made = [make() for _ in range(3)]
        bodies = stay(made[0]), leave(made[1]), stay(made[2])
        tasks = [asyncio.create_task(body) for body in bodies]
        await asyncio.sleep(0)
        return made, tasks

    with asyncio.Runner() as runner:
        made, (_, left, stays) = runner.run(begin())
        loop = runner.get_loop()
        loop.call_soon(deliver, made, "abc")
        with pytest.raises(SystemExit):
            loop.run_until_complete(left)
        loop.run_until_complete(stays)
    assert said == ["a", "c"]


async def test_nobody_waits_for_one_in_another_loop(make: Make) -> None:
    """As a task says of any future."""
    reply = make()

    def elsewhere() -> None:
        with pytest.raises(RuntimeError, match="attached to a different loop"):
            asyncio.run(_get(reply))

    await asyncio.to_thread(elsewhere)


async def test_a_hand_that_steps_it_is_told_what_is_wrong(make: Make) -> None:
    """Before there is a value, and where nobody said that it waits."""
    reply = make()
    for read in (reply.result, reply.exception):
        with pytest.raises(asyncio.InvalidStateError):
            read()
    call = _get(reply)
    assert call.send(None) is reply
    assert reply._asyncio_future_blocking and reply.get_loop() is asyncio.get_running_loop()
    with pytest.raises(RuntimeError, match="await wasn't used with"):
        call.send(None)


async def test_a_callback_needs_no_context(make: Make) -> None:
    """It is called in that of whoever added it, also where the value is there already."""
    name: contextvars.ContextVar[int] = contextvars.ContextVar("name", default=0)
    seen: list[tuple[object, int]] = []
    reply = make()
    name.set(1)
    reply.add_done_callback(lambda done: seen.append((done, name.get())))
    name.set(2)
    deliver([reply], [7])
    reply.add_done_callback(lambda done: seen.append((done, name.get())))
    name.set(3)
    assert seen == []
    await asyncio.sleep(0)
    assert seen == [(reply, 1), (reply, 2)]


async def test_each_reply_has_one_value(make: Make) -> None:
    """What is not as many is refused."""
    with pytest.raises(ValueError, match=r"argument|value"):
        deliver([make()], [])


async def test_nothing_is_kept_of_one(make: Make) -> None:
    """Neither of one that had its value, nor of one that nobody settles."""

    class Value:
        pass

    value = Value()
    gone = weakref.ref(value)
    made, tasks = await _waiting(make, 2)
    deliver(made[:1], [value])
    await tasks[0]
    unsettled = weakref.ref(tasks[1])
    tasks[1].cancel()
    await asyncio.wait(tasks)
    del value, made, tasks
    gc.collect()
    assert gone() is None and unsettled() is None
