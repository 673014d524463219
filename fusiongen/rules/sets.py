"""Rules about what sets and dicts hold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from .base import ContractRule, Invalid
from .held import unhashable_in_fields, unhashable_within
from .travelling import travelling, without_wire_form

if TYPE_CHECKING:
    from ..contract import Contract
    from ..errors import Diagnostic
    from ..reader.structures import Structures

__all__ = ["Unhashable"]


class Unhashable(ContractRule):
    """A member of a set, or a key of a dict, would not be hashable where it arrives: it is, or
    holds, what arrives as a list, a set or a dict, or a class that is not frozen."""

    id = "FG054"
    fix = (
        "Declare `tuple` in place of a list, `frozenset` in place of a set, and a tuple of pairs "
        "in place of a dict within it, and a class as frozen."
    )
    VALID = (
        "    async def get(self, a: set[tuple[int, ...]], b: dict[frozenset[str], list[int]]) -> "
        "frozenset[tuple[str, Decimal | None]]: ...",
        "    async def get(self) -> frozenset[Any]: ...",
        "    async def get(self) -> dict[LibraryCart, set[Path]]: ...",
        "Ids = tuple[str, ...]\nName = NewType('Name', Ids)\n\n\n"
        "@service\nclass Carts(Protocol):\n    async def get(self) -> dict[Name, set[Ids]]: ...",
        "T = TypeVar('T')\n\n\n@dataclass(frozen=True)\nclass Tag(Generic[T]):\n    held: T\n"
        "    next: 'Tag[T] | None' = None\n\n\n@service\nclass Carts(Protocol):\n"
        "    async def get(self) -> set[Tag[tuple[int, ...]]]: ...",
        "@dataclass(eq=False)\nclass Tag:\n    ids: list[str]\n\n\n@service\n"
        "class Carts(Protocol):\n    async def get(self) -> set[Tag]: ...",
        "@dataclass(unsafe_hash=True)\nclass Tag:\n    id: str\n"
        "    lines: list[str] = field(default_factory=list, compare=False)\n\n\n@service\n"
        "class Carts(Protocol):\n    async def get(self) -> set[Tag]: ...",
        "class Tag(Struct):\n    ids: list[str]\n\n    def __hash__(self) -> int:\n"
        "        return len(self.ids)\n\n\nclass Below(Tag):\n    more: int\n\n\n@service\n"
        "class Carts(Protocol):\n    async def get(self) -> dict[Tag, set[Below]]: ...",
    )
    INVALID = (
        Invalid(
            "    async def get(self) -> set[Sequence[int]]: ...",
            "1:15",
            "`get` cannot travel: a member of a set must be hashable where it arrives: "
            "`collections.abc.Sequence` arrives as a list",
        ),
        Invalid(
            "    async def get(self, ids: dict[tuple[str, typing.AbstractSet[int]], str]) -> None: "
            "...",
            "1:25",
            "`ids` of `get` cannot travel: a key of a dict must be hashable where it arrives: "
            "`collections.abc.Set` arrives as a set",
        ),
        Invalid(
            "    @compute\n    async def get(self, ids: frozenset[list[int]]) -> str: ...",
            "2:25",
            "`ids` of `get` cannot travel: a member of a set must be hashable where it arrives: "
            "`list` is not",
        ),
        Invalid(
            "    def events(self) -> AsyncIterator[Mapping[JsonValue, int]]: ...",
            "1:9",
            "`events` cannot travel: a key of a dict must be hashable where it arrives: "
            "`pydantic.JsonValue` is not",
        ),
        Invalid(
            "class Row(typing.TypedDict):\n    id: str\n\n\n@service\nclass Carts(Protocol):\n"
            "    async def get(self) -> set[Row | None]: ...",
            "7:15",
            "`get` cannot travel: a member of a set must be hashable where it arrives: `Row` is "
            "not",
        ),
        Invalid(
            "class Tag(Struct, frozen=True):\n    id: str\n\n"
            "    def __eq__(self, other: object) -> bool:\n        return True\n\n\n@service\n"
            "class Carts(Protocol):\n    async def get(self) -> set[Tag]: ...",
            "10:15",
            "`get` cannot travel: a member of a set must be hashable where it arrives: `Tag` is "
            "not",
        ),
        Invalid(
            "@dataclass\nclass Tag:\n    id: str\n\n\n@attrs.define\nclass Cart:\n"
            "    tags: set[Tag] = attrs.Factory(set)\n\n\n@service\nclass Carts(Protocol):\n"
            "    async def get(self) -> Cart: ...",
            "13:15",
            "`get` cannot travel: the field `tags` of `Cart`: a member of a set must be hashable "
            "where it arrives: `Tag` is not",
        ),
        Invalid(
            "class Tag(BaseModel, frozen=True):\n    ids: Sequence[int]\n\n\n"
            "class Cart(BaseModel):\n    tags: dict[Tag, int]\n\n\n@service\n"
            "class Carts(Protocol):\n    async def get(self) -> Cart: ...",
            "11:15",
            "`get` cannot travel: the field `tags` of `Cart`: a key of a dict must be hashable "
            "where it arrives: the field `ids` of `Tag`: `collections.abc.Sequence` arrives as a "
            "list",
        ),
        Invalid(
            "T = TypeVar('T')\n\n\n@dataclass\nclass Page(Generic[T]):\n    items: set[T]\n\n\n"
            "@service\nclass Carts(Protocol):\n    async def get(self) -> Page[list[str]]: ...",
            "11:15",
            "`get` cannot travel: the field `items` of `Page`: a member of a set must be hashable "
            "where it arrives: `list` is not",
        ),
        Invalid(
            "@dataclass\nclass Gone(Exception):\n    ids: set[list[str]]\n\n\n"
            "@service(raises=[Gone])\nclass Carts(Protocol):\n    async def get(self) -> str: ...",
            "7:7",
            "`Gone` in `raises` cannot travel: the field `ids` of `Gone`: a member of a set must "
            "be hashable where it arrives: `list` is not",
        ),
    )

    @classmethod
    def check(cls, contract: Contract, structures: Structures) -> Iterator[Diagnostic]:
        for method in contract.methods:
            for span, what, type_ in travelling(method):
                if structures.first(without_wire_form, type_) is None:  # FG050 says it
                    problem = structures.first(unhashable_within, type_)
                    if problem is not None:
                        yield cls.at(span, f"{what} cannot travel: {problem}")
        for ref in contract.raises:
            structure = structures.of(structures.exception(ref))
            problem = unhashable_in_fields(structure, structures) if structure else None
            if problem is not None:
                yield cls.at(contract.span, f"`{ref.name}` in `raises` cannot travel: {problem}")
