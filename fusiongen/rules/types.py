"""Rules about the types that methods name: all have to travel, arguments of compute methods have to
be hashable values besides."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from .base import ContractRule, Invalid
from .travelling import read_once, travelling, without_wire_form

if TYPE_CHECKING:
    from ..contract import Contract
    from ..errors import Diagnostic
    from ..reader.structures import Structures

__all__ = ["UnsupportedType"]


class UnsupportedType(ContractRule):
    """A type has no wire form."""

    id = "FG050"
    fix = (
        "Use scalars, `Decimal`, dates, `UUID`, enums, literals, containers of these, dataclasses, "
        "attrs classes, pydantic models or `msgspec.Struct`s."
    )
    VALID = (
        "    async def get(self) -> dict[str, list[set[int]]]: ...",
        "    async def get(self) -> Mapping[str, Sequence[Decimal]] | None: ...",
        "    async def get(self, cart: LibraryCart) -> Any: ...",
        "@attrs.define\nclass Cart:\n    _id: str\n    lines: list[str] = attrs.Factory(list)\n\n\n"
        "@service\nclass Carts(Protocol):\n    async def get(self) -> Cart: ...",
        "    async def get(self, ids: Iterable[str], where: Path) -> JsonValue: ...",
        "Json = Union[str, 'list[Json]', 'dict[str, Json]']\n\n\n@service\nclass Carts(Protocol):\n"
        "    async def get(self, json: Json) -> Json: ...",
        "class Patch(Struct):\n    note: str | UnsetType = UNSET\n\n\n"
        "@service\nclass Carts(Protocol):\n    async def patch(self, patch: Patch) -> None: ...",
        "if sys.version_info >= (3, 12):\n    Ids = tuple[str, ...]\nelse:\n"
        "    Ids: TypeAlias = tuple[str, ...]\n\n\n"
        "@service\nclass Carts(Protocol):\n    async def get(self) -> Ids: ...",
        "@dataclass\nclass Cart:\n    id: str\n    if sys.platform == 'linux':\n        most = 3\n"
        "    if TYPE_CHECKING:\n        seen: int\n\n\n"
        "@service\nclass Carts(Protocol):\n    async def get(self) -> Cart: ...",
        "    async def get(self, id: Annotated[str, 'a name'] | str, n: Annotated[int | None, "
        "Field(gt=0)] | Annotated[str, Field(max_length=3)] | None) -> None: ...",
        "try:\n    from enum import StrEnum\nexcept ImportError:\n    from enum import Enum\n\n"
        "    class StrEnum(str, Enum):\n        pass\n\n\n"
        "class Color(StrEnum):\n    RED = 'red'\n\n\n@service\nclass Carts(Protocol):\n"
        "    async def get(self) -> Color: ...",
        "Ids = tuple[str, ...]\nName = NewType('Name', str)\n\n@service\nclass Carts(Protocol):\n"
        "    async def get(self, ids: Ids) -> Name: ...",
        "class Cart(BaseModel):\n    id: str\n    __seen: int = 0\n\n\n"
        "Row = typing.TypedDict('Row', {'__id': str})\n\n\n"
        "@service\nclass Carts(Protocol):\n    async def get(self) -> dict[str, Row | Cart]: ...",
    )
    INVALID = (
        Invalid(
            "    async def get(self) -> Callable[[int], str]: ...",
            "1:15",
            "`get` cannot travel: `collections.abc.Callable` has no wire form",
        ),
        Invalid(
            "    async def get(self) -> complex: ...",
            "1:15",
            "`get` cannot travel: `complex` has no wire form: declare a tuple of its parts",
        ),
        Invalid(
            "    async def get(self) -> bytearray: ...",
            "1:15",
            "`get` cannot travel: `bytearray` has no wire form: declare bytes",
        ),
        Invalid(
            "    async def get(self) -> type[int]: ...",
            "1:15",
            "`get` cannot travel: `type` has no wire form",
        ),
        Invalid(
            "    async def get(self) -> list[object | Callable[..., str]]: ...",
            "1:15",
            "`get` cannot travel: `collections.abc.Callable` has no wire form",
        ),
        Invalid(
            "    def events(self) -> AsyncIterator[memoryview]: ...",
            "1:9",
            "`events` cannot travel: `memoryview` has no wire form: declare bytes",
        ),
        Invalid(
            "@dataclass\nclass Page:\n    total: int\n    rows: AsyncIterator[str]\n\n\n"
            "@service\nclass Carts(Protocol):\n    async def get(self) -> Page: ...",
            "9:15",
            "`get` cannot travel: the field `rows` of `Page`: `collections.abc.AsyncIterator` has "
            "no wire form: declare a stream as the last parameter, as the result of a `def`, or "
            "last in the tuple that an `async def` returns: `tuple[Page, AsyncIterator[T]]`",
        ),
        Invalid(
            "    async def get(self) -> tuple[AsyncIterator[str], int]: ...",
            "1:15",
            "`get` cannot travel: `collections.abc.AsyncIterator` has "
            "no wire form: declare a stream as the last parameter, as the result of a `def`, or "
            "last in the tuple that an `async def` returns: `tuple[Page, AsyncIterator[T]]`",
        ),
        Invalid(
            "    async def get(self) -> Iterable[str]: ...",
            "1:15",
            "`get` cannot travel: an `Iterable` may be one that can be read once: "
            "declare list or tuple",
        ),
        Invalid(
            "    async def get(self) -> numpy.ndarray: ...",
            "1:15",
            "`get` cannot travel: `numpy.ndarray` has no wire form: declare list "
            "or tuple of its items (`array.tolist()`), or bytes",
        ),
        Invalid(
            "    async def get(self) -> re.Pattern[str]: ...",
            "1:15",
            "`get` cannot travel: `re.Pattern` has no wire form: declare str",
        ),
        Invalid(
            "    async def get(self) -> ImportString: ...",
            "1:15",
            "`get` cannot travel: `pydantic.ImportString` would import what a "
            "caller names: declare `str`",
        ),
        Invalid(
            "Json = Union['Json', int]\n\n@service\nclass Carts(Protocol):\n"
            "    async def get(self) -> Json: ...",
            "5:15",
            "`get` cannot travel: `Json` stands for itself, which is no type",
        ),
        Invalid(
            "class Cart(BaseModel):\n    price: Callable[[], int]\n\n\n"
            "@service\nclass Carts(Protocol):\n    async def get(self) -> Cart: ...",
            "7:15",
            "`get` cannot travel: the field `price` of `Cart`: "
            "`collections.abc.Callable` has no wire form",
        ),
        Invalid(
            "@dataclass\nclass Cart:\n    LIMIT: Final = 3\n\n\n"
            "@service\nclass Carts(Protocol):\n    async def get(self) -> Cart: ...",
            "8:15",
            "`get` cannot travel: the field `LIMIT` of `Cart`: `typing.Final` has no wire form",
        ),
        Invalid(
            "@dataclass\nclass Cart:\n    note: str | UnsetType = UNSET\n\n\n"
            "@service\nclass Carts(Protocol):\n    async def get(self) -> Cart: ...",
            "8:15",
            "`get` cannot travel: the field `note` of `Cart`: only a field of a "
            "`Struct`, with `UNSET` as its default, may be unset",
        ),
        Invalid(
            "T = TypeVar('T')\n\n@service\nclass Carts(Protocol):\n"
            "    async def get(self) -> T: ...",
            "5:15",
            "`get` cannot travel: `T` is a type variable",
        ),
        Invalid(
            "class Cart:\n    id: str\n\n\n@service\nclass Carts(Protocol):\n"
            "    async def get(self) -> Cart: ...",
            "7:15",
            "`get` cannot travel: `Cart` is no dataclass, attrs class, model, Struct or enum",
        ),
        Invalid(
            "Point = namedtuple('Point', 'x y')\n\n\n"
            "@service\nclass Carts(Protocol):\n    async def get(self) -> Point: ...",
            "6:15",
            "`get` cannot travel: `Point` is made by `collections.namedtuple`, which gives its "
            "fields no types: declare a class of `typing.NamedTuple`",
        ),
        Invalid(
            "Point = msgspec.defstruct('Point', [('x', int)])\n\n\n"
            "@service\nclass Carts(Protocol):\n    async def get(self) -> Point: ...",
            "6:15",
            "`get` cannot travel: `Point` is made by `msgspec.defstruct`, which makes no type that "
            "a type checker knows: declare a class",
        ),
        Invalid(
            "Point = typing.NamedTuple('Point', [('x', complex)])\n\n\n"
            "@service\nclass Carts(Protocol):\n    async def get(self) -> Point: ...",
            "6:15",
            "`get` cannot travel: the field `x` of `Point`: `complex` has no wire form: declare a "
            "tuple of its parts",
        ),
        Invalid(
            "    async def get(self) -> BaseModel: ...",
            "1:15",
            "`get` cannot travel: `pydantic.BaseModel` has no fields of its own",
        ),
        Invalid(
            "    async def get(self) -> list[Base64Bytes]: ...",
            "1:15",
            "`get` cannot travel: pydantic would decode `pydantic.Base64Bytes` "
            "twice; declare `bytes` or `str`",
        ),
        Invalid(
            "class User(BaseModel):\n    name: str\n"
            "    password: str = Field('', exclude=True)\n\n\n"
            "@service\nclass Carts(Protocol):\n    async def get(self) -> tuple[User, ...]: ...",
            "8:15",
            "`get` cannot travel: the field `password` of `User` is excluded: drop "
            "`exclude=True`, or declare a model without it",
        ),
        Invalid(
            "T = TypeVar('T')\n\n\n@dataclass\nclass Page(Generic[T]):\n    item: T\n\n\n"
            "@dataclass\nclass Cart:\n    pages: list[Page]\n\n\n"
            "@service\nclass Carts(Protocol):\n    async def get(self) -> Cart: ...",
            "16:15",
            "`get` cannot travel: the field `pages` of `Cart`: `Page` takes 1 type argument, and "
            "none are given",
        ),
        Invalid(
            "T = TypeVar('T')\n\n\n@dataclass\nclass Page(Generic[T]):\n    item: T\n\n\n"
            "@dataclass\nclass Cart(Page):\n    id: str\n\n\n"
            "@service\nclass Carts(Protocol):\n    async def get(self) -> Cart: ...",
            "16:15",
            "`get` cannot travel: the field `item` of `Cart`: `Page`, which has it, is a base that "
            "does not say of what",
        ),
        Invalid(
            "@dataclass\nclass Cart:\n    id: str\n    if sys.version_info >= (3, 12):\n"
            "        owner: str = ''\n\n\n"
            "@service\nclass Carts(Protocol):\n    async def get(self) -> Cart: ...",
            "10:15",
            "`get` cannot travel: `Cart` may have `owner` or not: declare it outside of `if`, "
            "`try` and the like",
        ),
        Invalid(
            "from enum import Enum\n\n\nclass Color(Enum):\n    RED = 1\n    try:\n"
            "        BLUE = int('2')\n    except ValueError:\n        pass\n\n\n"
            "@service\nclass Carts(Protocol):\n    async def get(self) -> Color: ...",
            "14:15",
            "`get` cannot travel: `Color` may have `BLUE` or not: declare it outside of `if`, "
            "`try` and the like",
        ),
        Invalid(
            "try:\n    import orjson\n\n    @dataclass\n    class Cart:\n        id: str\n"
            "except ImportError:\n    @dataclass\n    class Cart:\n        id: int\n\n\n"
            "@service\nclass Carts(Protocol):\n    async def get(self) -> Cart: ...",
            "15:15",
            "`get` cannot travel: `Cart` is not all that its name means in its module: declare one "
            "type of this name",
        ),
        Invalid(
            "    async def get(\n        self,\n"
            "        n: Annotated[int, Field(gt=0)] | Annotated[int, msgspec.Meta(lt=-5)],\n"
            "    ) -> str: ...",
            "3:9",
            "`n` of `get` cannot travel: `int` is in a union twice, and only constraints differ: "
            "declare it once",
        ),
        Invalid(
            "Id = NewType('Id', str)\nShort = Annotated[Id, Field(max_length=3)]\n\n\n"
            "@service\nclass Carts(Protocol):\n"
            "    async def get(self) -> dict[str, Short | None | str]: ...",
            "7:15",
            "`get` cannot travel: `str` is in a union twice, and only constraints differ: declare "
            "it once",
        ),
        Invalid(
            "try:\n    from library import LibraryCart as Cart\nexcept ImportError:\n"
            "    @dataclass\n    class Cart:\n        id: str\n\n\n"
            "@service\nclass Carts(Protocol):\n    async def get(self) -> tuple[Cart, ...]: ...",
            "11:15",
            "`get` cannot travel: `Cart` is not all that its name means in its module: declare one "
            "type of this name",
        ),
        Invalid(
            "if sys.version_info >= (3, 12):\n    Id = str\nelse:\n    Id = int\n\n\n"
            "@service\nclass Carts(Protocol):\n    async def get(self) -> list[Id]: ...",
            "9:15",
            "`get` cannot travel: `Id` is not all that its name means in its module: declare one "
            "type of this name",
        ),
        Invalid(
            "@dataclass\nclass Cart:\n    id: InitVar[str]\n\n\n"
            "@service\nclass Carts(Protocol):\n    async def get(self) -> Cart: ...",
            "8:15",
            "`get` cannot travel: the field `id` of `Cart`: it is an `InitVar`, "
            "which is not kept; declare a field",
        ),
        Invalid(
            "@dataclass\nclass Cart:\n    __id: str\n\n\n"
            "@service\nclass Carts(Protocol):\n    async def get(self) -> Cart: ...",
            "8:15",
            "`get` cannot travel: the field `__id` of `Cart`: in a class, Python reads that as "
            "another name; rename it",
        ),
        Invalid(
            "class Cart(BaseModel):\n    \ufb01nd: str\n\n\n"
            "@service\nclass Carts(Protocol):\n    async def get(self) -> Cart: ...",
            "7:15",
            "`get` cannot travel: the field `\ufb01nd` of `Cart`: in a class, Python reads that as "
            "another name; rename it",
        ),
        Invalid(
            "@dataclass\nclass Cart:\n    Decimal: Optional[Decimal] = None\n\n\n"
            "@service\nclass Carts(Protocol):\n    async def get(self) -> Cart: ...",
            "8:15",
            "`get` cannot travel: the field `Decimal` of `Cart`: in its class "
            "`Decimal` means something else; import the type by another name",
        ),
        Invalid(
            "@dataclass\nclass Base:\n    id: str\n\n\nclass Cart(Base):\n    owner: str = ''\n\n\n"
            "@service\nclass Carts(Protocol):\n    async def get(self) -> Cart: ...",
            "12:15",
            "`get` cannot travel: the field `owner` of `Cart`: it is none: the "
            "class lacks the decorator of its base",
        ),
        Invalid(
            "@attrs.define\nclass Cart:\n    id = attrs.field()\n\n\n"
            "@service\nclass Carts(Protocol):\n    async def get(self) -> Cart: ...",
            "8:15",
            "`get` cannot travel: the field `id` of `Cart`: it has no type",
        ),
        Invalid(
            "@dataclass\nclass Cart:\n    price: Callable[[], int]\n\n\n"
            "@service\nclass Carts(Protocol):\n    async def get(self) -> Cart: ...",
            "8:15",
            "`get` cannot travel: the field `price` of `Cart`: "
            "`collections.abc.Callable` has no wire form",
        ),
        Invalid(
            "    async def get(self) -> Principal: ...",
            "1:15",
            "`get` cannot travel: `Principal` says who asks, which only the whole type of a "
            "parameter can",
        ),
        Invalid(
            "    async def get(self, who: Principal | None) -> str: ...",
            "1:25",
            "`who` of `get` cannot travel: `Principal` says who asks, which only the whole type of "
            "a parameter can",
        ),
        Invalid(
            "    async def get(self, who: Annotated[Session, 'me']) -> str: ...",
            "1:25",
            "`who` of `get` cannot travel: `Session` says who asks, which only the whole type of "
            "a parameter can",
        ),
        Invalid(
            "@dataclass\nclass Cart:\n    owner: Principal\n\n\n"
            "@service\nclass Carts(Protocol):\n    async def get(self) -> Cart: ...",
            "8:15",
            "`get` cannot travel: the field `owner` of `Cart`: `Principal` says who asks, which "
            "only the whole type of a parameter can",
        ),
    )

    @classmethod
    def check(cls, contract: Contract, structures: Structures) -> Iterator[Diagnostic]:
        for method in contract.methods:
            for span, what, type_ in travelling(method):
                problem = structures.first(without_wire_form, type_)
                if problem is None and type_ in (method.result, method.head):
                    problem = structures.first(read_once, type_)
                if problem is not None:
                    yield cls.at(span, f"{what} cannot travel: {problem}")
