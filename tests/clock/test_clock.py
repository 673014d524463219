"""The clock: a generated service whose values are invalidated when they change."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fusiongen.output.drift import check
from fusiongen.project import load
from fusionrt import ClockError, Host, running_graph
from fusionrt.clock import Clock, ClockClient, SystemClock
from fusionrt.graph import Event, EventKind
from fusionrt.primitives import utc_now
from fusionrt.testing import BEGINNING, run
from tests.services.contracts import Note
from tests.services.memory import NotesInMemory

MICROSECOND = timedelta(microseconds=1)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SPANS = {
    "year": 365 * DAY,
    "month": 365 * DAY / 12,
    "week": 7 * DAY,
    "day": DAY,
    "hour": HOUR,
    "minute": MINUTE,
}


def told(moment: datetime, now: datetime) -> str:
    """What `ago` must say."""
    for name, span in SPANS.items():
        count = abs(now - moment) // span
        if count:
            text = f"{count} {name}{'s' if count > 1 else ''}"
            return f"in {text}" if moment > now else f"{text} ago"
    return "in a moment" if moment > now else "just now"


def changes(moment: datetime, start: datetime, end: datetime) -> list[datetime]:
    """When the text changes between these: looked for around each whole distance in any unit."""
    whole = [moment + count * span for span in SPANS.values() for count in range(-61, 62)]
    tried = {start, *whole, *(instant + MICROSECOND for instant in whole)}
    tried = {instant for instant in tried if start <= instant <= end}
    return [
        after
        for before, after in pairwise(sorted(tried))
        if told(moment, before) != told(moment, after)
    ]


def bodies_of(ran: list[str]) -> None:
    """Note the bodies that run from here on in this loop."""

    def note(event: Event) -> None:
        if event.kind is EventKind.BODY_STARTED:
            ran.append(event.computed.key)

    running_graph().events.subscribe(note)


def test_the_generated_package_is_current() -> None:
    """If not: `fusiongen generate` at the root of the repository."""
    root = Path(__file__).parents[2]
    assert [finding.message for finding in check(load(root))] == []


def microseconds(smallest: timedelta, largest: timedelta) -> st.SearchStrategy[timedelta]:
    """Spans of time, to the microsecond; those around whole units often."""
    near = st.sampled_from(list(SPANS.values())).flatmap(
        lambda span: st.tuples(st.integers(-3, 3), st.integers(-2, 2)).map(
            lambda drawn: drawn[0] * span + drawn[1] * MICROSECOND
        )
    )
    return st.timedeltas(smallest, largest) | near.filter(lambda d: smallest <= d <= largest)


@settings(deadline=None)
@given(
    distance=microseconds(-800 * DAY, 800 * DAY),
    waits=st.lists(microseconds(timedelta(0), 40 * DAY), min_size=1, max_size=4),
    seed=st.integers(0, 1000),
)
@example(distance=HOUR, waits=[2 * HOUR], seed=0)
@example(distance=-28 * DAY, waits=[70 * DAY], seed=0)
def test_ago_is_the_text_of_the_moment_and_no_text_is_computed_twice(
    distance: timedelta, waits: list[timedelta], seed: int
) -> None:
    """At any time the text is right; it is invalidated when it changes, and only then.

    A read in the very microsecond of a change may come before the timer.
    """
    seen: list[datetime] = []
    ran: list[str] = []

    async def watch(clock: SystemClock, moment: datetime) -> None:
        async for computed in clock.changes.ago(moment):
            assert computed.value == told(moment, utc_now())
            seen.append(utc_now())

    async def main() -> None:
        await asyncio.sleep(0.123456)
        clock, moment, start = SystemClock(), utc_now() + distance, utc_now()
        bodies_of(ran)
        watching = asyncio.create_task(watch(clock, moment))
        for wait in waits:
            await asyncio.sleep(wait.total_seconds())
            assert await clock.ago(moment) in [
                told(moment, utc_now() - late) for late in (0 * MICROSECOND, MICROSECOND)
            ]
        watching.cancel()
        await asyncio.wait([watching])
        expected = [start, *changes(moment, start, utc_now())]
        assert seen == expected[: len(seen)]
        if utc_now() - expected[-1] > MICROSECOND:
            assert len(ran) == len(seen) == len(expected)

    run(main(), seed=seed)


@settings(deadline=None)
@given(
    every=st.sampled_from([0.01, 0.25, 1.0, 1 / 3, 7.0, 60.0, 3600.0, 86_400.0]),
    ticks=st.lists(st.floats(0.0, 4.0), min_size=1, max_size=6),
    seed=st.integers(0, 1000),
)
def test_now_is_the_last_tick(every: float, ticks: list[float], seed: int) -> None:
    """Its age never exceeds `every`, it ticks at whole multiples, and one body runs a tick."""
    period = timedelta(microseconds=round(every * 1e6))
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    seen: list[datetime] = []
    ran: list[str] = []

    async def watch(clock: SystemClock) -> None:
        async for computed in clock.changes.now(every):
            assert computed.value <= utc_now() < computed.value + period
            seen.append(computed.value)

    async def main() -> None:
        await asyncio.sleep(0.123456)
        clock = SystemClock()
        bodies_of(ran)
        watching = asyncio.create_task(watch(clock))
        for tick in ticks:
            await asyncio.sleep(tick * every)
            now = await clock.now(every)
            assert now == epoch + (utc_now() - epoch) // period * period
        watching.cancel()
        await asyncio.wait([watching])
        assert all(after - before == period for before, after in pairwise(seen))
        assert len(ran) in (len(seen), len(seen) + 1)

    run(main(), seed=seed)


def test_minutes_hours_and_days_tick_when_they_begin() -> None:
    """`now(every=60)` is a clock without seconds."""

    async def main() -> list[str]:
        clock = SystemClock()
        await asyncio.sleep(DAY.total_seconds() + 3 * 3600 + 4 * 60 + 5.75)
        return [str(await clock.now(every)) for every in (1, 60, 3600, 86_400)]

    assert run(main(), seed=0) == [
        "2000-01-02 03:04:05+00:00",
        "2000-01-02 03:04:00+00:00",
        "2000-01-02 03:00:00+00:00",
        "2000-01-02 00:00:00+00:00",
    ]


def test_a_far_moment_does_not_wake_the_loop_each_second() -> None:
    """A text that holds for months costs one timer for all that time."""
    ran: list[str] = []

    async def main() -> None:
        clock = SystemClock()
        bodies_of(ran)
        moments = [utc_now() - (years * 365 + 20) * DAY for years in (3, -3)]
        computeds = [await clock.computed.ago(moment) for moment in moments]
        await asyncio.sleep(20 * 86_400 - 1)
        assert [computed.value for computed in computeds] == ["3 years ago", "in 2 years"]
        assert all(computed.is_consistent for computed in computeds)

    run(main(), seed=0)
    assert len(ran) == 2


def test_a_moment_is_the_same_in_every_time_zone() -> None:
    """Equal moments share one result."""
    ran: list[str] = []
    east = timezone(timedelta(hours=9))

    async def main() -> None:
        clock = SystemClock()
        bodies_of(ran)
        assert await clock.ago(BEGINNING) == await clock.ago(BEGINNING.astimezone(east))

    run(main(), seed=0)
    assert len(ran) == 1


@dataclass
class Dated(NotesInMemory):
    """Notes that say how old they are."""

    clock: Clock | None = None

    async def digest(self, owner: str) -> str:
        assert self.clock is not None
        return f"written {await self.clock.ago(BEGINNING)}"

    async def touch(self, id: int) -> Note:
        assert self.clock is not None
        self.notes[id] = note = Note(id, "me", f"at {await self.clock.now():%H:%M:%S}")
        return note


def test_what_is_made_from_the_clock_changes_with_it() -> None:
    """A body that reads the clock needs no timer of its own; peek and changes are there, too."""

    async def main() -> None:
        notes = Dated(clock=(clock := SystemClock()))
        made = await notes.computed.digest("me")
        assert made.value == "written just now"
        assert clock.peek.ago(BEGINNING) is not None
        await made.invalidated()
        assert utc_now() - BEGINNING == MINUTE
        assert str(made.origin) == "expired after 60 s"
        assert await notes.digest("me") == "written 1 minute ago"

    run(main(), seed=0)


def test_a_command_reads_the_time() -> None:
    """Its reads are past the cache, and so past the timers."""

    async def main() -> str:
        notes = Dated(clock=SystemClock())
        await asyncio.sleep(61.5)
        return (await notes.touch(1)).text

    assert run(main(), seed=0) == "at 00:01:01"


@pytest.mark.parametrize("every", [0.0, -1.0, 0.009, 86_401.0, float("inf"), float("nan")])
async def test_a_period_out_of_bounds_is_refused(every: float) -> None:
    """What would never tick, or always, says what can be asked."""
    with pytest.raises(ClockError, match=r"give seconds from 0\.01 to 86,400, a day") as caught:
        await SystemClock().now(every)
    assert caught.value.call == f"now(every={every:g})"


async def test_a_moment_without_a_time_zone_is_refused() -> None:
    """It could be any of two dozen."""
    with pytest.raises(
        ClockError, match=r"no time zone: make it with one, as datetime\.now\(UTC\)"
    ):
        await SystemClock().ago(datetime(2000, 1, 1))


async def test_the_clock_of_another_process(nats_server: str) -> None:
    """It is a service like any other: served, read through a client, with the error it declares."""
    async with Host(nats_server) as serving, Host(nats_server) as calling:
        await serving.serve(SystemClock())
        clock = calling.client(ClockClient)
        assert await clock.ago(utc_now() - 3.5 * MINUTE) == "3 minutes ago"
        with pytest.raises(ClockError) as caught:
            await clock.now(0)
        assert caught.value.call == "now(every=0)"
        now = await clock.computed.now(0.05)
        await asyncio.wait_for(now.invalidated(), 10)
        assert await clock.now(0.05) > now.value


async def test_on_a_real_loop_the_values_tick() -> None:
    """Each tick arrives once, in order, and never before its time."""
    clock = SystemClock()
    ticks = clock.changes.now(0.05)
    seen = [(await anext(ticks)).value for _ in range(4)]
    assert utc_now() >= seen[-1]
    assert all(before < after for before, after in pairwise(seen))
