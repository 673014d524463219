"""Rules about the types that methods name: all have to travel, arguments of compute methods have to
be hashable values besides."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..contract import (
    MethodKind,
    Named,
    Type,
    parts,
)
from .base import ContractRule
from .hashing import unstable
from .travelling import read_once, without_wire_form

if TYPE_CHECKING:
    from ..contract import Contract
    from ..errors import Diagnostic
    from ..reader.structures import Structures

__all__ = ["UnstableKey", "UnsupportedType"]


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
        "Ids = tuple[str, ...]\nName = NewType('Name', str)\n\n@service\nclass Carts(Protocol):\n"
        "    async def get(self, ids: Ids) -> Name: ...",
    )
    INVALID = (
        "    async def get(self) -> Callable[[int], str]: ...",
        "    async def get(self) -> complex: ...",
        "    async def get(self) -> bytearray: ...",
        "    async def get(self) -> type[int]: ...",
        "    async def get(self) -> list[object | Callable[..., str]]: ...",
        "    def events(self) -> AsyncIterator[memoryview]: ...",
        "    async def get(self) -> Iterable[str]: ...",
        "    async def get(self) -> numpy.ndarray: ...",
        "    async def get(self) -> re.Pattern[str]: ...",
        "    async def get(self) -> ImportString: ...",
        "Json = Union['Json', int]\n\n@service\nclass Carts(Protocol):\n"
        "    async def get(self) -> Json: ...",
        "class Cart(BaseModel):\n    price: Callable[[], int]\n\n\n"
        "@service\nclass Carts(Protocol):\n    async def get(self) -> Cart: ...",
        "@dataclass\nclass Cart:\n    LIMIT: Final = 3\n\n\n"
        "@service\nclass Carts(Protocol):\n    async def get(self) -> Cart: ...",
        "@dataclass\nclass Cart:\n    note: str | UnsetType = UNSET\n\n\n"
        "@service\nclass Carts(Protocol):\n    async def get(self) -> Cart: ...",
        "T = TypeVar('T')\n\n@service\nclass Carts(Protocol):\n    async def get(self) -> T: ...",
        "class Cart:\n    id: str\n\n\n@service\nclass Carts(Protocol):\n"
        "    async def get(self) -> Cart: ...",
        "    async def get(self) -> BaseModel: ...",
        "    async def get(self) -> list[Base64Bytes]: ...",
        "class User(BaseModel):\n    name: str\n    password: str = Field('', exclude=True)\n\n\n"
        "@service\nclass Carts(Protocol):\n    async def get(self) -> tuple[User, ...]: ...",
        "@dataclass\nclass Cart:\n    id: InitVar[str]\n\n\n"
        "@service\nclass Carts(Protocol):\n    async def get(self) -> Cart: ...",
        "@dataclass\nclass Cart:\n    Decimal: Optional[Decimal] = None\n\n\n"
        "@service\nclass Carts(Protocol):\n    async def get(self) -> Cart: ...",
        "@dataclass\nclass Base:\n    id: str\n\n\nclass Cart(Base):\n    owner: str = ''\n\n\n"
        "@service\nclass Carts(Protocol):\n    async def get(self) -> Cart: ...",
        "@attrs.define\nclass Cart:\n    id = attrs.field()\n\n\n"
        "@service\nclass Carts(Protocol):\n    async def get(self) -> Cart: ...",
        "@dataclass\nclass Cart:\n    price: Callable[[], int]\n\n\n"
        "@service\nclass Carts(Protocol):\n    async def get(self) -> Cart: ...",
    )

    @classmethod
    def check(cls, contract: Contract, structures: Structures) -> Iterator[Diagnostic]:
        for method in contract.methods:
            named = [
                (parameter.span, f"`{parameter.name}` of `{method.name}`", parameter.type)
                for parameter in method.parameters
            ]
            for span, what, type_ in (*named, (method.span, f"`{method.name}`", method.result)):
                problem = without_wire_form(type_, structures, frozenset())
                if problem is None and type_ is method.result:
                    problem = read_once(type_, structures, frozenset())
                if problem is not None:
                    yield cls.at(span, f"{what} cannot travel: {problem}")


class UnstableKey(ContractRule):
    """An argument of a compute method is no hashable value with a stable wire form, so it cannot be
    part of a key."""

    id = "FG051"
    fix = (
        "Take a `tuple` or `frozenset` in place of a list or set, a frozen dataclass, attrs class, "
        "`msgspec.Struct` or pydantic model in place of one that may change."
    )
    VALID = (
        "    @compute\n    async def get(self, a: str | None, b: tuple[int, ...]) -> Any: ...",
        "    @compute\n    async def get(self, a: frozenset[Decimal], b: LibraryKey) -> str: ...",
        "    @compute\n    async def get(self, a: Sequence[str], b: Iterable[Path]) -> str: ...",
        "    async def get(self, ids: list[str]) -> str: ...",
        "@dataclass(frozen=True, eq=False)\nclass Key:\n    id: str\n    next: 'Key | None'\n\n\n"
        "@service\nclass Carts(Protocol):\n    @compute\n"
        "    async def get(self, key: Key) -> str: ...",
        "@attrs.frozen\nclass Key:\n    id: str = attrs.field(eq=False)\n\n\n"
        "@service\nclass Carts(Protocol):\n    @compute\n"
        "    async def get(self, key: Key) -> str: ...",
    )
    INVALID = (
        *(
            f"    @compute\n    async def get(self, ids: {spelled}) -> str: ..."
            for spelled in (
                *("list[str]", "dict[str, int]", "set[int]", "Any", "object"),
                *("tuple[list[int], ...]", "Mapping[str, int]", "str | list[str]", "tuple"),
                *("MutableSequence[str]", "JsonValue", "tuple[JsonValue, ...]"),
                "Annotated[list[int], 'short']",
            )
        ),
        "@dataclass\nclass Key:\n    id: str\n\n\n"
        "@service\nclass Carts(Protocol):\n    @compute\n"
        "    async def get(self, key: Key) -> str: ...",
        "@dataclass(unsafe_hash=True)\nclass Key:\n    id: str\n\n\n"
        "@service\nclass Carts(Protocol):\n    @compute\n"
        "    async def get(self, key: Key) -> str: ...",
        "@attrs.define\nclass Key:\n    id: str\n\n\n"
        "@service\nclass Carts(Protocol):\n    @compute\n"
        "    async def get(self, key: Key) -> str: ...",
        "T = TypeVar('T')\n\n\n@dataclass(frozen=True)\nclass Key(Generic[T]):\n    ids: T\n\n\n"
        "@service\nclass Carts(Protocol):\n    @compute\n"
        "    async def get(self, key: Key[list[str]]) -> str: ...",
        "@dataclass(frozen=True)\nclass Key:\n    ids: list[str]\n\n\n"
        "@service\nclass Carts(Protocol):\n    @compute\n"
        "    async def get(self, key: Key) -> str: ...",
    )

    @classmethod
    def check(cls, contract: Contract, structures: Structures) -> Iterator[Diagnostic]:
        for method in contract.of_kind(MethodKind.COMPUTE):
            for parameter in method.parameters:
                if without_wire_form(parameter.type, structures, frozenset()) is not None:
                    continue  # FG050 says it
                problem = unstable(parameter.type, structures, frozenset())
                if problem is not None:
                    what = f"`{parameter.name}` of the compute method `{method.name}`"
                    yield cls.at(parameter.span, f"{what} cannot be a key: {problem}")


def _kept_as_given(type_: Type, structures: Structures) -> str | None:
    """Why a field of a pydantic model is no part of a key: pydantic keeps a list where one is given
    for a Sequence, which arrives as another one."""
    for part in parts(type_):
        origin = structures.origin(part.ref) if isinstance(part, Named) else None
        if origin is not None and origin.module == "collections.abc":
            return f"`{origin}` in a model may hold anything that can change"
    return None
