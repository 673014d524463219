"""G38: each method of a service and of a client is a coroutine function to whoever asks."""

from __future__ import annotations

import asyncio
import inspect
import sys
import typing
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any
from unittest.mock import AsyncMock, MagicMock, create_autospec

import pytest

from tests.golden.deprecated.expected.carts import CartsClient
from tests.golden.deprecated.impl import Carts_
from tests.services.contracts import Note, Notes
from tests.services.generated.notes import NotesClient, NotesLive
from tests.services.memory import NotesInMemory, notes_of

# From Python 3.14 on one of those who are asked warns that it will leave.
pytestmark = pytest.mark.filterwarnings("ignore:'asyncio.iscoroutinefunction' is deprecated")

NOTE = Note(0, "me", "a")

# -- what frameworks ask --

KINDS = ("class", "service", "client")
COMPUTE = ("get", "ids", "kind", "half", "digest")
COMMANDS = ("put", "touch", "put_all")
COROUTINES = (*COMPUTE, *COMMANDS, "ping")


def asked(function: object) -> set[bool]:
    """What the two say who are asked, of a function and of a partial of it."""
    assert callable(function)
    return {
        ask(each)
        for ask in (inspect.iscoroutinefunction, asyncio.iscoroutinefunction)
        for each in (function, partial(function))
    }


@pytest.mark.parametrize("of", [NotesInMemory, notes_of(), NotesClient], ids=KINDS)
@pytest.mark.parametrize("method", COROUTINES)
def test_G38_every_method_is_a_coroutine_function(of: object, method: str) -> None:
    """Compute methods, commands and plain methods; of a class, an instance, a client."""
    assert asked(getattr(of, method)) == {True}


async def test_G38_every_method_of_a_clients_instance_is_one(
    client: NotesClient,
) -> None:
    """And of a view with other options."""
    for each in (client, client.with_options(timeout=2.0)):
        for method in COROUTINES:
            assert asked(getattr(each, method)) == {True}
        for method in COMPUTE:
            assert asked(getattr(each.computed, method)) == {True}


def test_G38_of_the_accessors_what_is_awaited_is_one() -> None:
    """`computed` is; `peek`, `changes`, `invalidate` and streams are functions."""
    notes = notes_of()
    assert asked(notes.computed.get) == {True}
    for function in (notes.peek.get, notes.changes.get, notes.invalidate.get, NotesClient.events):
        assert asked(function) == {False}


@pytest.mark.parametrize("of", [Carts_(), CartsClient], ids=KINDS[1:])
@pytest.mark.parametrize("method", ["sum", "set", "ping"])
def test_G38_a_deprecated_method_is_a_coroutine_function(of: object, method: str) -> None:
    """As far as a deprecated coroutine function is one: on 3.11, only asyncio can be told."""
    function = getattr(of, method)
    assert asyncio.iscoroutinefunction(function)
    assert inspect.iscoroutinefunction(function) or sys.version_info < (3, 12)


def test_G38_a_subclass_of_a_client_may_override_a_method() -> None:
    """With a coroutine function, as of any class."""

    class Loud(NotesClient):
        async def ping(self) -> str:
            return (await super().ping()).upper()

    assert asked(Loud.ping) == asked(Loud.get) == {True}


@pytest.mark.parametrize("method", ["get", "put"])
def test_G38_a_wrong_number_of_arguments_is_told_at_the_call(method: str) -> None:
    """Before anything is awaited, with the name of the method."""
    call = getattr(notes_of(), method)
    with pytest.raises(TypeError, match="argument"):
        call()
    with pytest.raises(TypeError, match="argument"):
        call(1, 2, 3)


@pytest.mark.parametrize("method", [*COMPUTE, *COMMANDS])
def test_G38_a_method_says_of_itself_what_its_contract_says(method: str) -> None:
    """Frameworks read the parameters, and what an await gives, off a coroutine function."""
    found, declared = getattr(notes_of(), method), getattr(Notes, method)
    assert typing.get_type_hints(found) == typing.get_type_hints(declared)
    assert (found.__name__, found.__doc__) == (declared.__name__, declared.__doc__)
    _, *parameters = inspect.signature(declared).parameters.values()
    assert list(inspect.signature(found).parameters.values()) == parameters


# -- mocks --


def _async_mock(spec: object) -> Any:
    return AsyncMock(spec=spec)


def _magic_mock(spec: object) -> Any:
    return MagicMock(spec=spec)


def _mocks() -> Iterator[Callable[[], Any]]:
    for spec in (NotesClient, NotesLive, NotesInMemory):
        for make in (partial(create_autospec, instance=True), _async_mock, _magic_mock):
            yield partial(make, spec)
    for make in (create_autospec, _async_mock, _magic_mock):
        yield partial(make, notes_of())


@pytest.mark.parametrize("make", list(_mocks()))
async def test_G38_a_mock_can_be_awaited(make: Callable[[], Any]) -> None:
    """What is awaited of the original is awaited of the mock, whatever its kind."""
    mock = make()
    for method in ("get", "put", "ping"):
        getattr(mock, method).return_value = method
    assert [await mock.get(1), await mock.put(NOTE), await mock.ping()] == ["get", "put", "ping"]
    mock.get.assert_awaited_once_with(1)


async def test_G38_the_accessors_of_an_autospec_can_be_awaited() -> None:
    """`computed` of a mock."""
    mock = create_autospec(NotesClient, instance=True)
    mock.computed.get.return_value = 3
    assert await mock.computed.get(1) == 3
    mock.peek.get.return_value = 4
    assert mock.peek.get(1) == 4


async def test_G38_an_autospec_of_a_call_can_be_awaited() -> None:
    """Of a bound method, given to somebody as a callback."""
    mock = create_autospec(notes_of().get)
    mock.return_value = NOTE
    assert await mock(1) == NOTE
    with pytest.raises(TypeError):
        await mock()
