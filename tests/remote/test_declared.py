"""Exceptions that a contract declares, on the wire."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

import pytest

from fusionrt.remote.declared import declared, raised


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


class Unmakeable(Exception):
    """No instance is made of its `args`."""

    def __new__(cls, *, code: int) -> Unmakeable:
        return super().__new__(cls, "a text")

    def __init__(self, *, code: int) -> None:
        super().__init__("a text")


def _there(error: Exception) -> Exception | None:
    return raised(declared(type(error).__name__, error), (KeyError, type(error)))


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

    data = declared("Missing", missing("k")())
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


def test_D28_the_object_that_lacked_an_attribute_stays_on_its_host() -> None:
    """The error tells the name that was looked for, not the data that it was looked for in."""
    error = AttributeError("no price", name="price", obj=["a secret"])
    arrived = _there(error)
    assert isinstance(arrived, AttributeError)
    assert (arrived.name, arrived.obj) == ("price", None)
    assert b"a secret" not in declared("AttributeError", error)


def test_C3_a_field_that_has_another_type_in_the_other_version_arrives_plain() -> None:
    """A caller that catches the exception still does."""
    arrived = raised(b"\x93\xa4Gone\x90\x81\xa5price\xc2", (Gone,))
    assert isinstance(arrived, Gone)
    assert vars(type(arrived))["price"].__get__(arrived) is False


def test_D21_what_is_no_exception_of_the_list_is_none() -> None:
    """An unknown name, broken bytes, a class that nothing can be made of."""
    assert raised(declared("Gone", Gone(Decimal(1))), (KeyError,)) is None
    assert raised(declared("Gone", KeyError("a")), (Gone,)) is not None
    assert raised(b"\x93\xa4Gone\x90\x81\xa5price", (Gone,)) is None
    assert raised(b"\x00", (Gone,)) is None
    assert _there(Unmakeable(code=1)) is None
