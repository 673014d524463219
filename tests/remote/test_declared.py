"""Exceptions that a contract declares, on the wire."""

from __future__ import annotations

from asyncio import IncompleteReadError
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from json import JSONDecodeError
from subprocess import CalledProcessError
from uuid import UUID

import msgspec
import pytest
from pydantic import TypeAdapter, ValidationError

from fusionrt.errors import UnsupportedType
from fusionrt.remote.declared import check_declared, declared, raised


@dataclass(frozen=True, slots=True)
class Gone(Exception):
    """Frozen and with slots: nothing can be assigned to it."""

    price: Decimal
    day: date | None = None
    tags: tuple[str, ...] = ()


@dataclass
class Missing(LookupError):
    """Its field is private, and one has a factory."""

    _key: str
    tried: list[str] = field(default_factory=list)


class Slotted(Exception):
    """It has a slot, and wants other arguments than its `args`."""

    __slots__ = ("part",)

    def __init__(self, part: str, *, count: int) -> None:
        super().__init__(f"{count} of {part}")
        self.part = part


class ByKeyword(Exception):
    """No instance is made of its `args`; its text is made of what is private."""

    def __new__(cls, *, code: int) -> ByKeyword:
        return super().__new__(cls, "a text")

    def __init__(self, *, code: int) -> None:
        super().__init__("a text")
        self._code = code

    @property
    def code(self) -> int:
        return self._code

    def __str__(self) -> str:
        return f"the code is {self.code:04}"


class Rewritten(LookupError):
    """Its constructor makes a text of what it is given, and its `__reduce__` takes that back."""

    def __init__(self, sku: str, price: Decimal) -> None:
        super().__init__(f"{sku}: {price}")
        self.sku, self.price = sku, price
        self.__twice = 2 * price

    def __str__(self) -> str:
        return f"{self.sku} at {self.price:.2f}, {self.__twice:.2f} a pair"

    def __reduce__(self) -> tuple[type[Rewritten], tuple[str, Decimal]]:
        return type(self), (self.sku, self.price)


class Slots(Exception):
    """It has private slots, one of them unset."""

    __slots__ = ("__count", "_unset")

    def __init__(self, count: int) -> None:
        super().__init__()
        self.__count = count

    def __str__(self) -> str:
        return f"{self.__count} are gone"


class Further(Slots):
    """A subclass that no contract lists, with a text of its own."""

    def __str__(self) -> str:
        return "further gone"


def _there(error: Exception) -> Exception | None:
    return raised(declared(type(error), error), (KeyError, type(error)))


@pytest.mark.parametrize(
    "error",
    [
        Gone(Decimal("1.50"), date(2024, 2, 29), ("a",)),
        Gone(price=Decimal(1)),
        Missing("k", tried=["x"]),
    ],
)
def test_C3_the_fields_of_a_declared_dataclass_arrive_as_their_types(error: Exception) -> None:
    """Given by position or by name, private or not, frozen or with slots."""
    assert _there(error) == error


def test_C3_the_slots_of_a_declared_exception_arrive() -> None:
    """What it keeps beside its `__dict__` is not lost."""
    arrived = _there(Slotted("pump", count=2))
    assert isinstance(arrived, Slotted)
    assert arrived.part == "pump"
    assert arrived.args == ("2 of pump",)


def test_C3_a_field_that_the_other_version_lacks_has_its_default() -> None:
    """As in any other record; a factory makes a new value each time."""

    def missing(key: str) -> Callable[[], Exception]:
        @dataclass
        class Missing(LookupError):
            _key: str

        return lambda: Missing(key)

    error = missing("k")()
    data = declared(type(error), error)
    first, second = (raised(data, (Missing,)) for _ in range(2))
    assert first == second == Missing("k")
    assert isinstance(first, Missing) and isinstance(second, Missing)
    assert first.tried is not second.tried


@pytest.mark.parametrize(
    "error",
    [
        FileNotFoundError(2, "no such file", "a.txt"),
        OSError(18, "other device", "a", None, "b"),
        OSError("a text alone"),
        ModuleNotFoundError("not found", name="shop"),
        NameError("not defined", name="cart"),
        SyntaxError("wrong", ("a.py", 3, 1, "x =", 3, 2)),
        type("NoFile", (FileNotFoundError,), {})(2, "no such file", "a.txt"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_C3_what_an_exception_of_pythons_own_keeps_arrives(error: Exception) -> None:
    """It says what it said on its host, and has the same attributes."""
    arrived = _there(error)
    assert type(arrived) is type(error)
    assert str(arrived) == str(error)
    kept = ("errno", "filename", "filename2", "msg", "name", "lineno", "text")
    for name in kept:
        assert getattr(arrived, name, "unset") == getattr(error, name, "unset")


@pytest.mark.parametrize(
    "error",
    [
        ByKeyword(code=7),
        Rewritten("pump", Decimal("1.50")),
        Slots(3),
        KeyError("k", 1),
        JSONDecodeError("expected a value", "[1,", 3),
        UnicodeDecodeError("utf-8", b"a\xff", 1, 2, "invalid start byte"),
        UnicodeDecodeError("utf-8", b"", 0, 1, "unexpected end of data"),
        UnicodeEncodeError("ascii", "\xe9", 0, 1, "ordinal not in range"),
        UnicodeTranslateError("\xe9", 0, 1, "no such character"),
        type("Garbled", (UnicodeDecodeError,), {})("utf-8", b"\xff", 0, 1, "why"),
        IncompleteReadError(b"ab", 5),
        CalledProcessError(1, ["make"], "out", "err"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_C3_an_exception_arrives_whole_whatever_its_constructor_takes(error: Exception) -> None:
    """Keywords alone, other arguments than its `args`, places in a text, what is private: it has
    the same text, and keeps what it kept."""
    arrived = _there(error)
    assert type(arrived) is type(error)
    assert (str(arrived), repr(arrived)) == (str(error), repr(error))
    assert arrived.args == error.args
    assert vars(arrived) == vars(error)
    for name in ("encoding", "object", "start", "end", "reason", "code"):
        assert getattr(arrived, name, "unset") == getattr(error, name, "unset")


def test_C3_the_places_of_a_unicode_error_are_those_that_it_has_when_it_is_raised() -> None:
    """Whoever reads a file by pieces moves them."""
    error = UnicodeDecodeError("utf-8", b"aa\xff", 1, 2, "why")
    error.start, error.end = 2, 3
    arrived = _there(error)
    assert isinstance(arrived, UnicodeDecodeError)
    assert (arrived.start, arrived.end, str(arrived)) == (2, 3, str(error))


@pytest.mark.parametrize(
    "value",
    [
        *((1, "a", ("b",)), {1, 2}, frozenset("ab"), [(1,), {"a": {2}}], {"a": (None, b"x")}),
        *(Decimal("1.50"), UUID(int=1), date(2024, 2, 29), time(1, 2), timedelta(days=-1)),
        *(datetime(2024, 2, 29), datetime(2024, 2, 29, tzinfo=UTC)),
        *(1 << 70, -(1 << 80), 2**64 - 1, 1.5, True, None),
    ],
    ids=lambda value: type(value).__name__,
)
def test_C3_what_an_exception_is_given_arrives_as_what_it_is(value: object) -> None:
    """Python's own scalars and containers, as argument and as attribute."""
    error = RuntimeError("first", value)
    error.value = value  # type: ignore[attr-defined]
    arrived = _there(error)
    assert isinstance(arrived, RuntimeError)
    assert (arrived.args, vars(arrived)) == (error.args, vars(error))
    assert _types(arrived.args) == _types(error.args)


def _types(value: object) -> object:
    """The types of all that a value is made of, in an order that sets have, too."""
    if isinstance(value, dict):
        return dict, [_types(each) for each in value.items()]
    if isinstance(value, (list, tuple)):
        return type(value), [_types(each) for each in value]
    if isinstance(value, (set, frozenset)):
        return type(value), sorted(str(_types(each)) for each in value)
    return type(value)


def test_C3_a_scalar_of_a_subclass_arrives_as_the_scalar() -> None:
    """As in any other value that travels."""

    class Sku(str):
        __slots__ = ()

    arrived = _there(LookupError(Sku("pump"), [Sku("drill")]))
    assert arrived is not None
    assert [type(each) for each in (arrived.args[0], arrived.args[1][0])] == [str, str]
    assert arrived.args == ("pump", ["drill"])


def test_C3_what_cannot_travel_is_told_as_text() -> None:
    """An argument that has no wire form, and a subclass that the contract does not list."""
    assert str(_there(LookupError(object))) == str(object)
    arrived = raised(declared(Exception, Further(2)), (Exception,))
    assert (type(arrived), str(arrived)) == (Exception, "further gone")


@pytest.mark.parametrize("start", [-1, -(1 << 40), "a", None])
def test_D21_the_places_of_a_unicode_error_are_checked(start: object) -> None:
    """Python reads what they name: no host can make it read elsewhere."""
    attributes = {"encoding": "utf-8", "object": b"ab", "start": start, "end": 2, "reason": "why"}
    for kept in (attributes, {"start": start}, {"object": 3}):
        data = msgspec.msgpack.encode(["UnicodeDecodeError", ["why"], kept])
        assert raised(data, (UnicodeDecodeError,)) is None


@pytest.mark.parametrize(
    "ext", [msgspec.msgpack.Ext(code, b"\xc1") for code in (0, 1, 15, *range(16, 26), 26, 99)]
)
def test_D21_an_extension_that_is_none_makes_no_exception(ext: msgspec.msgpack.Ext) -> None:
    """Neither as argument nor as attribute."""
    for args, kept in (([ext], {}), ([], {"value": ext})):
        assert raised(msgspec.msgpack.encode(["KeyError", args, kept]), (KeyError,)) is None


def test_C3_a_host_refuses_to_serve_what_cannot_arrive() -> None:
    """Here, with what to do instead; the generator knows only some of these classes by name."""

    @dataclass
    class Odd(Exception):
        part: complex

    for refused, told in ((ValidationError, "an exception of your own"), (Odd, "complex")):
        with pytest.raises(UnsupportedType, match=told):
            check_declared(refused)
    for cls in (Gone, ByKeyword, UnicodeDecodeError, OSError, JSONDecodeError):
        check_declared(cls)


def test_D28_the_object_that_lacked_an_attribute_stays_on_its_host() -> None:
    """The error tells the name that was looked for, not the data that it was looked for in."""
    error = AttributeError("no price", name="price", obj=["a secret"])
    arrived = _there(error)
    assert isinstance(arrived, AttributeError)
    assert (arrived.name, arrived.obj) == ("price", None)
    assert b"a secret" not in declared(AttributeError, error)


def test_C3_a_field_that_has_another_type_in_the_other_version_arrives_plain() -> None:
    """A caller that catches the exception still does."""
    arrived = raised(b"\x93\xa4Gone\x90\x81\xa5price\xc2", (Gone,))
    assert isinstance(arrived, Gone)
    assert vars(type(arrived))["price"].__get__(arrived) is False


def test_D21_what_is_no_exception_of_the_list_is_none() -> None:
    """An unknown name, broken bytes, a class that nothing can be made of."""
    assert raised(declared(Gone, Gone(Decimal(1))), (KeyError,)) is None
    assert raised(b"\x93\xa4Gone\x90\x81\xa5price", (Gone,)) is None
    assert raised(b"\x00", (Gone,)) is None
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(int).validate_python("a")
    assert _there(caught.value) is None
