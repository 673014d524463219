"""The options of compute methods, on virtual time (G22, G24, G25, G26)."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from fusionrt import ComputeOptions, Graph, Host, NotBoundError, current, is_transient
from fusionrt.graph import ConsolidatingFunction, Function, OriginKind
from fusionrt.testing import SeededLoop, run
from fusionrt.transport.memory import MemoryNetwork
from tests.virtual import virtual

from .lab import TEST, Lab


def failing(lab: Lab, error: Exception, options: ComputeOptions) -> Function[Any]:
    """A function that raises."""

    async def body() -> None:
        raise error

    return Function(lab.graph, "f", body, options=options)


async def lifetime(function: Function[Any], *arguments: object) -> float:
    """How long a result lives, in seconds."""
    computed = await function.computed(arguments)
    began = asyncio.get_running_loop().time()
    await computed.invalidated()
    assert computed.origin is not None and computed.origin.kind is OriginKind.EXPIRY
    return asyncio.get_running_loop().time() - began


class Busy(Exception):
    """Wants to be asked again later."""

    retry_after = 60.0


@pytest.mark.parametrize(
    ("error", "options", "seconds"),
    [
        (ValueError(), ComputeOptions(), 30.0),
        (ValueError(), ComputeOptions(error_ttl=5.0), 5.0),
        (ConnectionError(), ComputeOptions(), 1.0),
        (TimeoutError(), ComputeOptions(transient_error_ttl=2.0), 2.0),
        (ValueError(), ComputeOptions(auto_invalidate=3.0), 3.0),
        (Busy(), ComputeOptions(error_ttl=5.0), 60.0),
    ],
)
def test_G22_an_error_is_served_for_its_time_to_live(
    error: Exception, options: ComputeOptions, seconds: float
) -> None:
    """Transient 1 s, others 30 s; capped by `auto_invalidate`; at least its own retry-after."""

    async def main() -> None:
        assert await lifetime(failing(Lab(), error, options)) == pytest.approx(seconds)

    run(main(), seed=0)


@virtual
async def test_G22_which_errors_are_transient_is_up_to_the_user() -> None:
    """In a graph, and in the one of a host."""

    def classifier(error: Exception) -> bool:
        return is_transient(error) or isinstance(error, KeyError)

    async def body(error: Exception) -> None:
        raise error

    async with Host(transport=MemoryNetwork(0).connect("a"), is_transient=classifier) as host:
        for graph in (Graph(is_transient=classifier), host.graph):
            function = Function(graph, "f", body)
            for error, seconds in ((KeyError(), 1.0), (OSError(), 1.0), (ValueError(), 30.0)):
                assert await lifetime(function, error) == pytest.approx(seconds)


@virtual
async def test_auto_invalidate_ends_a_result() -> None:
    """A value lives as long as the option says."""
    lab = Lab()
    lab.data["a"] = 1

    async def body() -> int:
        return 1

    function = Function(lab.graph, "f", body, options=ComputeOptions(auto_invalidate=7.0))
    assert await lifetime(function) == pytest.approx(7.0)


@virtual
async def test_a_body_can_limit_the_life_of_its_result() -> None:
    """`current().invalidate_in`: the shortest time counts; outside of a body it is refused."""
    lab = Lab()

    async def body() -> int:
        current().invalidate_in(9.0)
        current().invalidate_in(4.0)
        current().invalidate_in(6.0)
        return 1

    assert await lifetime(lab.function("f", body)) == pytest.approx(4.0)
    with pytest.raises(NotBoundError):
        current()


@virtual
async def test_G24_a_timer_goes_with_its_result() -> None:
    """A hot writer leaves no heap of timers that are due in hours."""
    lab = Lab()

    async def body() -> int:
        return 1

    function = Function(lab.graph, "f", body, options=ComputeOptions(auto_invalidate=10_000.0))
    for _ in range(50):
        await function.fetch(())
        function.invalidate((), TEST)
    loop = lab.graph.loop
    assert isinstance(loop, SeededLoop)
    assert [timer for timer in loop._scheduled if not timer.cancelled()] == []


@virtual
async def test_G24_a_pending_timer_keeps_nothing_alive() -> None:
    """What is dropped is collected, though its timer is not due for hours."""
    lab = Lab()

    class Big:
        pass

    async def body() -> Big:
        return Big()

    function = Function(lab.graph, "f", body, options=ComputeOptions(auto_invalidate=10_000.0))
    big = weakref.ref((await function.computed(())).value)
    del function
    gc.collect()
    assert big() is None


@virtual
async def test_G25_invalidations_in_one_window_make_one_transition() -> None:
    """At first + delay; until then the old value is served, by declaration."""
    lab = Lab()
    lab.data["a"] = 1

    async def body() -> int:
        return int(lab.data["a"])

    options = ComputeOptions(invalidation_delay=2.0)
    function = Function(lab.graph, "f", body, options=options)

    async def user_body() -> int:
        return int(await function.fetch(())) * 10

    user = lab.function("user", user_body)
    made = await user.computed(())
    loop = asyncio.get_running_loop()
    began = loop.time()
    for value in (2, 3, 4):
        lab.data["a"] = value
        function.invalidate((), TEST)
        assert made.is_consistent
        await asyncio.sleep(0.5)
    await made.invalidated()
    assert loop.time() - began == pytest.approx(2.0)
    assert await user.fetch(()) == 40


def consolidated(lab: Lab, body: Callable[..., Awaitable[Any]]) -> Function[Any]:
    """A function that consolidates after a second."""
    options = ComputeOptions(consolidate=1.0)
    return ConsolidatingFunction(lab.graph, "even", body, key=tuple, options=options)


@virtual
async def test_G26_an_equal_output_moves_nothing_downstream() -> None:
    """The dependants stay; when the output differs they go, once."""
    lab = Lab()
    lab.data["a"] = 1
    leaf = lab.leaf("leaf")

    async def body() -> bool:
        return int(await leaf.fetch(("a",))) % 2 == 0

    function = consolidated(lab, body)

    async def user_body() -> str:
        return "even" if await function.fetch(()) else "odd"

    user = lab.function("user", user_body)
    made = await user.computed(())
    for value in (3, 5, 7):
        lab.data["a"] = value
        leaf.invalidate(("a",), TEST)
        await asyncio.sleep(1.5)
        assert made.is_consistent
    lab.data["a"] = 8
    leaf.invalidate(("a",), TEST)
    assert made.is_consistent
    await asyncio.sleep(1.5)
    assert not made.is_consistent and made.origin == TEST
    assert await user.fetch(()) == "even"


@virtual
async def test_G26_a_failure_of_the_recomputation_invalidates() -> None:
    """What cannot be compared counts as different."""
    lab = Lab()
    lab.data["a"] = 1
    leaf = lab.leaf("leaf")

    async def body() -> int:
        return 10 // int(await leaf.fetch(("a",)))

    function = consolidated(lab, body)
    made = await function.computed(())
    lab.data["a"] = 0
    leaf.invalidate(("a",), TEST)
    await asyncio.sleep(1.5)
    assert not made.is_consistent
    with pytest.raises(ZeroDivisionError):
        await function.fetch(())


@virtual
async def test_G26_its_own_invalidation_is_compared_too() -> None:
    """`invalidate` on a consolidating method goes to what it is computed from."""
    lab = Lab()
    lab.data["a"] = 1
    runs: list[int] = []

    async def body() -> int:
        runs.append(1)
        return int(lab.data["a"])

    function = consolidated(lab, body)
    made = await function.computed(())
    function.invalidate((), TEST)
    await asyncio.sleep(1.5)
    assert made.is_consistent and len(runs) == 2
    lab.data["a"] = 2
    function.invalidate((), TEST)
    await asyncio.sleep(1.5)
    assert not made.is_consistent
