"""`consolidate`: what passes between a target and its source besides values (G26)."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import Callable
from typing import Any

import pytest

from fusionrt import ComputeOptions, RemoteUnavailable
from fusionrt.graph import (
    ConsolidatingFunction,
    Function,
    OriginKind,
    lean,
    mark,
    new_hot_table,
    notify,
)
from fusionrt.testing import run
from tests.virtual import virtual

from .lab import TEST, Gate, Lab, settled


class Promise:
    """A lease that a test lets lapse, hold again, or end."""

    def __init__(self) -> None:
        self.holds = True
        self._handlers: list[Callable[[], None]] = []

    def proven(self) -> bool:
        return self.live()

    def live(self) -> bool:
        return self.holds

    def on_turn(self, handler: Callable[[], None]) -> Callable[[], None]:
        self._handlers.append(handler)
        return lambda: self._handlers.remove(handler)

    def services(self) -> tuple[str, ...]:
        return ("leaf",)

    async def revalidate(self) -> None:
        raise RemoteUnavailable("leaf", "the session with its host is over")

    def turn(self, holds: bool) -> None:
        """It lapses, or holds again."""
        self.holds = holds
        for handler in list(self._handlers):
            handler()


class Chain:
    """A leaf, a consolidating function over it, and a user of that."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.promise = Promise()
        self.bodies = 0
        self.leaf = Function(lab.graph, "leaf", self._read)
        options = ComputeOptions(consolidate=1.0)
        self.even = ConsolidatingFunction(
            lab.graph, "even", self._even, options=options, hot=new_hot_table()
        )
        self.user = lab.function("user", lambda: self.even.fetch(()))

    async def _read(self) -> int:
        return int(self.lab.data["a"])

    async def _even(self) -> bool:
        self.bodies += 1
        return await self.leaf.fetch(()) % 2 == 0

    def lease(self) -> None:
        """What is read of the leaf leans on the promise."""
        replica = self.leaf.peek(())
        assert replica is not None
        lean(replica, self.promise)


def chain(value: int = 1) -> Chain:
    """A chain over a value."""
    lab = Lab()
    lab.data["a"] = value
    return Chain(lab)


@virtual
async def test_G5_invalidating_the_whole_function_invalidates_its_sources() -> None:
    """The next read is computed: of a service, of a graph, and while a target is being made."""
    made = chain()

    def of_service() -> None:
        notify(made.even.mark_all(TEST))

    def of_graph() -> None:
        made.lab.graph.invalidate_all(TEST)

    for value, invalidate_all in ((2, of_service), (3, of_graph)):
        user = await made.user.computed(())
        made.lab.data["a"] = value
        made.leaf.invalidate((), TEST)
        invalidate_all()
        assert not user.is_consistent
        assert await made.user.fetch(()) is (value % 2 == 0)
    gate = asyncio.Event()

    async def body() -> int:
        value = int(made.lab.data["a"])
        await gate.wait()
        return value

    options = ComputeOptions(consolidate=1.0)
    slow = ConsolidatingFunction(made.lab.graph, "slow", body, options=options)
    call = asyncio.create_task(slow.fetch(()))
    await asyncio.sleep(1)
    made.lab.data["a"] = 4
    notify(slow.mark_all(TEST))
    gate.set()
    assert (await call, await slow.fetch(())) == (3, 4)


@virtual
async def test_G5_a_function_that_reads_no_computed_is_computed_anew_after_mark_all() -> None:
    """Nothing below it would tell: the old value would stay for ever."""
    lab = Lab()
    lab.data["a"] = 1

    async def body() -> int:
        return int(lab.data["a"])

    options = ComputeOptions(consolidate=1.0)
    function = ConsolidatingFunction(lab.graph, "f", body, options=options)
    assert await function.fetch(()) == 1
    for value in (2, 3):
        lab.data["a"] = value
        notify(function.mark_all(TEST))
        assert await function.fetch(()) == value
        await asyncio.sleep(2)
        assert await function.fetch(()) == value


@virtual
async def test_G29_a_disposed_function_computes_nothing_behind_the_scenes() -> None:
    """Targets and sources are gone, and no timer brings them back."""
    made = chain()
    target = await made.even.computed(())
    made.leaf.invalidate((), TEST)
    notify(made.even.dispose())
    assert target.origin is not None and target.origin.kind is OriginKind.DISPOSED
    await asyncio.sleep(5)
    assert made.bodies == 1


@pytest.mark.parametrize("seed", range(8))
def test_G29_a_function_that_goes_when_its_window_ends_fails_nowhere(seed: int) -> None:
    """In whatever order: no task ends by an error that nobody takes, and so keeps what it met."""

    async def main() -> None:
        made = chain()
        await made.even.fetch(())
        made.leaf.invalidate((), TEST)
        await asyncio.sleep(1)
        notify(made.even.dispose())
        await settled()

    run(main(), seed=seed)


@virtual
async def test_G29_a_function_that_goes_while_its_source_is_computed_fails_nowhere() -> None:
    """That source is for nobody."""
    lab, gate = Lab(), Gate()
    gate.open()

    async def body() -> int:
        await gate()
        return 1

    options = ComputeOptions(consolidate=1.0)
    function = ConsolidatingFunction(lab.graph, "f", body, options=options)
    (source,) = function.made_from(await function.computed(()))
    gate = Gate()
    notify(mark([source], TEST))
    await asyncio.sleep(2)
    assert gate.arrived == 1
    notify(function.dispose())
    gate.open()
    await settled()
    assert gate.arrived == 1


@pytest.mark.parametrize("seed", range(8))
def test_G26_what_is_invalidated_before_it_is_compared_is_not_computed(seed: int) -> None:
    """Nobody asked for it, and nobody would hold it."""

    async def main() -> None:
        made = chain()
        await made.even.fetch(())
        made.leaf.invalidate((), TEST)
        await asyncio.sleep(1)
        begun = made.bodies
        notify(made.even.mark_all(TEST))
        await settled()
        assert made.bodies == begun

    run(main(), seed=seed)


@virtual
async def test_G26_what_ends_the_recomputation_invalidates() -> None:
    """Though it is no error, and nothing is known of what would have come out."""

    class Halt(BaseException):
        pass

    lab = Lab()
    told: list[Any] = []
    lab.graph.loop.set_exception_handler(lambda _, context: told.append(context["exception"]))
    runs: list[int] = []

    async def body() -> int:
        runs.append(1)
        if len(runs) == 2:
            raise Halt
        return 1

    options = ComputeOptions(consolidate=1.0)
    function = ConsolidatingFunction(lab.graph, "f", body, options=options)
    target = await function.computed(())
    function.invalidate((), TEST)
    await asyncio.sleep(2)
    assert not target.is_consistent and [type(error) for error in told] == [Halt]
    assert await function.fetch(()) == 1


@virtual
async def test_G26_what_is_suspended_is_compared_too() -> None:
    """To be suspended is not to have changed: nothing moves downstream."""
    made = chain()

    async def body() -> bool:
        return bool(await made.leaf.fetch((), stale_ok=True) % 2)

    options = ComputeOptions(consolidate=1.0)
    odd = ConsolidatingFunction(made.lab.graph, "odd", body, options=options)
    await made.leaf.fetch(())
    made.lease()
    target = await odd.computed(())
    made.promise.turn(False)
    odd.invalidate((), TEST)
    await asyncio.sleep(2)
    assert target.is_suspended and odd.made_from(target)[0].is_suspended
    made.promise.turn(True)
    assert target.is_consistent and odd.bodies == 2


@virtual
async def test_D20_results_that_are_chosen_go_without_a_comparison() -> None:
    """At once, and no others: they may be another host's by now."""
    lab = Lab()

    async def body(number: int) -> int:
        return number

    options = ComputeOptions(consolidate=1.0)
    function = ConsolidatingFunction(lab.graph, "f", body, options=options)
    gone, stays = [await function.computed((number,)) for number in (1, 2)]
    notify(function.mark_where(lambda arguments: arguments == (1,), TEST))
    assert (gone.is_consistent, stays.is_consistent) == (False, True)


@virtual
async def test_D6b_a_lease_that_is_added_below_reaches_the_consolidated_result() -> None:
    """And what is made from it, at read; both are fresh again when it holds again."""
    made = chain()
    user, target = await made.user.computed(()), await made.even.computed(())
    await made.user.fetch(())
    made.lease()
    assert target.is_consistent and user.is_consistent
    made.promise.turn(False)
    for computed in (target, user):
        assert computed.is_suspended and not computed.is_consistent
    for read in (made.even.fetch(()), made.user.fetch(())):
        with pytest.raises(RemoteUnavailable):
            await read
    assert await made.user.fetch((), stale_ok=True) is False
    made.promise.turn(True)
    assert target.is_consistent and user.is_consistent
    assert (await made.user.fetch(()), made.bodies) == (False, 1)


@virtual
async def test_D6b_an_equal_result_of_another_session_heals_what_is_made_from_it() -> None:
    """The old session's lease never holds again; nothing leans on it any more."""
    made = chain()
    await made.leaf.fetch(())
    made.lease()
    user = await made.user.computed(())
    made.promise.turn(False)
    assert user.is_suspended
    made.leaf.invalidate((), TEST)  # its host is gone
    await asyncio.sleep(2)
    assert user.is_consistent and made.bodies == 2
    assert await made.user.fetch(()) is False
    made.promise = Promise()
    made.lease()
    made.promise.turn(False)
    assert user.is_suspended


@virtual
async def test_D26_watchers_of_a_consolidated_result_are_told_of_suspensions() -> None:
    """Also of those that come with a later lease, or with another source."""
    made = chain()
    changes = (await made.user.computed(())).changes()
    user = await anext(changes)
    for _ in range(2):
        for holds in (False, True):
            news = asyncio.ensure_future(anext(changes))
            await asyncio.sleep(1)
            assert not news.done()
            if not holds:
                made.lease()
                await asyncio.sleep(1)
            made.promise.turn(holds)
            assert await news is user and user.is_suspended is not holds
        made.promise = Promise()
        made.leaf.invalidate((), TEST)
        await asyncio.sleep(2)
        assert await made.leaf.fetch(()) == 1
    assert user.is_consistent


@virtual
async def test_a_consolidated_result_is_explained_by_its_source() -> None:
    """`explain`, `diagram` and `statistics` know what it was made from, and by whom it is used."""
    made = chain()
    graph = made.lab.graph
    user, target = await made.user.computed(()), await made.even.computed(())
    (source,) = graph.explain(target).dependencies
    assert source.key == "even's source()"
    assert graph.explain(source).dependants == (target,)
    leaf = made.leaf.peek(())
    assert graph.explain(source).dependencies == (leaf,)
    assert graph.explain(target).dependants == (user,)
    for of in (None, target, leaf):
        diagram = graph.diagram("mermaid", of)
        assert [diagram.count(f'["{key}()"]') for key in ("leaf", "even", "user")] == [1, 1, 1]
        assert diagram.count("-->") == 3
    assert graph.statistics().edges == 3
    made.lab.data["a"] = 2
    made.leaf.invalidate((), TEST)
    await asyncio.sleep(2)
    explanation = graph.explain(user)
    assert [each.key for each in explanation.chain] == [
        "leaf()", "even's source()", "even()", "user()"
    ]  # fmt: skip
    assert explanation.dependencies == () and explanation.origin == TEST


@virtual
async def test_a_consolidating_function_is_counted_once() -> None:
    """Reads are those of callers, bodies those that ran."""
    made = chain()
    for _ in range(3):
        await made.even.fetch(())
    methods = made.lab.graph.statistics().methods
    assert "even's source" not in methods
    counts = methods["even"]
    assert (counts.hits, counts.misses, counts.bodies) == (2, 1, 1)
    made.leaf.invalidate((), TEST)
    await asyncio.sleep(2)
    counts = made.lab.graph.statistics().methods["even"]
    assert (counts.hits, counts.misses, counts.bodies) == (2, 1, 2)
    assert made.even.bodies == 2


@virtual
async def test_G34_a_pruned_consolidated_result_that_is_held_follows_its_source() -> None:
    """Nobody keeps its source but it; what nobody holds is gone."""
    made = chain()
    target = await made.even.computed(())
    made.lab.graph.prune()
    assert made.lab.graph.statistics().kept == 0
    made.lease()
    made.promise.turn(False)
    assert target.is_suspended
    made.lab.data["a"] = 2
    made.leaf.invalidate((), TEST)
    await asyncio.sleep(2)
    assert not target.is_consistent
    reference = weakref.ref(target)
    del target
    gc.collect()
    assert reference() is None


@virtual
async def test_G37_values_that_cannot_be_compared_count_as_different() -> None:
    """`__eq__` raises: it is reported, and the dependants are invalidated."""

    class Odd:
        def __eq__(self, other: object) -> bool:
            raise ArithmeticError("not comparable")

    lab = Lab()
    told: list[Any] = []
    lab.graph.loop.set_exception_handler(lambda _, context: told.append(context["exception"]))

    async def body() -> Odd:
        return Odd()

    options = ComputeOptions(consolidate=1.0)
    function = ConsolidatingFunction(lab.graph, "odd", body, options=options)
    target = await function.computed(())
    function.invalidate((), TEST)
    await asyncio.sleep(2)
    assert not target.is_consistent
    assert [type(error) for error in told] == [ArithmeticError]
