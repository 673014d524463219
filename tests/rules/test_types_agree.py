"""What the generator takes for a type, the runtime has a codec for; what it refuses, not."""

from __future__ import annotations

import importlib.util
import re
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from types import ModuleType
from typing import Annotated, Any

import pytest

from fusiongen.errors import ContractError
from fusiongen.output.reading import reading_of
from fusiongen.project import Project, load
from fusiongen.rules.known_types import INSTEAD as generator_instead
from fusionrt.errors import UnsupportedType
from fusionrt.values.aliases import QuotedAlias
from fusionrt.values.codecs import codec
from fusionrt.values.instead import INSTEAD as runtime_instead
from fusionrt.values.keys import Keyer
from tests.projects import Write
from tests.sizes import size

THINGS = """\
import asyncio
import collections
import datetime as dt
import decimal
import enum
import fractions
import ipaddress
import pathlib
import re
import typing
import uuid
import warnings
import zoneinfo
from array import array
from collections import OrderedDict, deque
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, MutableMapping
from collections.abc import MutableSequence, MutableSet, Sequence, Set as AbstractSet
from dataclasses import InitVar, dataclass, field
from typing import Annotated, Any, ClassVar, Final, Generic, Literal, NamedTuple, NewType
from typing import Optional, Protocol, TypedDict, TypeVar, Union

import attr
import attrs
import msgspec
import pydantic
import pydantic.dataclasses
import typing_extensions as te
from msgspec import UNSET, UnsetType
from pydantic import BaseModel, ConfigDict, Field, JsonValue

T = TypeVar("T")
Name = NewType("Name", str)
Names = NewType("Names", list[str])
Ids = tuple[int, ...]


class Color(enum.Enum):
    RED = 1
    HALF = 0.5


class Plain:
    id: str


class Shape(Protocol):
    id: str


class Broken(Exception):
    pass


class Text(str):
    pass


@dataclass(frozen=True)
class Frozen:
    id: str
    next: "Frozen | None" = None


@dataclass
class Open:
    id: str


@dataclass(frozen=True)
class Lists:
    ids: list[int]


@dataclass(frozen=True)
class Bad:
    call: Callable[[], int]


@dataclass(frozen=True)
class Page(Generic[T]):
    items: tuple[T, ...]


@dataclass(frozen=True)
class Pages(Page[int]):
    more: int = 0


class Pair(NamedTuple):
    left: int
    right: str


class Items(NamedTuple):
    items: list[int]


class Row(TypedDict):
    id: str


class Money(msgspec.Struct, frozen=True):
    amount: decimal.Decimal


class Loose(msgspec.Struct):
    amount: decimal.Decimal


class Box(msgspec.Struct, Generic[T], frozen=True):
    held: T


class Note(BaseModel, frozen=True):
    text: str


class Memo(BaseModel):
    text: str


class Bag(BaseModel, Generic[T]):
    model_config = ConfigDict(frozen=True)

    held: T


class Hides(BaseModel, frozen=True):
    secret: str = Field(default="", exclude=True)


class HidesMore(Hides, frozen=True):
    text: Annotated[str, Field(max_length=3)] = ""


class Kept(BaseModel, frozen=True):
    text: str = Field(default="", exclude=False)


class Outer(BaseModel, frozen=True):
    where: pathlib.PurePath
    held: tuple[Hides, ...] = ()


class Encoded(BaseModel, frozen=True):
    data: pydantic.Base64Bytes | None = None


@dataclass(frozen=True)
class HoldsHides:
    held: Hides | None = None


@dataclass(frozen=True)
class Factory(Generic[T]):
    items: tuple[T, ...] = field(default_factory=tuple)


Json = te.TypeAliasType("Json", "None | bool | int | float | str | list[Json] | dict[str, Json]")
Nested = te.TypeAliasType("Nested", "int | tuple[Nested, ...]")
Endless = te.TypeAliasType("Endless", "int | Endless")
Plainly = te.TypeAliasType("Plainly", dict[str, int])
Quoted: te.TypeAlias = "str | list[Quoted] | dict[str, Quoted]"
Halves = Union[int, "tuple[Halves, Halves]"]
Left = Union[int, "tuple[Right, ...]"]
Right = Union[str, "tuple[Left, ...]"]
Bare = dict


class Patch(msgspec.Struct, frozen=True):
    text: str | UnsetType = UNSET
    note: int | None | UnsetType = UNSET


class PatchArray(msgspec.Struct, frozen=True, array_like=True):
    text: str | UnsetType = UNSET


class PatchOther(msgspec.Struct, frozen=True):
    text: str | UnsetType = "a"


class PatchRequired(msgspec.Struct, frozen=True):
    text: str | UnsetType


@dataclass(frozen=True)
class PatchData:
    text: str | UnsetType = UNSET


@dataclass(frozen=True)
class Limited:
    id: int
    LIMIT: Final = 3


@dataclass(frozen=True)
class LimitedTo:
    id: int
    KINDS: ClassVar[Callable[[], int] | None] = None
    LIMIT: Final[int] = 3


with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # pydantic's next version takes it for a field

    class LimitedModel(BaseModel, frozen=True):
        id: int
        CALL: Final[Callable[[int], str]] = str


class Marked(te.TypedDict):
    id: te.ReadOnly[str]
    note: te.NotRequired[te.ReadOnly[int]]


class MarkedBad(te.TypedDict):
    call: te.NotRequired[Callable[[], int]]


class Rest(te.NamedTuple):
    where: pathlib.Path


@dataclass(frozen=True)
class Own:
    next: te.Self | None = None


@dataclass(frozen=True)
class Free:
    ids: Sequence[str]
    json: "Nested"
    where: pathlib.Path = pathlib.Path()


@dataclass(frozen=True)
class FreeJson:
    json: JsonValue


class Zoned(BaseModel, frozen=True):
    zone: zoneinfo.ZoneInfo
    where: pathlib.PurePath
    number: complex | fractions.Fraction
    some: Json
    other: JsonValue


class Keyed(BaseModel, frozen=True):
    zone: zoneinfo.ZoneInfo
    url: pydantic.HttpUrl
    number: complex | fractions.Fraction


class Searched(BaseModel, frozen=True):
    pattern: re.Pattern[str]


class Called(BaseModel, frozen=True):
    call: Callable[[], int] | None = None


class Imported(BaseModel, frozen=True):
    thing: pydantic.ImportString


class Lazy(BaseModel, frozen=True):
    ids: Iterable[int] = ()


class Sequenced(BaseModel, frozen=True):
    ids: Sequence[int] = ()


@pydantic.dataclasses.dataclass(frozen=True)
class LazyData:
    ids: Iterable[int] = ()


@pydantic.dataclasses.dataclass(frozen=True)
class HiddenData:
    id: str = Field(default="", exclude=True)


@pydantic.dataclasses.dataclass(frozen=True)
class SequenceData:
    ids: Sequence[int] = ()


class Extra(te.TypedDict, extra_items=int):
    id: str


class Closed(te.TypedDict, closed=True):
    id: str


class Unsaid(BaseModel, frozen=True):
    model: tuple[BaseModel, ...] = ()


class Arrays(BaseModel, frozen=True, arbitrary_types_allowed=True):
    one: Plain | None = None


class Decoded(BaseModel, frozen=True):
    number: pydantic.Json[int]


class Schemed:
    @classmethod
    def __get_pydantic_core_schema__(cls, source, handler):
        from pydantic_core.core_schema import int_schema

        return int_schema()


@dataclass(frozen=True)
class Given:
    raw: dt.date
    kept: ClassVar[Plain | None] = None


@dataclass
class Once:
    id: str
    raw: InitVar[int] = 0


class HoldsOnce(BaseModel):
    once: Once


@dataclass
class Gone(Exception):
    id: int


@dataclass(frozen=True, eq=False)
class Itself:
    id: int


@dataclass(unsafe_hash=True)
class Unsafe:
    id: int


@dataclass
class Hashing:
    id: int

    def __hash__(self) -> int:
        return 1


class HashingModel(BaseModel):
    id: int

    def __hash__(self) -> int:
        return 1


class HashingStruct(msgspec.Struct):
    id: int

    def __hash__(self) -> int:
        return 1


@dataclass(unsafe_hash=True)
class UnsafeLists:
    ids: list[int]


@dataclass(frozen=True)
class Noted:
    id: int
    notes: list[str] = field(default_factory=list, compare=False)


@dataclass(frozen=True)
class Vouching:
    ids: list[int]

    def __hash__(self) -> int:
        return 1


@dataclass(eq=False)
class OpenItself:
    ids: list[int]


class Uncompared(msgspec.Struct, eq=False):
    ids: list[int]


class BelowHashing(HashingStruct, frozen=True):
    ids: list[int]


class Comparing(msgspec.Struct, frozen=True):
    id: int

    def __eq__(self, other: object) -> bool:
        return True


class ComparingModel(BaseModel, frozen=True):
    id: int

    def __eq__(self, other: object) -> bool:
        return True


class Ruled(enum.Enum):
    ONE = "one"

    def __eq__(self, other: object) -> bool:
        return True


@attrs.frozen
class Unhashed:
    id: str
    lines: list[int] = attrs.field(factory=list, eq=False)


@attrs.define(unsafe_hash=True)
class UnsafeTag:
    id: str


@dataclass(frozen=True)
class Pool(Generic[T]):
    items: frozenset[T]


class Ledger(BaseModel, Generic[T]):
    entries: dict[T, int]


class Below(Frozen):
    pass


class BelowOpen(Open):
    pass


class Adds(Frozen):
    more: int = 0


class AddsToPair(Pair):
    more: int = 0


@dataclass(frozen=True)
class Mixed(Plain):
    n: int = 0


@attrs.define
class Loosely:
    id: str


@attrs.frozen
class Tag:
    id: str
    _secret: int = 0


@attrs.frozen
class Lines:
    lines: list[int] = attrs.Factory(list)


@attrs.define
class BelowTag(Tag):
    more: int = 0


@attr.s(frozen=True, slots=True)
class Old:
    id = attr.ib(type=int)
    note: str = attr.ib(default="")
    plain: Plain = Plain()


@attr.s(auto_attribs=True, hash=True)
class OldHash:
    id: int


@attrs.define(frozen=True)
class Calls:
    call: Callable[[], int]


@attrs.frozen
class Untyped:
    id = attrs.field()


class AddsToTag(Tag):
    more: int = 0


@attrs.frozen
class Shelf(Generic[T]):
    items: tuple[T, ...]
    best: Bag[T] | None = None


@dataclass(frozen=True)
class Over(Generic[T]):
    bags: tuple[Bag[T], ...]
    shelf: Shelf[Bag[T]] | None = None


@dataclass(frozen=True)
class Same(Generic[T]):
    bag: Bag[T]


@pydantic.dataclasses.dataclass(frozen=True)
class Validated:
    id: int = 0


@pydantic.dataclasses.dataclass
class ValidatedOnce:
    id: int
    raw: InitVar[int] = 0
"""
ATOMS = (
    *("int", "str", "bool", "float", "bytes", "None", "Any", "object", "complex", "bytearray"),
    *("memoryview", "range", "slice", "type", "Ellipsis.__class__", "BaseException", "Broken"),
    *("decimal.Decimal", "dt.date", "dt.datetime", "dt.time", "dt.timedelta", "dt.tzinfo"),
    *("dt.timezone", "uuid.UUID", "fractions.Fraction", "ipaddress.IPv4Address", "pathlib.Path"),
    *("re.Pattern[str]", "zoneinfo.ZoneInfo", "asyncio.Event", "enum.Enum", "Hashable"),
    *("typing.Never", "typing.NoReturn", "typing.LiteralString", "typing.Text", "typing.AnyStr"),
    *("T", "Name", "Names", "Ids", "Color", "Plain", "Shape", "Text", "Frozen", "Open"),
    *("Lists", "Bad", "Pages", "Pair", "Items", "Row", "Money", "Loose", "Note", "Memo", "Hides"),
    *("HidesMore", "Kept", "HoldsHides", "Given", "Page", "Box", "Bag", "Factory[int]", "Outer"),
    *("list", "dict", "tuple", "set", "frozenset", "deque", "collections.Counter", "OrderedDict"),
    *("typing.List", "typing.Tuple", "Sequence", "Mapping", "collections.ChainMap"),
    *('Literal["a", 1, True, None]', "Literal[Color.RED]", 'Literal[b"x"]', "Literal[-1]"),
    *("tuple[()]", "tuple[int, *tuple[str, ...]]", "typing.Unpack[Ids]", "Callable[[int], str]"),
    *("type[int]", "Callable[..., int]", "ClassVar[int]", "typing.Required[int]", "typing.Self"),
    *("pydantic.SecretStr", "pydantic.AwareDatetime", "pydantic.PositiveInt", "msgspec.Raw"),
    *("msgspec.UnsetType", "msgspec.Struct", "msgspec.msgpack.Ext", "pydantic.Base64Bytes"),
    *("Once", "HoldsOnce", "Gone", "Itself", "Unsafe", "Hashing", "HashingModel", "HashingStruct"),
    *("UnsafeLists", "Noted", "Vouching", "OpenItself", "Uncompared", "BelowHashing", "Comparing"),
    *("ComparingModel", "Ruled", "Unhashed", "UnsafeTag"),
    *("Below", "BelowOpen", "Adds", "AddsToPair", "AddsToTag", "Mixed", "Loosely", "Tag", "Lines"),
    *("BelowTag", "Old", "OldHash", "Calls", "Untyped", "Shelf", "Shelf[Page[int]]", "Over"),
    *("Over[int]", "Over[Tag]", "Over[Over[int]]", "Validated", "ValidatedOnce"),
    *("Bag[Iterable[int]]", "Shelf[Iterable]", "Bag[Sequence[int]]", "Over[AbstractSet[int]]"),
    *("Encoded", "Bag[int]", "BaseModel", "typing.NamedTuple", "enum.IntEnum"),
    *("JsonValue", "Json", "Nested", "Endless", "Plainly", "Quoted", "Halves", "Left", "Bare"),
    *("Patch", "PatchArray", "PatchOther", "PatchRequired", "PatchData", "Limited", "LimitedTo"),
    *("LimitedModel", "Marked", "MarkedBad", "Rest", "Own", "Free", "FreeJson", "Zoned", "Keyed"),
    *(
        "Searched",
        "Called",
        "Imported",
        "Lazy",
        "Sequenced",
        "Unsaid",
        "LazyData",
        "HiddenData",
        "SequenceData",
        "Extra",
        "Closed",
        "Arrays",
        "Decoded",
    ),
    *("Schemed", "array", "set", "frozenset", "Iterable", "Collection", "AbstractSet"),
    *("pathlib.PurePath", "pathlib.PurePosixPath", "pathlib.PosixPath", "typing.Pattern[str]"),
    *(f"ipaddress.IPv{v}{n}" for v in "46" for n in ("Interface", "Network")),
    *("pydantic.EmailStr", "pydantic.AnyUrl", "pydantic.HttpUrl", "pydantic.PostgresDsn"),
    *("pydantic.IPvAnyAddress", "pydantic.IPvAnyNetwork", "pydantic.SecretBytes"),
    *("pydantic.ByteSize", "pydantic.UUID4", "pydantic.StrictStr", "pydantic.FilePath"),
    *("pydantic.ImportString", "pydantic.Json", "pydantic.Json[int]", "pydantic.Secret[int]"),
    *("te.Literal[1]", "te.Annotated[int, 1]", "te.Never", "te.Self", "te.LiteralString"),
    *("typing.Deque[int]", "typing.Hashable", "collections.abc.Sized"),
)
FORMS = (
    *("Optional[{}]", "{} | None", "Union[{}, int]", "{} | str", "list[{}]", "tuple[{}, ...]"),
    *("tuple[{}, int]", "set[{}]", "frozenset[{}]", "dict[str, {}]", "dict[{}, int]", "deque[{}]"),
    *("Sequence[{}]", "Mapping[str, {}]", "AbstractSet[{}]", "Collection[{}]", "Iterable[{}]"),
    *("MutableSequence[{}]", "MutableSet[{}]", "MutableMapping[str, {}]", "typing.List[{}]"),
    *(
        "typing.FrozenSet[{}]",
        "typing.Dict[str, {}]",
        "Page[{}]",
        "Box[{}]",
        "Shelf[{}]",
        "Factory[{}]",
    ),
    *('Annotated[{}, "a note"]', "OrderedDict[str, {}]", "type[{}]", "Callable[[{}], None]"),
)


MODELS = (
    "Bag[{}]",
    "Over[{}]",
    "Same[{}]",
    "Bag[tuple[{}, ...]]",
    "Bag[Page[{}]]",
    "Page[Bag[{}]]",
    "Ledger[{}]",
)
"""Generic models, and what is made of them."""


def _expressions(seed: int, count: int) -> Iterator[str]:
    """Types as one would write them; not all of them are sensible."""
    random = Random(seed)
    yield from ATOMS
    for form in FORMS:
        yield form.format("int")
        yield form.format("Open")
    for _ in range(count):
        text = random.choice(ATOMS)
        for _ in range(random.randint(1, 3)):
            text = random.choice(FORMS).format(text)
        yield text


def _contract(text: str, number: int, things: ModuleType) -> str:
    used = set(re.findall(r"\w+", text)) | {"Protocol"}
    names = ", ".join(name for name in vars(things) if name in used)
    return (
        f"from fusionrt import compute, service\nfrom things import {names}\n\n\n"
        f"@service\nclass Lot{number}(Protocol):\n"
        f"    @compute\n    async def get(self, key: {text}) -> str: ...\n"
    )


def _loaded(folder: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("things", folder / "things.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["things"] = module
    with warnings.catch_warnings(action="ignore"):  # of pydantic, about what it takes
        spec.loader.exec_module(module)
    return module


def _at_runtime(text: str, things: ModuleType) -> str:
    """The rule that the generator would have to name, or nothing."""
    quoted = {
        name: Annotated[vars(things)[name], QuotedAlias("things", name)]
        for name in ("Quoted", "Halves", "Left")
    }
    try:
        with warnings.catch_warnings(action="ignore"):
            tp: Any = eval(text, vars(things) | quoted)
            codec(tp)
    except (TypeError, SyntaxError, RuntimeError):  # the latter of pydantic: it has no schema
        return "no type"
    except UnsupportedType as problem:
        if isinstance(problem.__cause__, RuntimeError):
            return "no type"
        return "FG054" if "must be hashable" in str(problem) else "FG050"
    try:
        Keyer("lot.get", ("key",), (tp,))
    except UnsupportedType:
        return "FG051"
    return ""


def test_both_name_the_same_alternatives() -> None:
    """What to declare instead does not depend on who refuses a type."""
    assert generator_instead == runtime_instead


CONFIG = '[tool.fusiongen]\ncontracts = ["lots/*.py"]\nout = "generated"\n'


def _refusals(project: Project) -> dict[str, str]:
    """By file, the rule that it breaks and why."""
    try:
        reading_of(project)
    except ContractError as problem:
        return {each.span.path: f"{each.rule} {each.message}" for each in problem.diagnostics}
    return {}


UNSAID = re.compile(r"Page|Box|Bag|Shelf|Over|ClassVar.*")
Disagreements = Callable[[str, list[str]], list[str]]


@pytest.fixture
def disagreements(project: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Disagreements:
    """What one of them refuses, as unable to travel or to be a key, and the other one does not, of
    types that are written with these things in scope."""
    monkeypatch.setitem(sys.modules, "things", ModuleType("things"))

    def of(things_text: str, texts: list[str]) -> list[str]:
        (tmp_path / "things.py").write_text(things_text, encoding="utf-8")
        things = _loaded(tmp_path)
        files = {f"lots/lot{i}.py": _contract(text, i, things) for i, text in enumerate(texts)}
        loaded = project({"lots/__init__.py": "", **files}, CONFIG)
        found = _refusals(loaded)  # what cannot be read hides what can
        for path in found:
            (tmp_path / path).unlink()
        found |= _refusals(load(tmp_path))
        return [
            f"{text}: the generator says {generator!r}, the runtime {runtime!r}"
            for number, text in enumerate(texts)
            if not _agree(
                generator := found.get(f"lots/lot{number}.py", ""),
                runtime := _at_runtime(text, things),
            )
        ]

    return of


def _agree(generator: str, runtime: str) -> bool:
    if runtime == "no type" or generator.startswith("FG005"):
        return bool(generator and runtime)
    return generator[:5] == runtime


@pytest.mark.search
@pytest.mark.parametrize("seed", [0])
def test_C3_the_generator_and_the_runtime_take_the_same_types(
    seed: int, disagreements: Disagreements
) -> None:
    """What one of them refuses, as unable to travel or to be a key, the other one refuses too."""
    texts = list(dict.fromkeys(_expressions(seed, size(50, 150))))
    wrong = disagreements(THINGS, texts)
    assert not wrong, "\n".join(wrong)


@pytest.mark.search
def test_C3_both_tell_what_is_hashable_where_it_arrives(disagreements: Disagreements) -> None:
    """As members of sets and keys of dicts the same types are taken, and others refused by the same
    rule."""
    forms = ("frozenset[{}]", "dict[{}, int]", "set[tuple[{}, int]]", "Pool[{}]", "Bag[Pool[{}]]")
    texts = [form.format(atom) for form in forms for atom in dict.fromkeys(ATOMS)]
    wrong = disagreements(THINGS, Random(0).sample(texts, size(300, len(texts))))
    assert not wrong, "\n".join(wrong)


@pytest.mark.search
def test_C3_a_generic_model_is_of_what_travels_by_itself(disagreements: Disagreements) -> None:
    """Whatever pydantic takes: what it is of stands in the contract, as arguments of any class."""
    texts = [form.format(atom) for form in MODELS for atom in dict.fromkeys(ATOMS)]
    wrong = disagreements(THINGS, Random(0).sample(texts, size(300, len(texts))))
    assert not wrong, "\n".join(wrong)


@pytest.mark.search
def test_C3_both_take_the_same_fields_of_a_model(disagreements: Disagreements) -> None:
    """Fields are the model's own: of those that pydantic takes, the same travel, and are keys. A
    class that does not say of what, which no strict type checker takes, the generator refuses.
    """
    scope = vars(sys.modules["things"])
    exec(THINGS, scope)
    forms = Random(0).sample(FORMS, size(2, len(FORMS)))
    whole = [atom for atom in dict.fromkeys(ATOMS) if not UNSAID.fullmatch(atom)]
    fields = [*whole, *(form.format(atom) for form in forms for atom in whole)]
    models = [
        f"class M{i}(BaseModel, frozen=True):\n    held: {each}\n" for i, each in enumerate(fields)
    ]
    taken = [number for number, text in enumerate(models) if _is_taken(text, scope)]
    assert taken
    wrong = disagreements(
        "\n\n".join([THINGS, *(models[i] for i in taken)]), [f"M{i}" for i in taken]
    )
    assert not wrong, "\n".join(
        f"{fields[int(each.partition(':')[0][1:])]}, {each}" for each in wrong
    )


def _is_taken(model: str, scope: dict[str, object]) -> bool:
    try:
        with warnings.catch_warnings(action="ignore"):
            exec(compile(model, "things", "exec", dont_inherit=True), scope)
    except (TypeError, SyntaxError, RuntimeError):
        return False
    return True
