"""Errors as cached values (G22), whatever classes users make them of."""

from __future__ import annotations

import asyncio
import gc
import pickle
import weakref
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from fusionrt.contract import ComputeOptions
from fusionrt.errors import RemoteUnavailable
from fusionrt.graph import Function, new_hot_table

from .lab import Lab


class WithConstructor(Exception):
    """Wants other arguments than its `args` are."""

    def __init__(self, code: int, *, name: str) -> None:
        super().__init__(f"{name} failed")
        self.code = code


class Slotted(Exception):
    """Keeps its attribute in a slot, as attrs' classes do."""

    __slots__ = ("code",)

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Frozen(Exception):
    """Forbids the assignment of attributes."""

    code: int


class FileProblem(OSError):
    """Its base class is initialised in two ways, depending on the constructor of this class."""

    def __init__(self, name: str) -> None:
        super().__init__(2, "no such thing", name)


class Uncopyable(Exception):
    """Neither its constructor nor a copy can make another one."""

    def __new__(cls, secret: str) -> Uncopyable:
        assert secret == "open"
        return super().__new__(cls)

    def __init__(self, secret: str) -> None:
        super().__init__("closed")


class Model(BaseModel):
    """Something to validate."""

    number: int


def _invalid() -> ValidationError:
    try:
        Model.model_validate({"number": "none"})
    except ValidationError as error:
        return error
    raise AssertionError


ERRORS = {
    "builtin": lambda: KeyError("key"),
    "constructor": lambda: WithConstructor(7, name="it"),
    "slots": lambda: Slotted(7),
    "frozen dataclass": lambda: Frozen(7),
    "OSError": lambda: FileNotFoundError(2, "no such file", "name"),
    "OSError with a constructor": lambda: FileProblem("name"),
    "of the runtime": lambda: RemoteUnavailable("carts", "it is gone"),
    "members": lambda: ImportError("no module", name="module", path="path"),
    "unicode": lambda: UnicodeDecodeError("utf-8", b"\xff", 0, 1, "bad"),
    "group": lambda: ExceptionGroup("two", [ValueError(1), ExceptionGroup("in", [Frozen(7)])]),
    "pydantic": _invalid,
    "uncopyable": lambda: Uncopyable("open"),
    "StopIteration is a RuntimeError": lambda: StopAsyncIteration(1),
}


@pytest.mark.parametrize("make", ERRORS.values(), ids=ERRORS.keys())
async def test_G22_every_reader_gets_the_whole_error(make: Any) -> None:
    """Class, text and attributes are those of the original, each time."""
    lab = Lab()

    async def body() -> None:
        raise make()

    called = lab.function("f", body)
    original = make()
    for _ in range(3):
        with pytest.raises(type(original)) as caught:
            await called.fetch(())
        error = caught.value
        assert type(error) is type(original)
        assert str(error) == str(original) and repr(error) == repr(original)
        for name in ("code", "errno", "filename", "name", "path", "object", "reason", "service"):
            assert getattr(error, name, None) == getattr(original, name, None)
    assert called.bodies == 1


@pytest.mark.parametrize("make", ERRORS.values(), ids=ERRORS.keys())
async def test_G22_a_cached_error_pins_nothing_of_its_body(make: Any) -> None:
    """Neither its own traceback, nor its context's, nor those of a group's parts."""
    lab = Lab()

    class Service:
        pass

    services: list[weakref.ref[Service]] = []

    async def fail(service: Service) -> None:
        try:
            raise LookupError("first")
        except LookupError:
            raise make()  # noqa: B904 - a context, not a cause

    async def body() -> None:
        service = Service()
        services.append(weakref.ref(service))
        await fail(service)

    called = lab.function("f", body)
    assert (await called.computed(())).error is not None
    gc.collect()
    assert services[0]() is None


class Wrapping(Exception):
    """Has what it was made of as an attribute, as errors of database libraries do."""

    def __init__(self, orig: object) -> None:
        super().__init__("it failed")
        self.orig = orig


class OwnGroup(ExceptionGroup[Exception]):
    """Is no longer one of its kind when it is split."""


def _in_itself(error: Exception) -> Exception:
    """An error that holds one that holds it."""
    error.__dict__["outer"] = outer = Wrapping(error)
    return outer


def _uncopyable(error: Exception) -> Exception:
    held = Uncopyable("open")
    held.__dict__["orig"] = error
    return held


HOLDING: dict[str, Any] = {
    "argument": RuntimeError,
    "arguments": lambda error: RuntimeError("text", [error]),
    "attribute": Wrapping,
    "list": lambda error: Wrapping([error]),
    "dict": lambda error: Wrapping({"first": error}),
    "slot": Slotted,
    "deep": lambda error: Wrapping(RuntimeError(error)),
    "in itself": _in_itself,
    "group": lambda error: OwnGroup("one", [error]),
    "group in it": lambda error: Wrapping(BaseExceptionGroup("one", [error])),
    "uncopyable": _uncopyable,
}


@pytest.mark.parametrize("make", HOLDING.values(), ids=HOLDING.keys())
async def test_G22_an_error_that_a_cached_one_holds_pins_nothing(make: Any) -> None:
    """Neither what the body raised, nor what each reader adds who raises that anew."""
    lab = Lab()

    class Frame:
        pass

    frames: list[weakref.ref[Frame]] = []

    def fail(error: Exception, frame: Frame) -> None:
        frames.append(weakref.ref(frame))
        raise error

    async def body() -> None:
        try:
            fail(LookupError("first"), Frame())
        except LookupError as error:
            raise make(error) from None

    called = lab.function("f", body)
    for _ in range(3):
        try:
            await called.fetch(())
        except Exception as error:
            for held in (*error.args, *vars(error).values()):
                if isinstance(held, Exception) and type(error) is not Uncopyable:
                    with suppress(type(held)):
                        fail(held, Frame())
    await asyncio.sleep(0)
    gc.collect()
    assert called.bodies == 1
    assert [frame() for frame in frames] == [None] * len(frames)


async def test_G22_an_error_is_copied_with_those_that_it_holds() -> None:
    """What was one error twice is one error twice, and what was a group is that group."""
    lab = Lab()

    async def body() -> None:
        first = LookupError("first")
        error = OwnGroup("two", [first, ValueError("second")])
        error.__dict__["orig"] = first
        raise error

    called = lab.function("f", body)
    for _ in range(2):
        with pytest.raises(OwnGroup) as caught:
            await called.fetch(())
        first, second = caught.value.exceptions
        assert repr(caught.value) == "OwnGroup('two', [LookupError('first'), ValueError('second')])"
        assert vars(caught.value)["orig"] is first and str(second) == "second"


async def test_G22_who_only_asks_again_meets_the_next_try() -> None:
    """A transient error from the cache takes a turn of the loop, or its time would never end."""
    lab = Lab()

    async def body() -> int:
        if called.bodies == 1:
            raise ConnectionResetError
        return 7

    options = ComputeOptions(transient_error_ttl=0.01)
    called = Function(lab.graph, "f", body, options=options, hot=new_hot_table())
    async with asyncio.timeout(10.0):
        while True:
            try:
                assert await called.fetch(()) == 7
                break
            except ConnectionResetError:
                pass
    assert called.bodies == 2


async def test_G22_the_parts_of_a_cached_group_pin_nothing() -> None:
    """A TaskGroup in a body fails with a group whose parts have tracebacks of their own."""
    lab = Lab()

    class Service:
        pass

    services: list[weakref.ref[Service]] = []

    async def fail(service: Service) -> None:
        raise ValueError("part")

    async def body() -> None:
        service = Service()
        services.append(weakref.ref(service))
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(fail(service))

    called = lab.function("f", body)
    with pytest.raises(ExceptionGroup) as caught:
        await called.fetch(())
    assert caught.group_contains(ValueError, match="part")
    del caught
    await asyncio.sleep(0)  # until its next step the task itself holds the last error
    gc.collect()
    assert services[0]() is None


async def test_G22_an_error_that_rises_through_many_bodies_stays_small() -> None:
    """Its text is noted once, where it was raised first; not again by each body on its way."""
    lab = Lab()

    async def body(number: int) -> None:
        if number == 0:
            raise ValueError("deep down")
        await called.fetch((number - 1,))

    called = lab.function("f", body)
    computed = await called.computed((100,))
    assert computed.error is not None
    assert len(computed.error.__notes__) == 1
    assert len(pickle.dumps(computed.error.__notes__)) < 10_000


@pytest.mark.parametrize("retry_after", [None, "120", object()])
async def test_G22_a_retry_after_that_is_no_number_is_ignored(retry_after: object) -> None:
    """The error is cached like any other, and every caller gets it."""
    lab = Lab()

    class Throttled(Exception):
        pass

    async def body() -> None:
        error = Throttled("wait")
        error.retry_after = retry_after  # type: ignore[attr-defined]
        await asyncio.sleep(0)
        raise error

    called = lab.function("f", body)
    calls = await asyncio.gather(*(called.fetch(()) for _ in range(3)), return_exceptions=True)
    assert [type(call) for call in calls] == [Throttled] * 3
    assert called.bodies == 1


async def test_G22_raising_a_cached_error_does_not_show_what_the_reader_handles() -> None:
    """The reader's own exception is not printed as if it had caused the cached one."""
    lab = Lab()

    async def body() -> None:
        raise ValueError("cached")

    called = lab.function("f", body)
    try:
        raise KeyError("of the reader")
    except KeyError:
        with pytest.raises(ValueError, match="cached") as caught:
            await called.fetch(())
    assert caught.value.__suppress_context__ and caught.value.__cause__ is None
