"""A contract with every kind of method, and values of every type, for all ways to call it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from typing import Literal, NamedTuple, NotRequired, Protocol, TypedDict
from uuid import UUID

import msgspec
from pydantic import BaseModel

from fusionrt import command, compute, service, stream


class Colour(Enum):
    RED = "red"
    NONE = None


class Size(StrEnum):
    SMALL = "s"
    LARGE = "l"


class Level(IntEnum):
    LOW = 1
    HIGH = 2


class Point(NamedTuple):
    x: int
    y: float


class Options(TypedDict):
    deep: bool
    note: NotRequired[str]


class Tag(msgspec.Struct, frozen=True):
    name: str
    weight: Decimal = Decimal(1)


class Model(BaseModel):
    id: int
    at: datetime | None = None


@dataclass(frozen=True)
class Scalars:
    """One of each."""

    flag: bool
    whole: int
    real: float
    text: str
    raw: bytes
    exact: Decimal
    at: datetime
    day: date
    clock: time
    span: timedelta
    ref: UUID
    colour: Colour
    size: Size
    level: Level
    mode: Literal["a", 1, True, None]


@dataclass(frozen=True)
class Groups:
    """What holds others."""

    row: tuple[int, str]
    rows: tuple[Point, ...]
    names: list[str]
    by_name: dict[str, Tag]
    by_id: dict[int, Decimal]
    unique: frozenset[str]
    options: Options
    model: Model
    either: int | str | Decimal
    which: Tag | Scalars | None


class Short(Exception):
    """Too little of something."""

    def __init__(self, part: str, *, missing: int) -> None:
        super().__init__(f"{missing} of {part} are missing")
        self.part = part
        self.missing = missing


@service(raises=[Short])
class Kit(Protocol):
    """A bit of everything."""

    async def echo_scalars(self, value: Scalars) -> Scalars: ...

    async def echo_groups(self, value: Groups) -> Groups: ...

    async def echo_default(self, text: str, size: Size = Size.SMALL, *, times: int = 1) -> str: ...

    @compute
    async def get(self, key: str) -> int: ...

    @compute
    async def doubled(self, key: str) -> int: ...

    @compute
    async def seen(self, value: bool | int | float | str | Decimal) -> int: ...

    @compute
    async def seen_as(self, real: float, exact: Decimal, at: datetime, size: Size) -> int: ...

    @compute
    async def fails(self, how: str) -> int: ...

    @command(invalidates=["get(key)"])
    async def put(self, key: str, value: int) -> int: ...

    @command(invalidates=["get(key)"])
    async def put_and_fail(self, key: str, value: int) -> None: ...

    async def trouble(self, how: str) -> None: ...

    async def wait(self) -> str: ...

    async def cancelled(self) -> int: ...

    def count(self, upto: int, fail: str = "") -> AsyncIterator[Point]: ...

    async def total(self, numbers: AsyncIterator[int]) -> int: ...

    @command(invalidates=["get(key)"])
    async def put_all(self, key: str, values: AsyncIterator[int]) -> int: ...

    def moved(self, by: int, *, points: AsyncIterator[Point]) -> AsyncIterator[Point]: ...

    async def open(self, upto: int, fail: str = "") -> tuple[str, AsyncIterator[Point]]: ...

    async def open_moved(
        self, by: int, points: AsyncIterator[Point]
    ) -> tuple[int, str, AsyncIterator[Point]]: ...

    @stream(skip=True)
    def latest(self, upto: int) -> AsyncIterator[int]: ...
