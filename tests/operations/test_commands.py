"""Commands: what they invalidate, when, and what they read (O15, D15)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest

from fusionrt import ANY, Computed, MutableState, current, isolated
from fusionrt import computed as cached
from fusionrt.errors import ArgumentError, CommandInComputeError
from fusionrt.graph import SCOPE, State, running_graph
from tests.services.contracts import Note
from tests.services.memory import NotesInMemory, notes_of
from tests.waiting import until


async def test_a_command_invalidates_what_it_declares_and_nothing_else() -> None:
    """Its keys name results by its arguments; ANY matches every value."""
    notes = notes_of("a", "b")
    computeds: list[Computed[Any]] = [
        await notes.computed.get(0),
        await notes.computed.ids("me"),
        await notes.computed.ids("me", tag="a", limit=1),
        await notes.computed.get(1),
        await notes.computed.ids("you"),
    ]
    await notes.put(Note(0, "me", "changed"))
    assert [computed.is_consistent for computed in computeds] == [False, False, False, True, True]
    assert str(computeds[0].origin) == "notes.put invalidated notes.get(0)"
    assert str(computeds[1].origin) == "notes.put invalidated notes.ids('me', ANY, ANY)"


async def test_a_comprehension_names_a_key_for_each_item() -> None:
    """And what the command called of the same service applies with it."""
    notes = notes_of("a", "b", "c")
    computeds = [await notes.computed.get(id) for id in range(3)]
    await notes.put_all((Note(0, "me", "x"), Note(2, "me", "y")))
    assert [computed.is_consistent for computed in computeds] == [False, True, False]


async def test_keys_may_name_what_the_result_says() -> None:
    """They are evaluated on the result, after success."""
    notes = notes_of("a")
    computed = await notes.computed.get(0)
    await notes.touch(0)
    assert not computed.is_consistent


class Stamping(NotesInMemory):
    """Its commands invalidate more, in their bodies, and look at what that does."""

    seen: State | None = None

    async def put(self, note: Note) -> Note:
        other = await self.computed.get(1)
        self.invalidate.get(1)
        self.seen = other.state
        if note.text == "fail":
            raise ValueError("fail")
        return await super().put(note)


async def test_a_commands_own_invalidations_wait_for_its_end() -> None:
    """`self.invalidate` inside of a command applies with the declared keys."""
    notes = Stamping({id: Note(id, "me", "a") for id in range(2)})
    computed = await notes.computed.get(1)
    await notes.put(Note(0, "me", "b"))
    assert (notes.seen, computed.state) == (State.CONSISTENT, State.INVALIDATED)
    assert str(computed.origin) == "notes.put invalidated notes.get(1)"


async def test_O20_a_failed_command_applies_what_it_collected_and_declares() -> None:
    """It may have written before it failed; to invalidate too much is safe."""
    notes = Stamping({id: Note(id, "me", "a") for id in range(3)})
    collected, declared = await notes.computed.get(1), await notes.computed.get(0)
    other = await notes.computed.get(2)
    with pytest.raises(ValueError, match="fail"):
        await notes.put(Note(0, "me", "fail"))
    assert [each.is_consistent for each in (collected, declared, other)] == [False, False, True]


class Writing(NotesInMemory):
    """Its commands write, and then do not come to an end by themselves."""

    stuck: asyncio.Event

    async def put(self, note: Note) -> Note:
        await super().put(note)
        if note.text == "fail":
            raise ConnectionError("the reply was lost")
        if note.text == "raise":
            raise asyncio.CancelledError
        if note.text == "exit":
            raise SystemExit(1)
        self.stuck = asyncio.Event()
        await self.stuck.wait()
        return note

    async def put_all(self, notes: tuple[Note, ...]) -> None:
        for note in notes:
            self.notes[note.id] = note
        raise ConnectionError("the reply was lost")


async def _fails(notes: Writing) -> None:
    with pytest.raises(ConnectionError):
        await notes.put(Note(0, "me", "fail"))


async def _times_out(notes: Writing) -> None:
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(notes.put(Note(0, "me", "slow")), 0.001)


async def _is_cancelled(notes: Writing) -> None:
    command = asyncio.create_task(notes.put(Note(0, "me", "slow")))
    await until(lambda: notes.notes[0].text == "slow")
    command.cancel()
    with pytest.raises(asyncio.CancelledError):
        await command


async def _cancels_itself(notes: Writing) -> None:
    with pytest.raises(asyncio.CancelledError):
        await notes.put(Note(0, "me", "raise"))


async def _exits(notes: Writing) -> None:
    with pytest.raises(SystemExit):
        await notes.put(Note(0, "me", "exit"))


async def _is_closed(notes: Writing) -> None:
    call: Any = notes.put(Note(0, "me", "slow"))
    call.send(None)
    call.close()


ENDS = [_fails, _times_out, _is_cancelled, _cancels_itself, _exits, _is_closed]


@pytest.mark.parametrize("end", ENDS)
async def test_O20_a_command_that_was_given_up_after_its_write_invalidates(
    end: Callable[[Writing], Awaitable[None]],
) -> None:
    """However it ended: the next read sees what it wrote."""
    notes = Writing({0: Note(0, "me", "a")})
    assert await notes.digest("me") == "a"
    await end(notes)
    assert await notes.get(0) == notes.notes[0] != Note(0, "me", "a")
    assert await notes.digest("me") == notes.notes[0].text


async def test_O20_a_failed_command_invalidates_by_its_comprehensions() -> None:
    """Those over a parameter can be evaluated without a result."""
    notes = Writing({id: Note(id, "me", "a") for id in range(3)})
    computeds = [await notes.computed.get(id) for id in range(3)]
    with pytest.raises(ConnectionError):
        await notes.put_all((Note(0, "me", "x"), Note(2, "me", "y")))
    assert [computed.is_consistent for computed in computeds] == [False, True, False]


async def test_O20_what_only_the_result_tells_is_not_evaluated_without_one(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Nor does that invalidate the whole service: there was no result that could be named."""

    class Failing(NotesInMemory):
        async def touch(self, id: int) -> Note:
            raise LookupError(id)

    notes = Failing({0: Note(0, "me", "a")})
    computed = await notes.computed.get(0)
    with pytest.raises(LookupError):
        await notes.touch(0)
    assert computed.is_consistent and caplog.records == []


async def test_O20_a_failed_command_whose_keys_fail_too_invalidates_the_service(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Loudly; its caller gets the command's own error."""

    class Failing(NotesInMemory):
        async def put(self, note: Note) -> Note:
            raise LookupError("its own")

    notes = Failing({0: Note(0, "me", "a")})
    computed = await notes.computed.half(1.0)
    with (
        caplog.at_level(logging.ERROR, "fusionrt"),
        pytest.raises(LookupError, match="its own"),
    ):
        await notes.put(17)  # type: ignore[arg-type]
    assert not computed.is_consistent
    (record,) = caplog.records
    assert "notes.put" in record.getMessage()


async def test_O20_a_command_whose_body_never_began_invalidates_nothing() -> None:
    """Wrong arguments, a call in a compute body, a task that is cancelled before its first step."""

    class Reading(NotesInMemory):
        async def digest(self, owner: str) -> str:
            await self.put(Note(0, "me", "b"))
            return owner

    notes = Reading({0: Note(0, "me", "a")})
    computed = await notes.computed.get(0)
    with pytest.raises(TypeError):
        await notes.put()  # type: ignore[call-arg]
    with pytest.raises(CommandInComputeError):
        await notes.digest("me")
    task = asyncio.create_task(notes.put(Note(0, "me", "b")))
    task.cancel()
    await asyncio.wait([task])
    assert computed.is_consistent


async def test_O20_a_nested_command_that_failed_is_applied_though_its_error_is_caught() -> None:
    """Its keys belong to the outer command, and apply at the end of that (O15)."""
    states: list[State] = []

    class Outer(Writing):
        async def touch(self, id: int) -> Note:
            computed = await self.computed.get(id)
            with suppress(ConnectionError):
                await self.put(Note(id, "me", "fail"))
            states.append(computed.state)
            return self.notes[id]

    notes = Outer({5: Note(5, "me", "a")})
    computed = await notes.computed.get(5)
    await notes.touch(5)
    assert (states, computed.state) == ([State.CONSISTENT], State.INVALIDATED)


async def test_O20_a_failed_command_applies_what_its_nested_commands_did() -> None:
    """Those succeeded, and wrote."""

    class Outer(NotesInMemory):
        async def touch(self, id: int) -> Note:
            await self.put(Note(id, "me", "b"))
            raise ConnectionError

    notes = Outer({5: Note(5, "me", "a")})
    computed = await notes.computed.get(5)
    with pytest.raises(ConnectionError):
        await notes.touch(5)
    assert not computed.is_consistent


class Broken(NotesInMemory):
    """Its `touch` gives what the declared keys do not expect."""

    result: Any = None

    async def touch(self, id: int) -> Note:
        return self.result  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    "result",
    [object(), Note("zero", "me", ""), Note([], "me", "")],  # type: ignore[arg-type]
    ids=["no such attribute", "an argument of another type", "an argument that is no key"],
)
async def test_a_key_that_cannot_be_evaluated_invalidates_the_service(
    result: object, caplog: pytest.LogCaptureFixture
) -> None:
    """Loudly, and all of it; the command itself succeeded, so its caller gets the result."""
    notes = Broken({0: Note(0, "me", "a")})
    notes.result = result
    computeds: list[Computed[Any]] = [await notes.computed.get(0), await notes.computed.half(1.0)]
    with caplog.at_level(logging.ERROR, "fusionrt"):
        assert await notes.touch(0) is result
    assert [computed.is_consistent for computed in computeds] == [False, False]
    (record,) = caplog.records
    assert "notes.touch" in record.getMessage() and record.exc_info is not None


async def test_a_wrong_key_in_a_body_raises_there() -> None:
    """`self.invalidate` with an argument of another type fails at its own line."""

    class Wrong(NotesInMemory):
        caught = False

        async def put(self, note: Note) -> Note:
            with suppress(ArgumentError):
                self.invalidate.get("0")  # type: ignore[arg-type]
            self.invalidate.ids(ANY, tag=ANY, limit=ANY)
            return note

    notes = Wrong({0: Note(0, "me", "a")})
    await notes.digest("me")
    await notes.put(Note(5, "you", "b"))
    assert notes.peek.ids("me") is None and notes.peek.get(0) is not None


async def test_a_command_reads_fresh_values() -> None:
    """The cache does not answer inside of it, nor does it keep what was read there."""

    class Reading(NotesInMemory):
        async def put(self, note: Note) -> Note:
            before = await self.get(note.id)
            self.notes[note.id] = note
            assert before != note and await self.get(note.id) == note
            assert await asyncio.create_task(self.digest(note.owner)) == note.text
            async with asyncio.TaskGroup() as tasks:
                later = tasks.create_task(self.get(note.id))
            assert later.result() == note
            return note

    notes = Reading({0: Note(0, "me", "a")})
    assert await notes.digest("me") == "a"
    notes.took()
    await notes.put(Note(0, "me", "b"))
    assert notes.took() == ["get 0", "get 0", "digest me", "ids me  20", "get 0", "get 0"]
    assert await notes.digest("me") == "b"


async def test_a_command_reads_the_state_that_it_set() -> None:
    """A `MutableState` changes at once, inside of a command as well."""
    state = MutableState(1)
    await state.use()

    class Setting(NotesInMemory):
        async def put(self, note: Note) -> Note:
            state.set(2)
            assert await state.use() == 2
            return note

    await Setting({}).put(Note(0, "me", "b"))


async def test_what_outlives_a_command_is_no_part_of_it() -> None:
    """A task that a command started is served from the cache once the command ended."""
    ended = asyncio.Event()
    tasks: list[asyncio.Task[Any]] = []

    class Starting(NotesInMemory):
        async def put(self, note: Note) -> Note:
            async def later() -> Note | None:
                await ended.wait()
                self.invalidate.half(1.0)
                return await self.get(0)

            tasks.append(asyncio.create_task(later()))
            return note

    notes = Starting({0: Note(0, "me", "a")})
    await notes.put(Note(1, "me", "b"))
    await notes.get(0)
    half = await notes.computed.half(1.0)
    notes.took()
    ended.set()
    await tasks[0]
    assert notes.took() == []
    assert not half.is_consistent


async def test_a_command_in_a_compute_body_raises() -> None:
    """Reading must not change state; nothing of it is cached."""

    class Writing(NotesInMemory):
        async def digest(self, owner: str) -> str:
            await self.put(Note(9, owner, "sneaky"))
            return "done"

    notes = Writing({})
    for _ in range(2):
        with pytest.raises(CommandInComputeError, match=r"notes\.put"):
            await notes.digest("me")
    assert 9 not in notes.notes and notes.peek.digest("me") is None


async def test_a_command_in_a_compute_body_raises_inside_of_a_command_too() -> None:
    """A body is the same body whoever reads."""

    class Writing(NotesInMemory):
        async def digest(self, owner: str) -> str:
            await self.put(Note(9, owner, "sneaky"))
            return "done"

        async def touch(self, id: int) -> Note:
            await self.digest("me")
            return self.notes[id]

    notes = Writing({0: Note(0, "me", "a")})
    with pytest.raises(CommandInComputeError, match=r"notes\.put"):
        await notes.touch(0)
    assert 9 not in notes.notes


async def _plainly(put: Callable[[], Awaitable[Any]]) -> None:
    await put()


async def _isolated(put: Callable[[], Awaitable[Any]]) -> None:
    with isolated():
        await put()


async def _twice_isolated(put: Callable[[], Awaitable[Any]]) -> None:
    with isolated(), isolated():
        await asyncio.gather(put())


async def _in_a_task(put: Callable[[], Awaitable[Any]]) -> None:
    with isolated():
        task = asyncio.create_task(_plainly(put))
    await task


async def _in_an_isolated_task(put: Callable[[], Awaitable[Any]]) -> None:
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(_isolated(put))


async def _from_a_thread(put: Callable[[], Awaitable[Any]]) -> None:
    graph = running_graph()
    with isolated():
        await asyncio.to_thread(graph.call_from_thread, lambda: _plainly(put))


WAYS = [_plainly, _isolated, _twice_isolated, _in_a_task, _in_an_isolated_task, _from_a_thread]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("reader", ["a read", "a command", "a read past the cache", "a state"])
async def test_G40_a_command_in_a_compute_body_raises_by_whatever_way(
    way: Callable[[Callable[[], Awaitable[Any]]], Awaitable[None]], reader: str
) -> None:
    """Isolated, in a task of its own, in another thread: the body that waits for it only reads."""

    class Writing(NotesInMemory):
        async def digest(self, owner: str) -> str:
            await way(lambda: self.put(Note(9, owner, "sneaky")))
            return "done"

        async def touch(self, id: int) -> Note:
            await self.digest("me")
            return self.notes[id]

    notes = Writing({0: Note(0, "me", "a")})
    with pytest.raises((CommandInComputeError, ExceptionGroup)) as caught:
        if reader == "a read":
            await notes.digest("me")
        elif reader == "a command":
            await notes.touch(0)
        elif reader == "a state":
            await cached(lambda: notes.digest("me")).use()
        else:
            await notes._fusion.raw("digest", ("me",))
    error = caught.value
    while isinstance(error, ExceptionGroup):
        (error,) = error.exceptions
    assert isinstance(error, CommandInComputeError) and error.command == "notes.put"
    assert 9 not in notes.notes


async def test_G40_a_command_of_what_outlives_the_body_runs() -> None:
    """A task that a body started, isolated or not, is no part of it once the body has ended."""
    gate = asyncio.Event()
    tasks: list[asyncio.Task[None]] = []

    class Starting(NotesInMemory):
        async def digest(self, owner: str) -> str:
            async def later() -> None:
                await gate.wait()
                await self.put(Note(9, owner, "written later"))

            with isolated():
                tasks.append(asyncio.create_task(later()))
            return "done"

    notes = Starting({})
    await notes.digest("me")
    gate.set()
    await tasks[0]
    assert 9 in notes.notes


async def test_O15_a_nested_command_applies_with_the_outer_one() -> None:
    """Its keys wait for the end of the whole."""
    states: list[State] = []

    class Outer(NotesInMemory):
        async def touch(self, id: int) -> Note:
            computed = await self.computed.get(5)
            note = await self.put(Note(5, "me", "nested"))
            states.append(computed.state)
            return note

    notes = Outer({})
    computed = await notes.computed.get(5)
    await notes.touch(0)
    assert states == [State.CONSISTENT]
    assert str(computed.origin) == "notes.touch invalidated notes.get(5)"


async def test_O15_a_nested_command_that_outlives_the_outer_one_applies_by_itself() -> None:
    """What the outer one did not wait for is not lost."""
    gate = asyncio.Event()
    tasks: list[asyncio.Task[Note]] = []

    class Outer(NotesInMemory):
        async def put(self, note: Note) -> Note:
            await gate.wait()
            return await super().put(note)

        async def touch(self, id: int) -> Note:
            tasks.append(asyncio.create_task(self.put(Note(5, "me", "nested"))))
            await asyncio.sleep(0)
            return Note(id, "me", "a")

    notes = Outer({})
    await notes.touch(0)
    computed = await notes.computed.get(5)
    gate.set()
    await tasks[0]
    assert str(computed.origin) == "notes.put invalidated notes.get(5)"


async def test_G15b_no_handler_sees_a_command_half_applied() -> None:
    """All of its keys are applied before the first handler is told."""
    notes = notes_of("a", "b")
    computeds: list[Computed[Any]] = [await notes.computed.get(0), await notes.computed.ids("me")]
    seen: list[set[State]] = []
    for computed in computeds:
        computed.on_invalidated(lambda _: seen.append({each.state for each in computeds}))
    await notes.put(Note(0, "me", "b"))
    assert seen == [{State.INVALIDATED}] * 2


async def test_G33_the_context_is_restored_after_every_command() -> None:
    """Whether it succeeded, failed, or was closed half-way."""
    notes = Stamping({id: Note(id, "me", "a") for id in range(2)})
    await notes.put(Note(0, "me", "b"))
    assert SCOPE.get() is None
    with pytest.raises(ValueError, match="fail"):
        await notes.put(Note(0, "me", "fail"))
    assert SCOPE.get() is None

    class Stuck(NotesInMemory):
        async def put(self, note: Note) -> Note:
            await asyncio.Event().wait()
            return note

    call = Stuck({}).put(Note(0, "me", "a"))
    call.send(None)
    call.close()
    assert SCOPE.get() is None


class Fleeting(NotesInMemory):
    """Its results live for a second; reading one may also try a command."""

    async def get(self, id: int) -> Note | None:
        current().invalidate_in(1.0)
        if id == 9:
            await self.put(Note(9, "me", "written while it was read"))
        return await super().get(id)

    async def touch(self, id: int) -> Note:
        note = await self.get(id)
        assert note is not None
        return note


async def test_a_body_that_limits_its_results_life_can_be_read_past_the_cache() -> None:
    """By a command, here or in another process: nothing is kept that could live too long."""
    notes = Fleeting({0: Note(0, "me", "a")})
    assert await notes.touch(0) == notes.notes[0]
    assert await notes._fusion.raw("get", (0,)) == notes.notes[0]
    assert notes.peek.get(0) is None


async def test_a_body_that_runs_past_the_cache_calls_no_command() -> None:
    """Reading must not change state, whoever reads."""
    notes = Fleeting({})
    for read in (notes.touch(9), notes._fusion.raw("get", (9,))):
        with pytest.raises(CommandInComputeError, match=r"notes\.get"):
            await read
    assert notes.notes == {}
