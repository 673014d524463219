"""`stale`: cached results that are not what their bodies return now."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from fusionrt import ComputeOptions, Host, MutableState, Origin, OriginKind, current, running_graph
from fusionrt.graph import ConsolidatingFunction, Event, Function
from fusionrt.testing import Stale, run, stale
from tests.services.contracts import Note
from tests.services.generated.notes import NotesClient
from tests.services.memory import NotesInMemory, notes_of

TEST = Origin(OriginKind.CALL, "test")


def function(body: Callable[..., Awaitable[Any]], **options: Any) -> Function[Any]:
    """A compute method of no service."""
    name = body.__name__
    kind = ConsolidatingFunction if options.get("consolidate") is not None else Function
    return kind(running_graph(), name, body, key=tuple, options=ComputeOptions(**options))


async def found() -> list[str]:
    """The keys that are stale in the graph of this loop."""
    return [one.key for one in await stale(running_graph())]


async def test_a_forgotten_invalidation_is_found() -> None:
    """The result that changed, and not what was made from it: one invalidation mends both."""
    notes = notes_of("a", "b")
    assert await notes.digest("me") == "a, b"
    assert await stale(running_graph()) == []
    notes.notes[1] = new = Note(1, "me", "changed")
    assert await stale(running_graph()) == [Stale("notes.get(1)", Note(1, "me", "b"), new)]
    notes.invalidate.get(1)
    assert await stale(running_graph()) == []


async def test_what_is_stale_says_what_to_do() -> None:
    """The call, both values, and who has to invalidate; long values are cut."""
    assert str(Stale("notes.get(1)", "a", "b" * 300)) == (
        f"notes.get(1) is cached as 'a', and its body now returns '{'b' * 199}…: whatever changed "
        "it has to invalidate it, a command by naming it in its `invalidates`, other code by "
        "calling `invalidate`; if it changes by itself, limit its life with `auto_invalidate`"
    )
    assert "its body now raises KeyError('x')" in str(Stale("notes.get(1)", "a", KeyError("x")))


async def test_recomputing_leaves_no_trace() -> None:
    """No run is counted, no event told, no edge made, no use noted, nothing cached or heated."""
    notes = notes_of("a", "b")
    await notes.digest("me")
    await notes.get(0)
    get = notes._fusion.function("get")
    for computed in get.all():
        computed._take_mark()
    bodies, hot, events = notes._fusion.bodies, set(get.hot or ()), list[Event]()
    edges = {computed: list(computed._dependants) for computed in get.all()}
    running_graph().events.subscribe(events.append)
    assert await stale(running_graph()) == []
    assert (notes._fusion.bodies, events) == (bodies, [])
    assert {computed: list(computed._dependants) for computed in get.all()} == edges
    assert set(get.hot or ()) == hot
    assert [computed._take_mark() for computed in get.all()] == [False, False]


async def test_what_was_never_read_before_is_computed_and_not_kept() -> None:
    """A body that takes another way now reads on."""

    class Choosing(NotesInMemory):
        chosen = 0

        async def kind(self, value: int | bool | float | str) -> str:
            return await self.digest("me") if self.chosen else "none"

    notes = Choosing({0: Note(0, "me", "a")})
    assert await notes.kind(0) == "none"
    notes.chosen = 1
    assert await stale(running_graph()) == [Stale("notes.kind(0)", "none", "a")]
    assert notes.peek.digest("me") is None and notes.peek.get(0) is None


async def test_a_body_that_raises_now_is_stale_if_that_says_something() -> None:
    """What the network may be the reason of proves nothing, nor does a wrong use of ours."""
    trouble: BaseException | None = None

    async def body() -> int:
        if trouble is not None:
            raise trouble
        return 1

    one = function(body)
    await one.fetch(())
    for error, keys in (
        (LookupError("gone"), ["body()"]),
        (ConnectionError("later"), []),
        (asyncio.CancelledError(), []),
    ):
        trouble = error
        assert await found() == keys

    async def commands() -> None:
        if trouble is not None:
            await notes.put(Note(0, "me", "written"))

    trouble, notes = None, notes_of("a")
    await function(commands).fetch(())
    trouble = LookupError("gone")
    assert await found() == ["body()"]
    assert notes.notes[0].text == "a"


def test_what_ends_by_itself_is_left_out() -> None:
    """Errors, `auto_invalidate`, and what the cached run said of its own life."""

    async def main() -> None:
        ready = False

        async def fails() -> None:
            if not ready:
                raise LookupError

        async def expires() -> bool:
            return ready

        async def polls() -> bool:
            if not ready:
                current().invalidate_in(60)
            return ready

        functions = [function(fails), function(expires, auto_invalidate=60.0), function(polls)]
        for one in functions:
            await one.computed(())
        ready = True
        assert await found() == []
        await asyncio.sleep(60)
        assert [await one.fetch(()) for one in functions] == [None, True, True]
        ready = False
        assert await found() == ["fails()", "polls()"]

    run(main(), seed=0)


@pytest.mark.parametrize("options", [{"invalidation_delay": 60.0}, {"consolidate": 60.0}], ids=str)
def test_what_is_held_up_is_left_out_with_all_that_is_made_from_it(
    options: dict[str, float],
) -> None:
    """Its time has not come; if nothing holds it up it is found, by the method's name."""

    async def main() -> None:
        value = 1

        async def source() -> int:
            return value

        async def made() -> int:
            below: int = await held_up.fetch(())
            return below + value

        held_up, dependant = function(source, **options), function(made)
        await dependant.fetch(())
        value = 2
        assert await found() == ["source()", "made()"]
        held_up.invalidate((), TEST)
        assert await found() == []
        await asyncio.sleep(61)
        assert await dependant.fetch(()) == 4
        assert await found() == []

    run(main(), seed=0)


async def test_a_replica_is_checked_where_it_is_served(nats_server: str) -> None:
    """What is made from it here gets the replica; what is not here is asked for, not kept."""

    @dataclass
    class Over(NotesInMemory):
        below: NotesClient | None = None
        asked: list[int] = field(default_factory=lambda: [0])

        async def digest(self, owner: str) -> str:
            assert self.below is not None
            found = [await self.below.get(id) for id in self.asked]
            return ", ".join(note.text for note in found if note is not None)

    notes = notes_of("a", "b")
    async with Host(nats_server) as serving, Host(nats_server) as calling:
        await serving.serve(notes)
        client = calling.client(NotesClient)
        over = Over(below=client)
        assert await over.digest("me") == "a"
        notes.notes[0] = Note(0, "me", "changed")
        assert await stale(calling.graph) == await stale(running_graph()) == []
        assert [one.key for one in await stale(serving.graph)] == ["notes.get(0)"]
        over.asked.append(1)
        assert await stale(running_graph()) == [Stale("notes.digest('me')", "a", "a, b")]
        assert client.peek.get(1) is None


async def test_values_are_compared_as_well_as_they_can_be() -> None:
    """nan is nan; what has no `==` is compared by its text; what has neither is not compared."""

    @dataclass(eq=False)
    class Shown:
        number: float

    class Opaque:
        pass

    class Array:
        def __eq__(self, other: object) -> Any:
            raise ValueError("it has no truth")

        def __repr__(self) -> str:
            return f"Array({number})"

        __hash__ = None  # type: ignore[assignment]

    number = float("nan")

    async def all_of() -> tuple[object, ...]:
        return (number, Shown(number))

    async def opaque() -> Opaque:
        return Opaque()

    async def array() -> Array:
        return Array()

    functions = [function(all_of), function(opaque), function(array)]
    for one in functions:
        await one.fetch(())
    assert await found() == []
    number = 1.0
    assert await found() == ["all_of()"]


async def test_what_is_invalidated_meanwhile_is_no_finding() -> None:
    """A command may have ended while another body was computed again."""
    state = MutableState(0)
    value = 1

    async def first() -> int:
        return value

    async def second() -> int:
        if value == 2:
            one.invalidate((), TEST)
        return 0

    one, two = function(first), function(second)
    await one.fetch(()), await two.fetch(()), await state.use()
    value = 2
    assert await found() == []


def test_a_body_that_does_not_end_is_told() -> None:
    """It is cancelled, and named."""
    ended: list[str] = []

    async def main() -> None:
        gate = asyncio.Event()
        gate.set()

        async def waits() -> None:
            try:
                await gate.wait()
            finally:
                ended.append("ended")

        one = function(waits)
        await one.fetch(())
        gate.clear()
        with pytest.raises(TimeoutError, match=r"waits\(\) was computed again .* within 5 s"):
            await stale(running_graph())

    run(main(), seed=0)
    assert ended == ["ended", "ended"]
