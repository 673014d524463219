"""User code that the engine calls while it settles may raise, and strands nobody (G37)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from fusionrt.contract import ComputeOptions
from fusionrt.errors import CycleError, ForeignCancellation
from fusionrt.graph import (
    Changes,
    ComputedState,
    EventLog,
    Graph,
    MutableState,
    computed,
    is_limited,
    kind_of,
)
from fusionrt.graph.texts import repr_of, str_of
from tests.waiting import until

from .lab import TEST, Lab, settled


class Touchy(Exception):
    """Raises whatever is asked of it."""

    def __str__(self) -> str:
        raise LookupError("no text")

    def __repr__(self) -> str:
        raise LookupError("no text")

    def __eq__(self, other: object) -> bool:
        raise LookupError("not to be compared")

    def __hash__(self) -> int:
        raise LookupError("not to be hashed")

    @property
    def retry_after(self) -> float:
        raise LookupError("nobody said")


class Value:
    """Cannot be compared, and has no text."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __eq__(self, other: object) -> bool:
        raise ValueError("the truth value of it is ambiguous")

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        raise ValueError("no text")


class Ambiguous(Value):
    """Compares to what is neither true nor false, as arrays do."""

    def __eq__(self, other: object) -> bool:
        return self  # type: ignore[return-value]

    def __bool__(self) -> bool:
        raise ValueError("the truth value of it is ambiguous")


class Rude(Value):
    """Ends what compares it, by what is no `Exception`."""

    def __eq__(self, other: object) -> bool:
        raise BaseException("not to be compared")


class Cancelling(Value):
    """As code does that looks into a future which was cancelled."""

    def __eq__(self, other: object) -> bool:
        raise asyncio.CancelledError


INCOMPARABLE = [Value, Ambiguous, Rude, Cancelling]
ENDS: list[Callable[[], BaseException]] = [
    lambda: LookupError("bad"),
    lambda: BaseException("worse"),
    asyncio.CancelledError,
]


@pytest.fixture
async def reported() -> list[str]:
    """What was told to the loop's exception handler."""
    told: list[str] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: told.append(context["message"]))
    return told


@pytest.mark.parametrize("end", ENDS)
async def test_G37_a_classifier_that_raises_makes_an_error_lasting(
    end: Callable[[], BaseException], reported: list[str]
) -> None:
    """Everybody who waits gets the error; it is cached as one that is not transient; one report."""

    def broken(error: Exception) -> bool:
        raise end()

    graph = Graph(is_transient=broken)

    async def body() -> None:
        await asyncio.sleep(0)
        raise ConnectionError("blip")

    function = kind_of(ComputeOptions())(graph, "f", body)
    calls = [asyncio.create_task(function.fetch(())) for _ in range(3)]
    outcomes = await asyncio.gather(*calls, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [ConnectionError] * 3
    there = function.peek(())
    assert there is not None and is_limited(there) and function.bodies == 1
    function.invalidate((), TEST)
    with pytest.raises(ConnectionError):
        await function.fetch(())
    assert len(reported) == 1 and "ConnectionError" in reported[0]


class Seconds(float):
    """A number that cannot be taken as one."""

    def __float__(self) -> float:
        raise LookupError("nobody said")


@pytest.mark.parametrize(
    "seconds", [float("nan"), float("inf"), float("-inf"), -5, 10**400, Seconds(3), True]
)
async def test_G22_a_retry_after_that_is_no_time_does_not_make_an_error_last_for_ever(
    seconds: float, reported: list[str]
) -> None:
    """It expires like any other."""
    lab = Lab()

    async def body() -> None:
        error = ValueError("wait")
        error.retry_after = seconds  # type: ignore[attr-defined]
        raise error

    called = await lab.function("f", body).computed(())
    assert called.state.value == "consistent" and is_limited(called)


@pytest.mark.parametrize("end", ENDS)
async def test_G37_an_error_that_cannot_say_when_to_retry_is_cached(
    end: Callable[[], BaseException], reported: list[str]
) -> None:
    """As one that says nothing of it; one report."""

    class Mute(Exception):
        @property
        def retry_after(self) -> float:
            raise end()

    async def body() -> None:
        await asyncio.sleep(0)
        raise Mute

    called = Lab().function("f", body)
    calls = [asyncio.create_task(called.fetch(())) for _ in range(3)]
    outcomes = await asyncio.gather(*calls, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [Mute] * 3 and called.bodies == 1
    assert len(reported) == 1 and "retry_after" in reported[0]


@pytest.mark.parametrize("depth", [0, 49])
async def test_G37_an_error_that_raises_whatever_it_is_asked_reaches_everybody(
    depth: int, reported: list[str]
) -> None:
    """It is cached like any other, and every caller gets it."""
    lab = Lab()

    async def body(number: int) -> None:
        if number:
            await called.fetch((number - 1,))
        await asyncio.sleep(0)
        raise Touchy

    called = lab.function("f", body)
    calls = [asyncio.create_task(called.fetch((depth,))) for _ in range(3)]
    done, pending = await asyncio.wait(calls, timeout=5)
    assert not pending
    assert all(type(call.exception()) is Touchy for call in done)
    there = called.peek((depth,))
    assert there is not None and is_limited(there)
    assert len(reported) == 1


async def test_G37_an_error_whose_notes_are_no_list_is_cached() -> None:
    """The text of its first traceback is left out then."""
    lab = Lab()

    async def body() -> None:
        await asyncio.sleep(0)
        error = ValueError("noted")
        error.__notes__ = 7  # type: ignore[assignment]
        raise error

    called = lab.function("f", body)
    calls = [asyncio.create_task(called.fetch(())) for _ in range(3)]
    outcomes = await asyncio.gather(*calls, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [ValueError] * 3 and called.bodies == 1


@pytest.mark.parametrize("kind", INCOMPARABLE)
async def test_G37_a_consolidated_value_that_cannot_be_compared_is_another_one(
    kind: type[Value], reported: list[str]
) -> None:
    """The target is invalidated, and its watchers get the new value."""
    numbers = [1]

    async def body() -> Value:
        return kind(numbers[0])

    options = ComputeOptions(consolidate=0.0)
    function = kind_of(options)(Lab().graph, "f", body, options=options)
    seen: list[int] = []

    async def watch() -> None:
        async for each in Changes(function, ()):
            number = each.value.number
            seen.append(number)

    watcher = asyncio.create_task(watch())
    await until(lambda: seen == [1])
    numbers[0] = 2
    function.invalidate((), TEST)
    await until(lambda: seen == [1, 2])
    watcher.cancel()
    assert len(reported) == 1 and kind.__name__ in reported[0]


@pytest.mark.parametrize("kind", INCOMPARABLE)
async def test_G37_a_state_takes_a_value_that_cannot_be_compared(
    kind: type[Value], reported: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    """It differs from what was there: before the state is used in a graph, and after."""
    state: MutableState[Value] = MutableState(kind(1))
    state.set(kind(2))
    assert state.value.number == 2
    assert len(caplog.records) == 1
    assert (await state.use()).number == 2
    state.set(kind(3))
    assert (await state.use()).number == 3
    assert len(reported) == 1


async def test_G37_arguments_without_a_text_have_a_placeholder() -> None:
    """In keys, events, explanations, diagrams and errors."""
    lab = Lab()

    class Key:
        def __repr__(self) -> str:
            raise ValueError("no text")

    async def body(key: Key) -> int:
        return int(await called.fetch((key,))) if lab.data.get("cycle") else 1

    called = lab.function("f", body)
    key = Key()
    there = await called.computed((key,))
    assert there.key == "f(<Key without a text>)" and there.key in repr(there)
    assert there.key in str(lab.graph.explain(there))
    assert "Key without a text" in lab.graph.diagram("mermaid")
    assert any("Key without a text" in line for line in lab.log)
    called.invalidate((key,), TEST)
    lab.data["cycle"] = True
    with pytest.raises(CycleError, match="Key without a text"):
        await called.fetch((key,))

    async def cancelled(key: Key) -> None:
        raise asyncio.CancelledError

    with pytest.raises(ForeignCancellation, match="Key without a text"):
        await lab.function("g", cancelled).fetch((key,))


def test_G37_a_text_that_cannot_be_made_is_told_once_a_class(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The log has the error; what asked has the placeholder."""

    class Silent:
        def __str__(self) -> str:
            raise ValueError("no text")

        __repr__ = __str__

    caplog.set_level(logging.ERROR, "fusionrt")
    assert str_of(Silent()) == repr_of(Silent()) == "<Silent without a text>"
    assert len(caplog.records) == 1 and caplog.records[0].exc_info is not None
    assert str_of(7) == "7" and repr_of("a") == "'a'"


@pytest.mark.parametrize("end", ENDS)
async def test_G37_an_observer_that_raises_changes_nothing(
    end: Callable[[], BaseException], reported: list[str]
) -> None:
    """Of the event log, and of an invalidation; whoever waits gets the value."""
    lab = Lab()
    lab.data["a"] = 1
    leaf = lab.leaf("leaf")

    def observe(_: object) -> None:
        raise end()

    lab.graph.events.subscribe(observe)
    calls = [asyncio.create_task(leaf.fetch(("a",))) for _ in range(3)]
    done, pending = await asyncio.wait(calls, timeout=5)
    assert not pending and [call.result() for call in done] == [1, 1, 1]
    there = leaf.peek(("a",))
    assert there is not None
    there.on_invalidated(observe)
    leaf.invalidate(("a",), TEST)
    assert not there.is_consistent and reported
    assert isinstance(lab.graph.events, EventLog)


async def test_G37_an_argument_that_cannot_be_hashed_any_more_strands_nobody(
    reported: list[str],
) -> None:
    """Its own callers learn of it; nobody waits for ever."""
    lab = Lab()

    class Key:
        is_hashable = True

        def __hash__(self) -> int:
            if not self.is_hashable:
                raise ValueError("no hash")
            return 1

    key = Key()

    async def body(_: Key) -> int:
        await asyncio.sleep(0)
        called.invalidate((key,), TEST)
        Key.is_hashable = False
        await asyncio.sleep(0)
        return 1

    called = lab.function("f", body)
    calls = [asyncio.create_task(called.fetch((key,))) for _ in range(3)]
    ended, pending = await asyncio.wait(calls, timeout=5)
    assert not pending
    assert "no hash" in {str(call.exception()) for call in ended}


async def test_G37_a_predicate_that_raises_tells_who_waits(reported: list[str]) -> None:
    """`when` raises what it raises, and stops watching."""
    lab = Lab()
    lab.data["a"] = 1
    leaf = lab.leaf("leaf")

    def predicate(_: int) -> bool:
        raise LookupError("no such thing")

    with pytest.raises(LookupError):
        await (await leaf.computed(("a",))).when(predicate)
    with pytest.raises(LookupError):
        await computed(lambda: leaf.fetch(("a",))).when(predicate)
    async with ComputedState(lambda: leaf.fetch(("a",))) as state:
        with pytest.raises(LookupError):
            await state.when(predicate)


def groups() -> Iterator[tuple[Exception, bool]]:
    """Groups of errors, and whether they are transient."""
    blip, bug = ConnectionError("blip"), ValueError("bug")
    yield ExceptionGroup("one", [blip]), True
    yield ExceptionGroup("two", [blip, TimeoutError()]), True
    yield ExceptionGroup("nested", [blip, ExceptionGroup("inner", [TimeoutError()])]), True
    yield ExceptionGroup("mixed", [blip, bug]), False
    yield ExceptionGroup("deep", [blip, ExceptionGroup("inner", [blip, bug])]), False


@pytest.mark.parametrize("own", [False, True])
@pytest.mark.parametrize(("error", "transient"), [*groups()])
async def test_G22_a_group_is_transient_if_every_part_is(
    error: ExceptionGroup[Any], transient: bool, own: bool
) -> None:
    """By the default classifier, and by one that knows nothing of groups."""
    graph = Graph(is_transient=lambda e: isinstance(e, OSError)) if own else Graph()
    assert graph.is_transient(error) is transient


async def test_G22_a_group_with_an_error_of_the_framework_is_not_cached() -> None:
    """Wherever it is in it; nor is one with a `RecursionError`."""
    lab = Lab()

    async def body(part: Exception) -> None:
        raise ExceptionGroup("outer", [ExceptionGroup("inner", [ValueError(), part])])

    called = lab.function("f", body)
    for part in (CycleError(("f()",)), RecursionError()):
        for _ in range(2):
            with pytest.raises(ExceptionGroup):
                await called.fetch((part,))
    assert called.bodies == 4 and not called.table


async def test_G22_a_group_lives_as_long_as_one_of_its_parts_asks() -> None:
    """Never shorter than the longest retry-after in it."""
    lab = Lab()

    class Throttled(Exception):
        def __init__(self, retry_after: float) -> None:
            self.retry_after = retry_after

    error = ExceptionGroup("two", [Throttled(50), ExceptionGroup("in", [Throttled(90)])])
    assert lab.function("f", settled).error_lifetime(error) == 90
