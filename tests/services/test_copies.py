"""Copied and pickled services carry their state without their graph (G39)."""

from __future__ import annotations

import asyncio
import copy
import pickle
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest

from fusionrt import ComputedState, Host, MutableState, UnsupportedType, computed
from fusionrt.graph import ComputedNode, running_graph
from fusionrt.transport.memory import MemoryNetwork
from tests.lab import LabClient
from tests.services.contracts import Note
from tests.services.memory import NotesInMemory, notes_of


def pickled(service: Any, protocol: int = pickle.DEFAULT_PROTOCOL) -> Any:
    """What arrives in another process."""
    return pickle.loads(pickle.dumps(service, protocol))


@dataclass
class ByHand(NotesInMemory):
    """Copies itself as people write it."""

    def __copy__(self) -> ByHand:
        twin = self.__class__.__new__(self.__class__)
        twin.__dict__.update(self.__dict__)
        return twin

    def __deepcopy__(self, memo: dict[int, Any]) -> ByHand:
        twin = self.__class__.__new__(self.__class__)
        memo[id(self)] = twin
        for name, value in self.__dict__.items():
            setattr(twin, name, copy.deepcopy(value, memo))
        return twin

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"ran": []}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)


@dataclass
class Reduced(NotesInMemory):
    """Says by what call another one is made."""

    def __reduce__(self) -> tuple[Any, ...]:
        return self.__class__, (self.notes,)


@dataclass
class Knotted(NotesInMemory):
    """Refers to itself."""

    itself: Any = None

    def __post_init__(self) -> None:
        self.itself = self


class WithArguments(NotesInMemory):
    """Its `__new__` wants arguments."""

    def __new__(cls, notes: dict[int, Note], *, kind: str) -> WithArguments:
        made = super().__new__(cls)
        made.kind_of_it = kind
        return made

    def __init__(self, notes: dict[int, Note], *, kind: str) -> None:
        super().__init__(notes)

    def __getnewargs_ex__(self) -> tuple[tuple[Any, ...], dict[str, Any]]:
        return (self.notes,), {"kind": "made anew"}

    kind_of_it: str


KINDS: list[Any] = [
    NotesInMemory, ByHand, Reduced, Knotted, partial(WithArguments, kind="first")
]  # fmt: skip
WAYS: list[Any] = [copy.copy, copy.deepcopy, *(partial(pickled, protocol=n) for n in range(6))]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: getattr(kind, "__name__", "WithArguments"))
@pytest.mark.parametrize("way", WAYS, ids=["copy", "deepcopy", *(f"pickle {n}" for n in range(6))])
async def test_G39_a_copy_has_the_state_and_a_graph_of_its_own(
    kind: Callable[[dict[int, Note]], NotesInMemory], way: Callable[[Any], Any]
) -> None:
    """Made after hits: it is cached by itself, runs its own bodies, and is invalidated alone."""
    notes = kind({0: Note(0, "me", "a")})
    for _ in range(3):
        assert await notes.get(0) == Note(0, "me", "a")
    twin = way(notes)
    assert type(twin) is type(notes)
    assert twin._fusion is not notes._fusion and twin.peek.get(0) is None
    twin.__dict__["notes"] = {0: Note(0, "me", "b")}
    twin.__dict__["ran"] = []
    for _ in range(3):
        assert (await twin.get(0), await notes.get(0)) == (twin.notes[0], notes.notes[0])
    assert twin.took() == ["get 0"]
    await twin.put(Note(0, "me", "c"))
    assert twin.peek.get(0) is None and notes.peek.get(0) is not None
    assert await twin.get(0) == Note(0, "me", "c")


async def test_G39_a_pickle_names_the_class_that_was_written() -> None:
    """And nothing of ours: another process may have made it with another version."""
    notes = notes_of("a")
    await notes.get(0)
    await notes.get(0)
    data = pickle.dumps(notes)
    assert b"_fusion" not in data.replace(b"fusionrt", b"")
    assert set(vars(notes)) == {"notes", "ran"}


async def test_G39_a_service_that_refers_to_itself_is_copied_with_that() -> None:
    """The copy refers to the copy."""
    knotted = Knotted({})
    await knotted.get(0)
    for twin in (copy.deepcopy(knotted), pickled(knotted)):
        assert twin.itself is twin


@dataclass
class Stateful(NotesInMemory):
    """Has states, and a computed value of its own."""

    count: MutableState[int] = field(default_factory=lambda: MutableState(1, name="count"))
    double: ComputedNode[int] = field(init=False)
    followed: ComputedState[int] = field(init=False)

    def __post_init__(self) -> None:
        self.double = computed(self._double)
        self.followed = ComputedState(self._double)

    async def _double(self) -> int:
        return 2 * await self.count.use()

    async def half(self, value: float) -> float:
        return await self.count.use() / value


@pytest.mark.parametrize("way", [copy.deepcopy, pickled])
async def test_G39_states_are_copied_with_their_values(way: Callable[[Any], Any]) -> None:
    """A set of the one moves nothing in the other."""
    notes = Stateful({})
    async with notes.followed:
        assert (await notes.half(1.0), await notes.double.use()) == (1.0, 2)
        twin = way(notes)
        twin.count.set(5)
        assert (await notes.half(1.0), await notes.double.use()) == (1.0, 2)
        assert (await twin.half(1.0), await twin.double.use(), twin.count.value) == (5.0, 10, 5)
        async with twin.followed:
            assert (twin.followed.value, notes.followed.value) == (10, 2)
        notes.count.set(3)
        assert (await notes.half(1.0), await twin.half(1.0)) == (3.0, 5.0)


async def test_G39_a_state_can_be_copied_by_itself() -> None:
    """Each has a value of its own."""
    state = MutableState([1], name="list")
    await state.use()
    for twin in (copy.copy(state), copy.deepcopy(state), pickled(state)):
        twin.set([2])
        assert (await twin.use(), await state.use()) == ([2], [1])


async def test_G39_what_belongs_to_an_event_loop_stays_as_it_is_and_is_not_pickled() -> None:
    """Clients, hosts, graphs and computeds in a service: a copy has the same, a pickle names it."""
    async with Host(transport=MemoryNetwork(0).connect("a")) as host:
        client = host.client(LabClient)
        notes = notes_of("a")
        for part in (client, client.with_options(timeout=1), host, running_graph(),
                     await notes.computed.get(0)):  # fmt: skip
            service = notes_of("a")
            service.__dict__["part"] = part
            for way in (copy.copy, copy.deepcopy):
                assert way(service).__dict__["part"] is part
            with pytest.raises(UnsupportedType, match=f"{type(part).__name__} cannot be pickled"):
                pickle.dumps(service)
    assert client.with_options(stale_ok=True)._fusion is not client._fusion


async def test_G39_a_copy_of_a_service_that_runs_is_at_rest() -> None:
    """The body that runs is the original's."""
    gate = asyncio.Event()

    class Slow(NotesInMemory):
        async def get(self, id: int) -> Note | None:
            await gate.wait()
            return await super().get(id)

    notes = Slow({0: Note(0, "me", "a")})
    call = asyncio.create_task(notes.get(0))
    await asyncio.sleep(0)
    twin = copy.copy(notes)
    twin.notes = {0: Note(0, "me", "b")}
    gate.set()
    assert (await twin.get(0), await call) == (Note(0, "me", "b"), Note(0, "me", "a"))
