"""A state machine: any sequence of what can happen to a graph, against a naive model of it.

The model recomputes: a node's value is the version of each leaf that it is made from. Rules are
synchronous and drive the seeded loop, by single steps or by virtual time, so that each rule finds
bodies in every stage. Every invariant is checked after each rule.
"""

from __future__ import annotations

import asyncio
import gc
import sys
import weakref
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from fusionrt.contract import ANY, ComputeOptions
from fusionrt.errors import ServiceDisposed
from fusionrt.graph import (
    Changes,
    Computed,
    ComputedState,
    ConsolidatingFunction,
    Event,
    EventKind,
    FixedDelayer,
    Function,
    Graph,
    HotTable,
    MutableState,
    State,
    invalidate,
    new_hot_table,
    notify,
)
from fusionrt.testing import SeededLoop
from tests.sizes import size

from .lab import TEST

LEAVES = ("0", "1", "2")
STATES = ("x", "y")
SUMS: dict[str, tuple[str, ...]] = {
    "a": ("0", "1"),
    "b": ("a", "x"),
    "c": ("a", "b", "2", "y"),
    "d": ("c", "b"),
}
SOURCES = (*LEAVES, *STATES)
NODES = (*LEAVES, *SUMS)
LIFETIME = 50.0
"""Of every result, in seconds; an error's is 30."""
WINDOW = 1.0
"""Seconds until what consolidates is compared."""


def sources_of(name: str) -> set[str]:
    """The leaves and states that a node is made from."""
    if name not in SUMS:
        return {name}
    return set().union(*map(sources_of, SUMS[name]))


class Failure(Exception):
    """What a leaf raises while it is broken; its arguments are the leaf and its version."""


@dataclass
class Subscription:
    """A handler of one computed."""

    computed: Computed[Any]
    fired: int = 0
    unsubscribe: Callable[[], None] = field(default=lambda: None)
    ended: bool = False
    """Unsubscribed before it fired: it never may."""

    def __call__(self, _: Computed[Any]) -> None:
        self.fired += 1


class Machine(RuleBasedStateMachine):
    """One graph, one event loop."""

    @initialize(seed=st.integers(0, 2**32), room=st.sampled_from((3, 1_000)))
    def begin(self, seed: int, room: int) -> None:
        """An empty graph, with room for everything or for next to nothing."""
        self.loop = SeededLoop(seed)
        self.random = self.loop.fusion_random
        self.broken: dict[str, list[bool]] = {name: [False] for name in SOURCES}
        """For each version of a source, whether it fails."""
        self.running: Counter[str] = Counter()
        self.seen: dict[Computed[Any], State] = {}
        self.outputs: dict[Computed[Any], tuple[Any, Any]] = {}
        self.settled: dict[Computed[Any], float] = {}
        self.subscriptions: list[Subscription] = []
        self.calls: list[asyncio.Task[None]] = []
        self.waiters: list[asyncio.Task[None]] = []
        self.watchers: list[tuple[asyncio.Task[None], list[Computed[Any]]]] = []
        self.kept: list[tuple[asyncio.Task[None], str, list[ComputedState[Any]]]] = []
        self.graph = self.loop.run_until_complete(self._graph(room))
        self.node = Function[dict[str, int]](
            self.graph,
            "node",
            self._body,
            options=ComputeOptions(auto_invalidate=LIFETIME),
            hot=new_hot_table(),
        )
        self.steady = ConsolidatingFunction[int](
            self.graph, "steady", self._steady, options=ComputeOptions(consolidate=WINDOW)
        )
        self.states = {name: MutableState(0, name=name) for name in STATES}

    async def _graph(self, room: int) -> Graph:
        graph = Graph(max_computeds=room)
        graph.events.subscribe(self._event)
        return graph

    # -- the program --

    def version(self, source: str) -> int:
        """The ground truth."""
        return len(self.broken[source]) - 1

    async def _pause(self) -> None:
        chance = self.random.random()
        if chance < 0.3:
            await asyncio.sleep(0)
        elif chance < 0.8:
            await asyncio.sleep(self.random.choice((0.5, 1.0)))

    async def _body(self, name: str) -> dict[str, int]:
        self.running[name] += 1
        try:
            await self._pause()
            if name in SUMS:
                return await self._sum(name)
            version = self.version(name)
            await self._pause()
            if self.broken[name][version]:
                raise Failure(name, version)
            return {name: version}
        finally:
            self.running[name] -= 1

    async def _sum(self, name: str) -> dict[str, int]:
        merged: dict[str, int] = {}
        for part in await asyncio.gather(*map(self._part, SUMS[name])):
            for source, version in part.items():
                merged[source] = min(version, merged.get(source, version))
        await self._pause()
        return merged

    async def _part(self, name: str) -> dict[str, int]:
        if name in self.states:
            return {name: await self.states[name].use()}
        return await self.node.fetch((name,))

    async def _steady(self) -> int:
        """Changes half as often as what it is made from."""
        parts = await self.node.fetch(("0",))
        return parts["0"] // 2

    async def _read(self, name: str, get: Callable[[], Any]) -> None:
        """G5b: nothing that a call gets is older than the call."""
        floor = {source: self.version(source) for source in SOURCES}
        try:
            result = await get()
            if isinstance(result, Computed):
                assert result.state is not State.COMPUTING, "G2"
                result = result.value
        except Failure as error:
            source, version = error.args
            assert self.broken[source][version] and source in sources_of(name)
            result = {source: version}
        else:
            assert set(result) == sources_of(name), "G20"
        for source, version in result.items():
            assert version >= floor[source], f"G5b: {name} saw {source} at {version}"

    async def _watch(self, name: str, into: list[Computed[Any]]) -> None:
        async for computed in Changes(self.node, (name,)):
            assert computed.state is not State.COMPUTING, "G2"
            into.append(computed)

    async def _keep(self, name: str, delay: float, into: list[ComputedState[Any]]) -> None:
        def compute() -> Any:
            return self.node.fetch((name,))

        async with ComputedState(compute, delayer=FixedDelayer(delay)) as state:
            into.append(state)
            await asyncio.Event().wait()

    async def _when(self, name: str, source: str, version: int) -> None:
        computed = await self.node.computed((name,))
        try:
            found = await computed.when(lambda parts: parts[source] >= version)
        except Failure:
            return
        assert found.value[source] >= version

    def _event(self, event: Event) -> None:
        computed = event.computed
        if computed._function is self.steady and event.kind is EventKind.INVALIDATED:
            alike = computed.error is None and computed.value == self.version("0") // 2
            assert not alike or any(self.broken["0"]) or self.steady.disposed, "G26"
        if event.kind is EventKind.BODY_STARTED:
            assert computed._function.table[computed._key] is computed, "G4"
            self.seen[computed] = State.COMPUTING
        elif event.kind is EventKind.BODY_ENDED:
            self.settled[computed] = self.loop.time()

    # -- rules --

    @rule(name=st.sampled_from(NODES), computed=st.booleans())
    def call(self, name: str, computed: bool) -> None:
        """Somebody reads a node."""
        get = self.node.computed if computed else self.node.fetch
        self.calls.append(self.loop.create_task(self._read(name, lambda: get((name,)))))

    @rule(steps=st.integers(1, 30))
    def step(self, steps: int) -> None:
        """The loop does some of what it could do now."""
        for _ in range(steps):
            if not self.loop._ready:
                break
            self.loop.stop()
            self.loop.run_forever()

    @rule()
    def idle(self) -> None:
        """The loop does all that it can do now."""
        self.loop.run_until_complete(self.loop.idle())

    @rule(seconds=st.sampled_from((0.4, 1.0, 31.0, 51.0)))
    def sleep(self, seconds: float) -> None:
        """Time passes: bodies go on, errors and results expire."""
        self.loop.run_until_complete(asyncio.sleep(seconds))

    @rule(source=st.sampled_from(LEAVES), broken=st.booleans())
    def write(self, source: str, broken: bool) -> None:
        """A leaf changes, or breaks."""
        self.broken[source].append(broken)
        self.node.invalidate((source,), TEST)
        self._is_gone(source)

    @rule(source=st.sampled_from(STATES))
    def set_state(self, source: str) -> None:
        """A state changes; every read sees it at once (G27)."""
        self.broken[source].append(False)
        self.states[source].set(self.version(source))
        assert self.states[source].value == self.version(source), "G27"
        self._is_gone(source)
        self.states[source].set(self.version(source))  # an equal value does nothing

    def _is_gone(self, source: str) -> None:
        for computed in self.seen:
            if computed.state is State.CONSISTENT and computed._function is self.node:
                version = self._parts(computed).get(source, self.version(source))
                assert version == self.version(source), f"G7: {computed}"

    @rule(name=st.sampled_from(NODES), delay=st.sampled_from((0.0, 0.5)))
    @precondition(lambda self: len(self.kept) < 2)
    def keep_up_to_date(self, name: str, delay: float) -> None:
        """Somebody has a `ComputedState` of a node (G28)."""
        into: list[ComputedState[Any]] = []
        task = self.loop.create_task(self._keep(name, delay, into))
        self.kept.append((task, name, into))

    @rule(name=st.sampled_from(NODES), ahead=st.integers(0, 2))
    def wait_for(self, name: str, ahead: int) -> None:
        """Somebody waits for a value that is to come, or is there."""
        source = sorted(sources_of(name))[0]
        self.waiters.append(
            self.loop.create_task(self._when(name, source, self.version(source) + ahead))
        )

    @rule()
    def read_steadily(self) -> None:
        """Somebody reads what consolidates."""

        async def read() -> None:
            with suppress(Failure):
                await self.steady.fetch(())

        self.calls.append(self.loop.create_task(read()))

    @rule()
    def prune(self) -> None:
        """Everything that nobody holds is let go; nothing changes for whoever reads."""
        before = {computed: computed.state for computed in self.seen}
        self.graph.prune()
        assert before == {computed: computed.state for computed in self.seen}
        assert all(computed.state is State.COMPUTING or pinned(computed) for computed in self._kept)

    @property
    def _kept(self) -> list[Computed[Any]]:
        return [each for function in self.graph.functions for each in function.table.values()]

    @rule()
    def invalidate_all(self) -> None:
        """A wildcard."""
        self.node.invalidate((ANY,), TEST)
        for computed in self.node.all():
            assert computed.state is State.COMPUTING and computed._origin is not None, "G7"

    @rule(data=st.data())
    @precondition(lambda self: self.seen)
    def invalidate_one(self, data: st.DataObject) -> None:
        """Somebody invalidates a computed in hand; a late one leaves its successor alone (G13)."""
        computed = data.draw(st.sampled_from(list(self.seen)))
        if computed._function is self.steady:
            return  # its method is invalidated through its source
        late = computed.state is State.INVALIDATED
        table = dict(computed._function.table)
        invalidate(computed, TEST)
        if late:
            assert computed._function.table == table, "G13"

    @rule(data=st.data())
    @precondition(lambda self: any(not call.done() for call in self.calls))
    def cancel(self, data: st.DataObject) -> None:
        """A caller gives up."""
        calls = [call for call in self.calls if not call.done()]
        data.draw(st.sampled_from(calls)).cancel()

    @rule(data=st.data())
    @precondition(lambda self: self.seen)
    def subscribe(self, data: st.DataObject) -> None:
        """Somebody wants to know of an invalidation, in time or too late (G14)."""
        settled = [c for c in self.seen if c.state is not State.COMPUTING]
        if settled:
            computed = data.draw(st.sampled_from(settled))
            subscription = Subscription(computed)
            subscription.unsubscribe = computed.on_invalidated(subscription)
            self.subscriptions.append(subscription)

    @rule(data=st.data())
    @precondition(lambda self: self.subscriptions)
    def unsubscribe(self, data: st.DataObject) -> None:
        """Somebody does not want to know any more; twice is as good as once."""
        subscription = data.draw(st.sampled_from(self.subscriptions))
        subscription.ended |= not subscription.fired
        subscription.unsubscribe()
        subscription.unsubscribe()

    @rule(name=st.sampled_from(NODES))
    def look(self, name: str) -> None:
        """To look at what is Consistent runs nothing, and adds no edge (G21)."""
        there = self.node.peek((name,))
        if there is not None:
            runs, dependants = self.node.bodies, dict(there._dependants)
            for call in (self.node.computed((name,)), there.update()):
                assert _at_once(call) is there, "G21"
            assert (self.node.bodies, there._dependants) == (runs, dependants), "G21"

    @rule(name=st.sampled_from(NODES))
    @precondition(lambda self: len(self.watchers) < 3)
    def watch(self, name: str) -> None:
        """Somebody follows the changes of a node."""
        seen: list[Computed[Any]] = []
        self.watchers.append((self.loop.create_task(self._watch(name, seen)), seen))

    @rule()
    def settle(self) -> None:
        """Everything ends that can, and then all that is cached is true (G6)."""
        self.sleep(20)
        self.idle()
        while +self.running:  # a result expired just now, and a watcher wants another one
            self.sleep(1)
            self.idle()
        assert all(call.done() for call in self.calls)
        for call in self.calls:
            if not call.cancelled():
                call.result()
        self.calls.clear()
        for computed in self.node.all():
            assert computed.state is State.CONSISTENT, "G5"
            truth = {
                source: self.version(source) for source in sources_of(str(computed._arguments[0]))
            }
            parts = self._parts(computed)
            assert parts.items() <= truth.items(), f"G6: {computed}"
            assert computed.error is not None or parts == truth, f"G6: {computed}"
        for watcher, seen in self.watchers:
            assert not watcher.done()
            assert seen[-1] is self.node.find(seen[-1]._key), "a watcher missed the last change"
        for task, name, states in self.kept:
            assert not task.done()
            for _ in range(3):  # a result expired just now, and it is delayed
                if not states[0].computed.is_consistent:
                    self.sleep(1)
                    self.idle()
            assert states[0].computed.is_consistent, "G28"
            truth = {source: self.version(source) for source in sources_of(name)}
            assert self._parts(states[0].computed).items() <= truth.items(), "G28"
        for steady in self.steady.all():
            assert steady.error is not None or steady.value == self.version("0") // 2, "G26"
        for waiter in self.waiters:
            if waiter.done():
                waiter.result()

    @staticmethod
    def _parts(computed: Computed[Any]) -> dict[str, int]:
        """The versions that an outcome was made from."""
        if isinstance(computed.error, Failure):
            return {computed.error.args[0]: computed.error.args[1]}
        return dict(computed.value)

    # -- invariants --

    @invariant()
    def nothing_is_unhandled(self) -> None:
        """No task, callback or subscriber of the event log failed."""
        if self.loop.unhandled:
            raise self.loop.unhandled[0]

    @invariant()
    def states_move_forward(self) -> None:
        """G1, G2."""
        for computed, before in self.seen.items():
            now = computed.state
            order = list(State)
            assert order.index(now) >= order.index(before), f"G1: {before} → {now}"
            self.seen[computed] = now
            if computed in self.settled:
                output = (computed._value, computed._error)
                kept = self.outputs.setdefault(computed, output)
                assert kept[0] is output[0] and kept[1] is output[1], "G2"

    @invariant()
    def keys_have_one_computed(self) -> None:
        """G3, G17."""
        alive = Counter(
            (computed._function, computed._key)
            for computed in self.seen
            if computed.state is not State.INVALIDATED
        )
        assert max(alive.values(), default=1) == 1, "G3"
        assert max(self.running.values(), default=0) <= 1, "G17"
        for computed in self.node.table.values():
            assert alive[self.node, computed._key] == 1
        assert all(self._hot()[key].computed.state is State.CONSISTENT for key in self._hot())

    def _hot(self) -> HotTable:
        assert self.node.hot is not None
        return self.node.hot

    @invariant()
    def edges_are_sound(self) -> None:
        """G8, G9, G31."""
        for computed in self.seen:
            if computed.state is State.INVALIDATED:
                assert not computed._dependencies and not computed._dependants, "G9"
            for dependency in computed._dependencies:
                if computed._origin is None:  # a flagged body has some that are gone
                    weak = dependency._weak_dependants or ()
                    assert (computed in dependency._dependants) != (computed in weak), "G9"
                    assert dependency.state is State.CONSISTENT, "G8"
            for dependant in computed._dependants:
                assert computed in dependant._dependencies, "G9"

    @invariant()
    def statistics_add_up(self) -> None:
        """What is counted is what is there, and never more than there is room for (G34)."""
        there = self.graph.statistics()
        settled = [computed for computed in self._kept if computed.state is State.CONSISTENT]
        assert there.kept == len(settled)
        assert there.computing == len(self._kept) - len(settled)
        assert there.methods["node"].bodies == self.node.bodies
        loose = [computed for computed in settled if not pinned(computed)]
        assert len(loose) <= max(self.graph.room.limit, 1) + len(self.graph.functions), "G34"
        for computed in self.seen:
            told = self.graph.explain(computed)
            assert bool(told.chain) == (computed.state is State.INVALIDATED)
            assert str(told)

    @invariant()
    def handlers_fire_once(self) -> None:
        """G14."""
        for subscription in self.subscriptions:
            gone = subscription.computed.state is State.INVALIDATED
            assert subscription.fired == (gone and not subscription.ended), "G14"

    @invariant()
    def origins_are_known(self) -> None:
        """G16."""
        for computed in self.seen:
            if computed.state is not State.INVALIDATED:
                continue
            assert computed.origin is not None
            walked = {computed}
            origin: Computed[Any] = computed
            while origin.cause is not None:
                assert origin.cause._origin is computed._origin, "G16"
                origin = origin.cause
                assert origin not in walked, "G16"
                walked.add(origin)

    @invariant()
    def lifetimes_are_kept(self) -> None:
        """G22, and `auto_invalidate`."""
        for computed, settled in self.settled.items():
            if computed.state is State.CONSISTENT and computed._function is self.node:
                limit = LIFETIME if computed.error is None else 30.0
                assert self.loop.time() <= settled + limit, f"{computed} is too old"

    # -- the end --

    def teardown(self) -> None:
        """G29, G31: disposed, everything ends, and nothing is left."""
        if not hasattr(self, "loop"):
            return
        notify([*self.node.dispose(), *self.steady.dispose()])
        keepers = [task for task, _, _ in self.kept]
        for state in self.states.values():
            if state._joined is not None:
                notify(state._joined.dispose())
        waiting = [
            *self.calls,
            *self.waiters,
            *(watcher for watcher, _ in self.watchers),
            *keepers,
        ]
        while keepers:
            keepers.pop().cancel()
        try:
            self.loop.run_until_complete(self._ended(waiting))
            self.loop.run_until_complete(asyncio.sleep(100))
            assert not asyncio.all_tasks(self.loop), "G29"
            assert not self.node.table and not self.node.hot, "G31"
            self.edges_are_sound()
            self.handlers_fire_once()
            assert not self.loop._scheduled, "G31: a timer is left"
            self.nothing_is_unhandled()
        finally:
            self.loop.run_until_complete(self.loop.shutdown_asyncgens())
            self.loop.close()
        left = [weakref.ref(computed) for computed in self.seen]
        self.seen, self.outputs, self.settled = {}, {}, {}
        self.subscriptions, self.calls, self.watchers = [], [], []
        self.waiters, self.kept = [], []
        waiting.clear()
        if sys.exception() is None:  # else its traceback holds some
            gc.collect()
            assert not any(reference() for reference in left), "G31: a computed is left"

    async def _ended(self, waiting: list[asyncio.Task[None]]) -> None:
        for outcome in await asyncio.gather(*waiting, return_exceptions=True):
            assert outcome is None or isinstance(
                outcome, ServiceDisposed | asyncio.CancelledError
            ), outcome


def pinned(computed: Computed[Any]) -> bool:
    """Whether something that is kept, or being computed, was made from it."""
    return bool(computed._dependants)


def _at_once(call: Any) -> Any:
    """The result of a coroutine that does not wait."""
    try:
        call.send(None)
    except StopIteration as end:
        return end.value
    raise AssertionError("it waited")


TestMachine = pytest.mark.search(Machine.TestCase)
TestMachine.settings = settings(
    max_examples=size(25, 200),
    stateful_step_count=50,
    deadline=None,
    report_multiple_bugs=False,
    # The same examples each time, where the same modules are imported: constants are theirs, too.
    derandomize=True,
    phases=(Phase.explicit, Phase.generate),  # to shrink takes minutes, more than a test has
)
