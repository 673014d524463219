"""The laws of the graph, one by one. Races are in test_schedules.py."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import weakref
from contextlib import suppress
from typing import Any

import pytest

from fusionrt.errors import CycleError, ForeignCancellation, ServiceDisposed
from fusionrt.graph import (
    Computed,
    Function,
    Origin,
    OriginKind,
    State,
    invalidate,
    isolated,
    notify,
    running_graph,
)
from tests.sizes import size
from tests.waiting import until

from .lab import TEST, Gate, Lab, settled


async def test_G1_G2_an_outcome_is_kept_after_the_invalidation() -> None:
    """An invalidated computed still tells what it was; it only is not consistent."""
    lab = Lab()
    lab.data["a"] = 1
    leaf = lab.leaf("leaf")
    computed = await leaf.computed(("a",))
    assert (computed.state, computed.value, computed.is_consistent) == (State.CONSISTENT, 1, True)
    leaf.invalidate(("a",), TEST)
    assert (computed.state, computed.value, computed.is_consistent) == (
        State.INVALIDATED,
        1,
        False,
    )


async def test_G2_the_api_never_hands_out_a_computing_computed() -> None:
    """While the body runs there is nothing to peek at."""
    lab, gate = Lab(), Gate()
    slow = lab.function("slow", gate)
    call = asyncio.create_task(slow.computed(()))
    await settled()
    assert gate.arrived == 1
    assert slow.peek(()) is None
    gate.open()
    assert (await call).state is State.CONSISTENT


async def test_G2_a_cause_is_not_told_while_it_is_computing() -> None:
    """A body ended without what a task of its own still waits for, which was flagged meanwhile."""
    lab, gate = Lab(), Gate()
    slow = lab.function("slow", gate)
    tasks: list[asyncio.Task[Any]] = []

    async def body() -> None:
        tasks.append(asyncio.create_task(slow.fetch(())))
        await settled()
        slow.invalidate((), TEST)

    made = await lab.function("f", body).computed(())
    assert not made.is_consistent and made.origin is not None
    assert made.cause is None or not made.cause.is_computing
    gate.open()
    await tasks[0]


async def test_G3_G13_a_successor_takes_the_key() -> None:
    """After an invalidation a new computed has the key; the old one cannot touch it."""
    lab = Lab()
    lab.data["a"] = 1
    leaf = lab.leaf("leaf")
    old = await leaf.computed(("a",))
    leaf.invalidate(("a",), TEST)
    new = await leaf.computed(("a",))
    assert new is not old and new.version > old.version
    invalidate(old, TEST)
    assert leaf.peek(("a",)) is new


async def test_G4_G5_an_invalidation_while_the_body_runs_is_not_lost() -> None:
    """The running body is found by its key; its result is delivered, but not kept."""
    lab, gate = Lab(), Gate()

    async def body() -> int:
        value: int = lab.data["a"]
        await gate()
        return value

    lab.data["a"] = 1
    memo = lab.function("f", body)
    call = asyncio.create_task(memo.computed(()))
    await settled()
    lab.data["a"] = 2
    memo.invalidate((), TEST)
    gate.open()
    computed = await call
    assert (computed.value, computed.state, computed.origin) == (1, State.INVALIDATED, TEST)
    assert await memo.fetch(()) == 2
    assert lab.took() == [
        "body started f()",
        "flagged f()",
        "body ended f()",
        "invalidated f()",
        "body started f()",
        "body ended f()",
    ]


async def test_G5b_G17_a_call_after_the_invalidation_gets_a_body_of_its_own() -> None:
    """It waits for the body that runs, and then runs it anew."""
    lab, gate = Lab(), Gate()

    async def body() -> int:
        value: int = lab.data["a"]
        await gate()
        return value

    lab.data["a"] = 1
    memo = lab.function("f", body)
    before = asyncio.create_task(memo.fetch(()))
    await settled()
    lab.data["a"] = 2
    memo.invalidate((), TEST)
    after = asyncio.create_task(memo.fetch(()))
    await settled()
    assert gate.arrived == 1
    gate.open()
    assert [await before, await after] == [1, 2]
    assert gate.arrived == 2


async def test_G5c_who_waits_for_a_flagged_body_is_flagged_too() -> None:
    """A call after the invalidation joins neither the leaf's body nor one that waits for it."""
    lab, gate = Lab(), Gate()

    async def leaf_body() -> int:
        value: int = lab.data["a"]
        await gate()
        return value

    async def total_body() -> int:
        return 10 + int(await leaf.fetch(()))

    lab.data["a"] = 1
    leaf = lab.function("leaf", leaf_body)
    total = lab.function("total", total_body)
    before = asyncio.create_task(total.fetch(()))
    await settled()
    lab.data["a"] = 2
    leaf.invalidate((), TEST)
    after = asyncio.create_task(total.fetch(()))
    gate.open()
    assert [await before, await after] == [11, 12]


async def test_G7_G15b_G16_the_whole_closure_is_marked_before_a_handler_runs() -> None:
    """The handler of the first to be marked already sees the last one stale, and why."""
    lab = Lab()
    lab.data["a"] = 1
    leaf = lab.leaf("leaf")

    async def double(key: str) -> int:
        return 2 * int(await leaf.fetch((key,)))

    async def quadruple(key: str) -> int:
        return 2 * int(await middle.fetch((key,)))

    middle, top = lab.function("middle", double), lab.function("top", quadruple)
    summit = await top.computed(("a",))
    bottom = await leaf.computed(("a",))
    seen: list[tuple[State, object]] = []
    bottom.on_invalidated(lambda _: seen.append((summit.state, summit.origin)))
    leaf.invalidate(("a",), TEST)
    assert seen == [(State.INVALIDATED, TEST)]
    path: list[Computed[Any]] = [summit]
    while (cause := path[-1].cause) is not None:
        path.append(cause)
    assert [computed.key for computed in path] == ["top('a')", "middle('a')", "leaf('a')"]


async def test_G15b_what_ends_with_a_value_sees_no_half_marked_closure() -> None:
    """A value that nobody else holds ends once all is marked, with the code that it ends in."""
    graph = running_graph()  # where nobody looks
    seen: list[State] = []

    class Value:
        def __del__(self) -> None:
            seen.append(summit.state)

    async def one(key: str) -> str:
        return key

    async def value(key: str) -> Value:
        await leaf.fetch((key,))
        return Value()

    async def same(key: str) -> str:
        return str(await leaf.fetch((key,)))

    async def other(key: str) -> str:
        return str(await middle.fetch((key,)))

    leaf, beside = Function(graph, "leaf", one), Function(graph, "beside", value)
    middle, top = Function(graph, "middle", same), Function(graph, "top", other)
    await beside.fetch(("a",))
    summit = await top.computed(("a",))
    leaf.invalidate(("a",), TEST)
    assert seen == [State.INVALIDATED]


async def test_G9_an_invalidated_computed_has_no_edges() -> None:
    """Edges go with the invalidation, on both sides."""
    lab = Lab()
    lab.data |= {"a": 1, "b": 2}
    leaf = lab.leaf("leaf")

    async def total() -> int:
        return int(await leaf.fetch(("a",))) + int(await leaf.fetch(("b",)))

    memo = lab.function("total", total)
    made = await memo.computed(())
    a, b = await leaf.computed(("a",)), await leaf.computed(("b",))
    assert made._dependencies == [a, b]
    assert made in a._dependants and made in b._dependants
    leaf.invalidate(("a",), TEST)
    assert (made._dependencies, a._dependants, b._dependants) == ([], {}, {})


async def test_G11_a_call_that_ends_after_the_body_adds_no_edge() -> None:
    """What a body started but did not wait for is not a dependency."""
    lab, gate = Lab(), Gate()
    slow = lab.function("slow", gate)
    tasks: list[asyncio.Task[Any]] = []

    async def body() -> str:
        tasks.append(asyncio.create_task(slow.fetch(())))
        await settled()
        return "done"

    memo = lab.function("f", body)
    made = await memo.computed(())
    gate.open()
    await tasks[0]
    slow.invalidate((), TEST)
    assert made.is_consistent


async def test_G11_what_a_task_gets_after_the_body_from_one_that_swallowed_its_cancellation() -> (
    None
):
    """It is nobody's result, and no reason to compute anew what the body returned before."""
    lab, gate = Lab(), Gate()
    tasks: list[asyncio.Task[str]] = []

    async def stubborn() -> str:
        with suppress(asyncio.CancelledError):
            await gate()
        return "kept on"

    async def body() -> str:
        tasks.append(asyncio.create_task(slow.fetch(())))
        await settled()
        return "done"

    slow = lab.function("slow", stubborn)
    made = await lab.function("f", body).computed(())
    tasks[0].cancel()
    assert await tasks[0] == "kept on"
    assert made.is_consistent and slow.peek(()) is None


async def test_G12_using_what_is_not_cached_leaves_nothing_cached() -> None:
    """A body that swallows a framework error is flagged: its fallback is not kept. Whoever watches
    that body knows while it goes on."""
    lab = Lab()
    told: list[Origin] = []

    async def broken() -> int:
        raise ServiceDisposed("other")

    async def body() -> int:
        try:
            return int(await dependency.fetch(()))
        except ServiceDisposed:
            assert [origin.kind for origin in told] == [OriginKind.UNCACHED]
            return -1

    dependency, memo = lab.function("broken", broken), lab.function("f", body)
    memo.watch((), told.append)
    assert await memo.fetch(()) == -1
    assert memo.peek(()) is None and dependency.peek(()) is None
    memo.unwatch((), told.append)
    assert await memo.fetch(()) == -1 and len(told) == 1


async def test_G14_a_handler_fires_once_whenever_it_subscribed() -> None:
    """Before: at the invalidation. After: at once. Unsubscribed: never."""
    lab = Lab()
    lab.data["a"] = 1
    leaf = lab.leaf("leaf")
    computed = await leaf.computed(("a",))
    fired: list[str] = []
    computed.on_invalidated(lambda _: fired.append("before"))
    computed.on_invalidated(lambda _: fired.append("never"))()
    leaf.invalidate(("a",), TEST)
    computed.on_invalidated(lambda _: fired.append("after"))
    leaf.invalidate(("a",), TEST)
    invalidate(computed, TEST)
    assert fired == ["before", "after"]


async def test_G15_a_raising_handler_stops_nothing_and_is_reported() -> None:
    """The other handlers run, the cascade goes on, the loop's exception handler is told."""
    lab = Lab()
    lab.data["a"] = 1
    leaf = lab.leaf("leaf")
    computed = await leaf.computed(("a",))
    fired: list[int] = []
    reported: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: reported.append(context))

    def handler(_: Computed[Any]) -> None:
        raise ValueError("oops")

    computed.on_invalidated(handler)
    computed.on_invalidated(lambda _: fired.append(1))
    leaf.invalidate(("a",), TEST)
    assert fired == [1]
    assert [str(context["exception"]) for context in reported] == ["oops"]


async def test_G18_concurrent_calls_share_one_body() -> None:
    """A hundred calls at once, one body."""
    lab, gate = Lab(), Gate()
    memo = lab.function("f", gate)
    calls = [asyncio.create_task(memo.fetch(())) for _ in range(100)]
    await settled()
    gate.open()
    await asyncio.gather(*calls)
    assert gate.arrived == 1


async def test_G19_a_cancelled_caller_fails_nobody_else() -> None:
    """The first caller runs the body; when it is cancelled, the body starts anew for the other."""
    lab, gate = Lab(), Gate()
    memo = lab.function("f", gate)
    first = asyncio.create_task(memo.fetch(()))
    await settled()
    second = asyncio.create_task(memo.fetch(()))
    await settled()
    first.cancel()
    await settled()
    assert first.cancelled() and not second.done()
    gate.open()
    assert await second is None
    assert gate.arrived == 2


async def test_G19_the_body_is_cancelled_with_its_last_caller() -> None:
    """Nothing runs on for nobody."""
    lab, gate = Lab(), Gate()
    memo = lab.function("f", gate)
    call = asyncio.create_task(memo.fetch(()))
    await settled()
    call.cancel()
    await settled()
    assert lab.took() == ["body started f()", "body abandoned f()", "invalidated f()"]
    assert not memo.table


async def test_G20_a_foreign_cancellation_is_tried_once_more() -> None:
    """What the body awaits was cancelled by somebody else: the second try succeeds."""
    lab = Lab()
    tries: list[int] = []

    async def body() -> str:
        tries.append(1)
        if len(tries) == 1:
            raise asyncio.CancelledError
        return "fine"

    assert await lab.function("f", body).fetch(()) == "fine"


async def test_G20_a_foreign_cancellation_is_never_bare_and_never_cached() -> None:
    """After the second one every caller gets our own error, and the next call tries again."""
    lab = Lab()
    tries: list[int] = []

    async def body() -> str:
        tries.append(1)
        await asyncio.sleep(0)
        raise asyncio.CancelledError

    memo = lab.function("f", body)
    calls = [asyncio.create_task(memo.fetch(())) for _ in range(3)]
    for call in calls:
        with pytest.raises(ForeignCancellation, match=r"f\(\) was cancelled from within"):
            await call
    assert len(tries) == 2
    with pytest.raises(ForeignCancellation):
        await memo.fetch(())
    assert len(tries) == 4


async def test_G20_a_callers_timeout_is_its_own() -> None:
    """A timeout around the call ends as a timeout, and nothing is cached."""
    lab, gate = Lab(), Gate()
    memo = lab.function("f", gate)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await memo.fetch(())
    assert not memo.table


async def test_G21_looking_at_a_consistent_computed_runs_nothing() -> None:
    """`computed`, `peek`, `changes` and `update` give the one that is there, and add no edge."""
    lab = Lab()
    lab.data["a"] = 1
    leaf = lab.leaf("leaf")
    there = await leaf.computed(("a",))
    lab.took()

    async def body() -> None:
        assert await leaf.computed(("a",)) is there
        assert leaf.peek(("a",)) is there
        assert await there.update() is there
        with isolated():
            assert await leaf.fetch(("a",)) == 1

    onlooker = await lab.function("onlooker", body).computed(())
    leaf.invalidate(("a",), TEST)
    assert onlooker.is_consistent
    assert lab.took() == [
        "body started onlooker()",
        "body ended onlooker()",
        "invalidated leaf('a')",
    ]


async def test_use_makes_a_dependency() -> None:
    """`use` gives the latest value, and the body that calls depends on it."""
    lab = Lab()
    lab.data["a"] = 1
    leaf = lab.leaf("leaf")
    first = await leaf.computed(("a",))

    async def body() -> int:
        return int(await first.use())

    user = await lab.function("user", body).computed(())
    leaf.invalidate(("a",), TEST)
    assert not user.is_consistent
    lab.data["a"] = 2
    assert await first.use() == 2
    assert (await first.update()).value == 2


async def test_G22_an_error_is_cached_and_its_traceback_pins_nothing() -> None:
    """Every read raises a copy of its own; what the body held is free."""
    lab = Lab()

    class Big:
        pass

    bigs: list[weakref.ref[Big]] = []

    async def body() -> None:
        big = Big()
        bigs.append(weakref.ref(big))
        raise ValueError("no", 1)

    memo = lab.function("f", body)
    errors = []
    for _ in range(3):
        with pytest.raises(ValueError) as caught:
            await memo.fetch(())
        errors.append(caught.value)
    assert len(bigs) == 1
    assert errors[0] is not errors[1]
    assert [error.args for error in errors] == [("no", 1)] * 3
    depths = []
    for error in errors:
        depth, trace = 0, error.__traceback__
        while trace is not None:
            depth, trace = depth + 1, trace.tb_next
        depths.append(depth)
    assert depths[1] == depths[2]
    assert "first raised as:" in errors[1].__notes__[0]
    del caught, errors, error, trace
    gc.collect()
    assert bigs[0]() is None


async def test_G29_a_call_on_a_disposed_function_raises() -> None:
    """Its results are invalidated; a call says that the service is gone."""
    lab = Lab()
    lab.data["a"] = 1
    leaf = lab.leaf("leaf")
    computed = await leaf.computed(("a",))
    notify(leaf.dispose())
    assert computed.origin is not None and computed.origin.kind is OriginKind.DISPOSED
    with pytest.raises(ServiceDisposed):
        await leaf.fetch(("a",))


async def test_G30_a_cycle_in_one_flow_raises_and_is_not_cached() -> None:
    """a → b → c → a."""
    lab = Lab()
    following = {"a": "b", "b": "c", "c": "a"}

    async def body(name: str) -> str:
        return str(await memo.fetch((following[name],)))

    memo = lab.function("f", body)
    with pytest.raises(CycleError) as caught:
        await memo.fetch(("a",))
    assert caught.value.keys == ("f('c')", "f('a')", "f('b')", "f('c')")
    assert not memo.table


async def test_G30_a_body_that_calls_itself_raises() -> None:
    """The shortest cycle."""
    lab = Lab()

    async def body() -> str:
        return str(await memo.fetch(()))

    memo = lab.function("f", body)
    with pytest.raises(CycleError):
        await memo.fetch(())


async def test_G30_a_cycle_across_flows_raises_in_every_participant() -> None:
    """Two callers, each in one half of the cycle, both get the error."""
    lab, gate = Lab(), Gate()

    async def body(name: str) -> str:
        await gate()
        return str(await memo.fetch(("ba"["ab".index(name)],)))

    memo = lab.function("f", body)
    calls = [asyncio.create_task(memo.fetch((name,))) for name in "ab"]
    await settled()
    assert gate.arrived == 2
    gate.open()
    for call in calls:
        with pytest.raises(CycleError):
            await call
    assert not memo.table


async def test_G30_swallowing_a_cycle_caches_nothing() -> None:
    """A participant that catches the error gives its caller a value, but keeps none."""
    lab = Lab()

    async def body(name: str) -> str:
        if name == "b":
            try:
                return str(await memo.fetch(("a",)))
            except CycleError:
                return "fallback"
        return str(await memo.fetch(("b",)))

    memo = lab.function("f", body)
    assert await memo.fetch(("a",)) == "fallback"
    assert not memo.table


async def test_G33_the_context_is_restored_and_children_add_edges() -> None:
    """gather and TaskGroup children belong to the body; afterwards calls belong to nobody."""
    lab = Lab()
    lab.data |= {"a": 1, "b": 2, "c": 3}
    leaf = lab.leaf("leaf")

    async def body() -> int:
        first, second = await asyncio.gather(leaf.fetch(("a",)), leaf.fetch(("b",)))
        async with asyncio.TaskGroup() as tasks:
            third = tasks.create_task(leaf.fetch(("c",)))
        return int(first + second + third.result())

    memo = lab.function("f", body)
    made = await memo.computed(())
    assert {computed.key for computed in made._dependencies} == {
        "leaf('a')",
        "leaf('b')",
        "leaf('c')",
    }
    await leaf.fetch(("a",))
    assert len(made._dependencies) == 3


async def test_a_body_sees_the_context_variables_of_its_first_caller() -> None:
    """Context variables reach the body, inline and in a task of its own."""
    lab = Lab()
    user: contextvars.ContextVar[str] = contextvars.ContextVar("user", default="nobody")

    async def body(depth: int) -> str:
        return user.get() if depth == 0 else str(await memo.fetch((depth - 1,)))

    memo = lab.function("f", body)
    user.set("somebody")
    assert await memo.fetch((120,)) == "somebody"


@pytest.mark.search
async def test_G35_a_chain_100_000_deep_computes_and_is_invalidated() -> None:
    """Neither the bodies nor the cascade nor the memory's release recurse."""
    lab = Lab()
    lab.graph.events.handlers = ()
    depth = size(20_000, 100_000)

    async def body(number: int) -> int:
        return 0 if number == 0 else 1 + int(await memo.fetch((number - 1,)))

    memo = lab.function("f", body)
    assert await memo.fetch((depth,)) == depth
    top = memo.peek((depth,))
    assert top is not None
    memo.invalidate((0,), TEST)
    assert not top.is_consistent
    assert not memo.table


async def test_G35_a_cold_chain_can_be_cancelled() -> None:
    """Cancelling the caller ends every body below it."""
    lab = Lab()
    gate = Gate()

    async def body(number: int) -> int:
        if number == 0:
            await gate()
        return 0 if number == 0 else 1 + int(await memo.fetch((number - 1,)))

    memo = lab.function("f", body)
    call = asyncio.create_task(memo.fetch((1_000,)))
    await until(lambda: gate.arrived)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    await until(lambda: not memo.table)


@pytest.mark.search
async def test_G35_a_fan_out_of_a_million_is_invalidated() -> None:
    """One leaf, a million dependants, one call."""
    width = size(50_000, 1_000_000)
    lab = Lab(max_computeds=2_000_000)
    lab.graph.events.handlers = ()
    lab.data["a"] = 1
    leaf = lab.leaf("leaf")

    async def body(number: int) -> int:
        return number + int(await leaf.fetch(("a",)))

    memo = lab.function("f", body)
    for number in range(width):
        await memo.fetch((number,))
    assert len(memo.table) == width
    leaf.invalidate(("a",), TEST)
    assert not memo.table
