"""One call costs itself, never the batch that it travels in (D29)."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from typing import Any

import pytest

from fusionrt import Host, RemoteError, WireError
from fusionrt.primitives import now
from fusionrt.remote import servant
from fusionrt.remote.description import DESCRIBE
from fusionrt.rpc import Ask, Failed
from fusionrt.transport.memory import MemoryNetwork
from fusionrt.wire.digest import method_id
from fusionrt.wire.frames import Kind
from fusionrt.wire.runs import Request
from tests.lab import Broken, LabClient, TinyLab, peer_of


class Untellable(Exception):
    """Its text cannot be told."""

    def __str__(self) -> str:
        raise RuntimeError("no text")

    __repr__ = __str__


class Rude(Untellable):
    """Its text raises what is no Exception."""

    def __str__(self) -> str:
        raise GeneratorExit

    __repr__ = __str__


class BrokenWithoutText(Broken):
    """Declared, by its base; its text cannot be told."""

    def __str__(self) -> str:
        raise RuntimeError("no text")


class BrokenInside(Broken):
    """Declared; what it holds cannot be asked for."""

    @property
    def args(self) -> Any:  # type: ignore[override]
        raise RuntimeError("no arguments")


class Odd:
    """A value of no declared type, whose every special method raises."""

    def __repr__(self) -> str:
        raise RuntimeError("no repr")

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError("no attributes")


def broken_with(thing: object) -> Broken:
    """One that holds a part that cannot travel."""
    error = Broken("pump", count=2)
    error.args = (thing,)
    vars(error).update(thing=thing, text="kept", rude="\ud800")
    return error


def endless() -> list[Any]:
    """A list that contains itself."""
    items: list[Any] = []
    items.append(items)
    return items


@pytest.fixture(autouse=True)
def _no_collection_amid_a_recursion() -> Iterator[None]:
    """Hypothesis is called at each, and finds no frame left where something contains itself."""
    gc.disable()
    yield
    gc.enable()


ERRORS: dict[str, Callable[[], Exception]] = {
    "a text that raises": Untellable,
    "a text that raises no Exception": Rude,
    "a text that cannot be encoded": lambda: ValueError("\ud800"),
    "a declared one without text": lambda: BrokenWithoutText("pump", count=2),
    "a declared one without arguments that can be asked for": lambda: BrokenInside("pump", count=2),
    "a declared one with a part that cannot travel": lambda: broken_with(object()),
    "a declared one with a part that is odd": lambda: broken_with(Odd()),
    "a declared one with a part that contains itself": lambda: broken_with(endless()),
    "a declared one with a text that cannot be encoded": lambda: broken_with("\ud800"),
    "a framework error without its facts": lambda: RemoteError.__new__(RemoteError),
}
RESULTS = {
    "an object": object(),
    "an odd one": Odd(),
    "one that contains itself": endless(),
    "text that cannot be encoded": "\ud800",
}


class OddLab(TinyLab):
    """Bodies whose answers cannot be made."""

    async def trouble(self, how: str) -> None:
        raise ERRORS[how]()

    async def fail(self, how: str) -> int:
        if how in RESULTS:
            return RESULTS[how]  # type: ignore[return-value]
        raise ERRORS[how]()

    async def echo(self, text: str) -> str:
        return RESULTS.get(text, text)  # type: ignore[return-value]

    async def put(self, key: str, value: int) -> int:
        if key in ERRORS:
            raise ERRORS[key]()
        return RESULTS.get(key, value)  # type: ignore[return-value]

    def bad_stream(self, how: str) -> AsyncIterator[int]:
        return self._odd_stream(how)

    async def _odd_stream(self, how: str) -> AsyncIterator[int]:
        yield 1
        if how in ERRORS:
            raise ERRORS[how]()
        yield RESULTS[how]  # type: ignore[misc]


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    """The log would hold texts that cannot be encoded: pytest-xdist cannot pass them on."""
    caplog.set_level(logging.CRITICAL + 1, "fusionrt")


@pytest.fixture
async def client() -> AsyncIterator[LabClient]:
    """A client of an odd lab, without a broker."""
    network = MemoryNetwork(1)
    async with (
        Host(transport=network.connect("serving")) as serving,
        Host(transport=network.connect("calling")) as calling,
    ):
        await serving.serve(OddLab({"a": 1}))
        yield calling.client(LabClient).with_options(timeout=3.0)


async def neighbours(client: LabClient, odd: Coroutine[Any, Any, Any]) -> Any:
    """What becomes of an odd call; those that travel with it are answered."""
    calls = (client.get("a"), client.echo("x"), odd, client.echo("y"), client.put("k", 5))
    first, second, outcome, *others = await asyncio.gather(*calls, return_exceptions=True)
    assert (first, second, *others) == (1, "x", "y", 5)
    return outcome


def check(error: object, what: str) -> None:
    """The error that a caller gets."""
    if what.startswith("a declared one with"):
        assert type(error) is Broken
    else:
        assert isinstance(error, RemoteError) and error.code == "internal" and error.reference
    if what.startswith("a declared one with a"):
        held = {key: value for key, value in vars(error).items() if key != "__notes__"}
        assert held == {"part": "pump", "count": 2, "text": "kept"}


@pytest.mark.parametrize("what", ERRORS)
async def test_D29_an_error_that_cannot_be_told_costs_its_call_only(
    client: LabClient, what: str
) -> None:
    """Plain calls, compute methods, cached or not, and commands: each is answered with an error."""
    check(await neighbours(client, client.trouble(what)), what)
    check(await neighbours(client, client.put(what, 1)), what)
    for _ in range(2):
        check(await neighbours(client, client.fail(what)), what)


@pytest.mark.parametrize("what", RESULTS)
async def test_D29_a_result_that_cannot_be_encoded_costs_its_call_only(
    client: LabClient, what: str
) -> None:
    """The caller learns a reference, those beside it their results."""
    for call in (client.echo(what), client.put(what, 1), client.fail(what), client.fail(what)):
        check(await neighbours(client, call), what)


@pytest.mark.parametrize("what", [*ERRORS, *RESULTS])
async def test_D29_a_stream_whose_item_or_error_cannot_be_told_ends_alone(
    client: LabClient, what: str
) -> None:
    """The items before it came; then its reader gets the error."""
    stream = client.bad_stream(what)
    assert await anext(stream) == 1
    check(await neighbours(client, anext(stream)), what)  # type: ignore[arg-type]


async def test_D29_what_does_not_decode_at_the_client_costs_its_call_only(
    client: LabClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A host of another version may answer with another type."""
    monkeypatch.setitem(RESULTS, "a number", 17)
    outcome = await neighbours(client, client.echo("a number"))
    assert isinstance(outcome, WireError)


async def test_D29_a_declared_error_that_cannot_be_made_here_is_told_without_its_class(
    client: LabClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The caller learns its text; the log says what is wrong with the class."""

    error = Broken("pump", count=2)

    def refuse(cls: type, args: object) -> object:
        raise RuntimeError("not here")

    monkeypatch.setitem(ERRORS, "plain", lambda: error)
    monkeypatch.setattr("fusionrt.remote.declared._allocated", refuse)
    outcome = await neighbours(client, client.trouble("plain"))
    assert isinstance(outcome, RemoteError) and outcome.code == "declared"
    assert "2 of pump are broken" in str(outcome)


async def test_D29_whatever_answering_a_call_raises_costs_that_call_only(
    client: LabClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault in what answers is told, and logged, as one of a body is."""

    def fail(*_: object) -> object:
        raise RuntimeError("the password is 12345")

    monkeypatch.setattr(servant, "describe", fail)
    request = Request(Ask(Kind.PLAIN, method_id(DESCRIBE)), b"", now() + 9)
    outcome = await neighbours(client, peer_of(client).call(request))
    assert isinstance(outcome, Failed) and outcome.failure.code == "internal"
    assert "12345" not in str(outcome)
