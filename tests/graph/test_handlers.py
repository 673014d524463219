"""What handlers of an invalidation may do, and what they see (G14, G15, G15b)."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from fusionrt.contract import ANY
from fusionrt.graph import Computed, Event, EventKind, MutableState, State, notify

from .lab import TEST, Lab


async def test_G14_unsubscribing_twice_leaves_others_alone() -> None:
    """The same handler may be subscribed several times; each subscription ends by itself."""
    lab = Lab()
    lab.data["a"] = 1
    leaf = lab.leaf("leaf")
    computed = await leaf.computed(("a",))
    fired: list[Computed[Any]] = []
    unsubscribe = computed.on_invalidated(fired.append)
    computed.on_invalidated(fired.append)
    unsubscribe()
    unsubscribe()
    leaf.invalidate(("a",), TEST)
    assert fired == [computed]


async def test_G14_a_handler_may_unsubscribe_others() -> None:
    """What was unsubscribed by an earlier handler does not fire."""
    lab = Lab()
    lab.data["a"] = 1
    leaf = lab.leaf("leaf")
    computed = await leaf.computed(("a",))
    fired: list[str] = []

    def first(_: Computed[Any]) -> None:
        fired.append("first")
        unsubscribe()

    computed.on_invalidated(first)
    unsubscribe = computed.on_invalidated(lambda _: fired.append("second"))
    computed.on_invalidated(lambda _: fired.append("third"))
    leaf.invalidate(("a",), TEST)
    assert fired == ["first", "third"]


@pytest.mark.parametrize("error", [ValueError, asyncio.CancelledError, GeneratorExit])
async def test_G15_whatever_a_handler_raises_stops_nothing(error: type[BaseException]) -> None:
    """Also a CancelledError, which `result()` of a cancelled future raises."""
    lab = Lab()
    lab.data["a"] = 1
    leaf = lab.leaf("leaf")
    computed = await leaf.computed(("a",))
    fired: list[int] = []
    reported: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: reported.append(context))

    def handler(_: Computed[Any]) -> None:
        raise error

    computed.on_invalidated(handler)
    computed.on_invalidated(lambda _: fired.append(1))
    leaf.invalidate(("a",), TEST)
    assert fired == [1]
    assert [type(context["exception"]) for context in reported] == [error]


async def test_G15_a_handler_may_invalidate_compute_and_subscribe() -> None:
    """The engine is whole while handlers run; what they start, they start afresh."""
    lab = Lab()
    lab.data |= {"a": 1, "b": 2}
    leaf = lab.leaf("leaf")
    a, b = await leaf.computed(("a",)), await leaf.computed(("b",))
    seen: list[str] = []
    calls: list[asyncio.Task[Any]] = []

    def handler(computed: Computed[Any]) -> None:
        seen.append(computed.key)
        leaf.invalidate(("b",), TEST)
        leaf.invalidate(("a",), TEST)
        calls.append(asyncio.create_task(leaf.fetch(("a",))))
        computed.on_invalidated(lambda again: seen.append(f"again {again.key}"))

    a.on_invalidated(handler)
    b.on_invalidated(lambda computed: seen.append(computed.key))
    lab.data["a"] = 3
    leaf.invalidate(("a",), TEST)
    assert seen == ["leaf('a')", "leaf('b')", "again leaf('a')"]
    assert await calls[0] == 3
    assert leaf.peek(("a",)) is not None and leaf.peek(("b",)) is None


async def test_G15b_no_handler_sees_a_wildcard_half_applied() -> None:
    """All that one invalidation names is marked before the first handler is told."""
    lab = Lab()
    lab.data |= dict.fromkeys("abc", 1)
    leaf = lab.leaf("leaf")
    computeds = [await leaf.computed((name,)) for name in "abc"]
    seen: list[set[State]] = []
    for computed in computeds:
        computed.on_invalidated(lambda _: seen.append({each.state for each in computeds}))
    leaf.invalidate((ANY,), TEST)
    assert seen == [{State.INVALIDATED}] * 3


async def test_G15b_no_handler_sees_a_service_half_disposed() -> None:
    """The same when everything goes at once."""
    lab = Lab()
    lab.data |= dict.fromkeys("abc", 1)
    leaf, other = lab.leaf("leaf"), lab.leaf("other")
    computeds = [await function.computed((name,)) for name in "abc" for function in (leaf, other)]
    seen: list[set[State]] = []
    for computed in computeds:
        computed.on_invalidated(lambda _: seen.append({each.state for each in computeds}))
    notify(leaf.dispose() + other.dispose())
    assert seen == [{State.INVALIDATED}] * 6


async def test_G27_a_handler_reads_the_value_that_was_set() -> None:
    """Whoever is told of a state's change reads the new value, whoever is told first."""
    lab = Lab()
    state = MutableState(1)

    async def body() -> int:
        return 10 * await state.use()

    function = lab.function("f", body)
    made = await function.computed(())
    seen: list[object] = []
    made.on_invalidated(lambda _: seen.append((state.value, function.peek(()))))
    (await state.computed()).on_invalidated(lambda _: seen.append((state.value, made.state)))
    state.set(1)
    state.set(1.0)  # type: ignore[arg-type]
    assert seen == []
    state.set(2)
    assert seen == [(2, State.INVALIDATED), (2, None)]
    assert await function.fetch(()) == 20


async def test_G15_a_raising_subscriber_of_the_event_log_changes_nothing() -> None:
    """It is reported; bodies, calls and the other subscribers go on."""
    lab = Lab()
    lab.data["a"] = 1
    reported: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: reported.append(context))

    def raising(event: Event) -> None:
        raise LookupError(str(event))

    unsubscribe = lab.graph.events.subscribe(raising)
    lab.graph.events.subscribe(lambda event: after.append(event.kind))
    after: list[EventKind] = []
    leaf = lab.leaf("leaf")
    assert await leaf.fetch(("a",)) == 1
    leaf.invalidate(("a",), TEST)
    assert after == [EventKind.BODY_STARTED, EventKind.BODY_ENDED, EventKind.INVALIDATED]
    assert [type(context["exception"]) for context in reported] == [LookupError] * 3
    unsubscribe()
    assert await leaf.fetch(("a",)) == 1
    assert len(reported) == 3
