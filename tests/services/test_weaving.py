"""Weaving: whatever classes users write, their instances are cached."""

from __future__ import annotations

import asyncio
import copy
import dataclasses
import pickle
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, TypeVar

import pytest

from tests.services.contracts import Note, Notes
from tests.services.generated.notes import NotesService
from tests.services.memory import NotesInMemory, notes_of

_T = TypeVar("_T")


async def is_cached(notes: NotesInMemory) -> bool:
    """Whether two reads run one body, also through the service's own calls."""
    notes.took()
    await notes.digest("me")
    await notes.digest("me")
    await notes.get(0)
    return notes.took() == ["digest me", "ids me  20", "get 0", "get 1"]


class WithMixin:
    """Comes before the service in the order of its bases."""

    async def half(self, value: float) -> float:
        return value / 2 + 100


class Mixed(WithMixin, NotesInMemory):
    """A mixin's body is a body."""


class Second(NotesInMemory):
    """A second subclass, which builds on the first one's bodies."""

    async def digest(self, owner: str) -> str:
        return f"<{await super().digest(owner)}>"


class Third(Second):
    """And one more."""

    async def get(self, id: int) -> Note | None:
        note = await super().get(id)
        return None if note is None else dataclasses.replace(note, text=note.text.upper())


class Registered(NotesInMemory):
    """Wants every subclass to give a name."""

    names: ClassVar[list[str]] = []

    def __init_subclass__(cls, *, title: str, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls.names.append(title)


class Titled(Registered, title="titled"):
    """Does."""


class OfType(NotesInMemory, Generic[_T]):
    """A generic service."""


@dataclass(frozen=True)
class Settings:
    """A base that is no service."""

    loud: bool = False


@dataclass(frozen=True, slots=True)
class Frozen(NotesService):
    """Equal to its twin, immutable, with slots."""

    notes: dict[int, Note]
    ran: list[str] = field(default_factory=list)

    get = NotesInMemory.get
    ids = NotesInMemory.ids
    kind = NotesInMemory.kind
    half = NotesInMemory.half
    digest = NotesInMemory.digest
    put = NotesInMemory.put
    touch = NotesInMemory.touch
    put_all = NotesInMemory.put_all
    ping = NotesInMemory.ping
    events = NotesInMemory.events
    took = NotesInMemory.took


class Abstract(NotesInMemory, ABC):
    """Leaves something to its subclasses."""

    @abstractmethod
    def word(self) -> str: ...


class Concrete(Abstract):
    """Leaves nothing."""

    def word(self) -> str:
        return "word"


CLASSES = [NotesInMemory, Mixed, Second, Third, Titled, OfType, OfType[int], Frozen, Concrete]


@pytest.mark.parametrize("cls", CLASSES, ids=str)
async def test_every_kind_of_class_is_cached(cls: Any) -> None:
    """Calls from outside and from its own bodies; commands invalidate."""
    notes = cls({id: Note(id, "me", f"text {id}") for id in range(2)})
    assert await is_cached(notes)
    before = await notes.digest("me")
    await notes.put(Note(1, "me", "changed"))
    assert await notes.digest("me") != before
    assert isinstance(notes, getattr(cls, "__origin__", cls)) and isinstance(notes, NotesService)
    assert type(notes).__name__ == getattr(cls, "__origin__", cls).__name__


async def test_super_reaches_the_raw_body() -> None:
    """An override that calls `super()` is one computed, with what the raw body used."""
    notes = Third({0: Note(0, "me", "text")})
    assert await notes.digest("me") == "<TEXT>"
    assert notes.took() == ["digest me", "ids me  20", "get 0"]
    notes.invalidate.get(0)
    assert await notes.digest("me") == "<TEXT>"
    assert notes.took() == ["digest me", "get 0"]


async def test_a_mixins_body_is_cached() -> None:
    """It stands before the service's own."""
    notes = Mixed({})
    computed = await notes.computed.half(3)
    assert computed.value == 101.5
    assert await notes.computed.half(3.0) is computed


async def test_a_class_and_its_subclass_are_woven_apart() -> None:
    """Each runs its own bodies, in either order of first use."""
    first, second = NotesInMemory({0: Note(0, "me", "a")}), Second({0: Note(0, "me", "b")})
    assert [await first.digest("me"), await second.digest("me")] == ["a", "<b>"]
    assert type(first) is not type(second)


async def test_equal_services_cache_apart() -> None:
    """A dataclass is equal to its twin, and cannot be hashed; their results are their own."""
    one, two = notes_of("a"), notes_of("a")
    assert one == two
    await one.get(0)
    assert two.peek.get(0) is None
    assert await one.computed.get(0) is not await two.computed.get(0)


def test_weaving_does_not_tell_the_users_class_of_a_subclass() -> None:
    """`__init_subclass__` is called for the classes that the user wrote."""
    Registered.names.clear()
    Titled({})
    assert Registered.names == []


def test_an_abstract_service_cannot_be_made() -> None:
    """Python's own error names what is missing."""
    with pytest.raises(TypeError, match="word"):
        Abstract()  # type: ignore[abstract]

    class Partly(NotesService):
        async def get(self, id: int) -> Note | None:
            return None

    with pytest.raises(TypeError, match="digest"):
        Partly()  # type: ignore[abstract]


def test_a_class_with_two_contracts_is_refused() -> None:
    """Only one of them could be cached; the error says so."""

    class Other(Notes):
        """The stub of another contract would look like this."""

        _fusion_contract = object()

    class Both(NotesInMemory, Other):  # type: ignore[misc]
        pass

    with pytest.raises(TypeError, match="Both implements several contracts"):
        Both()


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, dataclasses.replace])
async def test_a_copy_has_results_of_its_own(duplicate: Any) -> None:
    """It runs its own bodies over its own state."""
    notes = notes_of("a", "b")
    await notes.digest("me")
    twin = duplicate(notes)
    twin.notes = {0: Note(0, "me", "other")}
    assert await twin.digest("me") == "other"
    assert await notes.digest("me") == "a, b"
    twin.invalidate.get(0)
    assert notes.peek.get(0) is not None


def _pickled(service: Any) -> Any:
    return pickle.loads(pickle.dumps(service))


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, _pickled])
async def test_a_copy_of_a_frozen_service_with_slots_has_results_of_its_own(duplicate: Any) -> None:
    """Its fields lie in slots."""
    notes: Any = Frozen({0: Note(0, "me", "a")})
    await notes.get(0)
    twin = duplicate(notes)
    assert twin.peek.get(0) is None
    assert await twin.get(0) == Note(0, "me", "a")


async def test_a_service_can_be_made_and_looked_at_outside_of_a_loop_first() -> None:
    """Made, invalidated, peeked at: nothing is bound yet."""

    def outside() -> NotesInMemory:
        notes = notes_of("a")
        notes.invalidate.get(0)
        assert notes.peek.get(0) is None
        return notes

    notes = await asyncio.to_thread(outside)
    assert await notes.digest("me") == "a"
