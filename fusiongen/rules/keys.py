"""Rules about keys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..contract import MethodKind
from .base import ContractRule, Invalid
from .hashing import unstable
from .held import unhashable_within
from .travelling import without_wire_form

if TYPE_CHECKING:
    from ..contract import Contract
    from ..errors import Diagnostic
    from ..reader.structures import Structures

__all__ = ["UnstableKey"]


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
        Invalid(
            "    @compute\n    async def get(self, ids: list[str]) -> str: ...",
            "2:25",
            "`ids` of the compute method `get` cannot be a key: `list` is not hashable",
        ),
        Invalid(
            "    @compute\n    async def get(self, ids: dict[str, int]) -> str: ...",
            "2:25",
            "`ids` of the compute method `get` cannot be a key: `dict` is not hashable",
        ),
        Invalid(
            "    @compute\n    async def get(self, ids: set[int]) -> str: ...",
            "2:25",
            "`ids` of the compute method `get` cannot be a key: `set` is not hashable",
        ),
        Invalid(
            "    @compute\n    async def get(self, ids: Any) -> str: ...",
            "2:25",
            "`ids` of the compute method `get` cannot be a key: `typing.Any` may be anything",
        ),
        Invalid(
            "    @compute\n    async def get(self, ids: object) -> str: ...",
            "2:25",
            "`ids` of the compute method `get` cannot be a key: `object` may be anything",
        ),
        Invalid(
            "    @compute\n    async def get(self, ids: tuple[list[int], ...]) -> str: ...",
            "2:25",
            "`ids` of the compute method `get` cannot be a key: `list` is not hashable",
        ),
        Invalid(
            "    @compute\n    async def get(self, ids: Mapping[str, int]) -> str: ...",
            "2:25",
            "`ids` of the compute method `get` cannot be a key: "
            "`collections.abc.Mapping` is not hashable",
        ),
        Invalid(
            "    @compute\n    async def get(self, ids: str | list[str]) -> str: ...",
            "2:25",
            "`ids` of the compute method `get` cannot be a key: `list` is not hashable",
        ),
        Invalid(
            "    @compute\n    async def get(self, ids: tuple) -> str: ...",
            "2:25",
            "`ids` of the compute method `get` cannot be a key: `typing.Any` may be anything",
        ),
        Invalid(
            "    @compute\n    async def get(self, ids: MutableSequence[str]) -> str: ...",
            "2:25",
            "`ids` of the compute method `get` cannot be a key: "
            "`collections.abc.MutableSequence` is not hashable",
        ),
        Invalid(
            "    @compute\n    async def get(self, ids: JsonValue) -> str: ...",
            "2:25",
            "`ids` of the compute method `get` cannot be a key: "
            "`pydantic.JsonValue` is not hashable",
        ),
        Invalid(
            "    @compute\n    async def get(self, ids: tuple[JsonValue, ...]) -> str: ...",
            "2:25",
            "`ids` of the compute method `get` cannot be a key: "
            "`pydantic.JsonValue` is not hashable",
        ),
        Invalid(
            "    @compute\n    async def get(self, ids: Annotated[list[int], 'short']) -> str: ...",
            "2:25",
            "`ids` of the compute method `get` cannot be a key: `list` is not hashable",
        ),
        Invalid(
            "@dataclass\nclass Key:\n    id: str\n\n\n"
            "@service\nclass Carts(Protocol):\n    @compute\n"
            "    async def get(self, key: Key) -> str: ...",
            "9:25",
            "`key` of the compute method `get` cannot be a key: `shop.contracts.Key` is not frozen",
        ),
        Invalid(
            "@dataclass(unsafe_hash=True)\nclass Key:\n    id: str\n\n\n"
            "@service\nclass Carts(Protocol):\n    @compute\n"
            "    async def get(self, key: Key) -> str: ...",
            "9:25",
            "`key` of the compute method `get` cannot be a key: `shop.contracts.Key` is not frozen",
        ),
        Invalid(
            "@attrs.define\nclass Key:\n    id: str\n\n\n"
            "@service\nclass Carts(Protocol):\n    @compute\n"
            "    async def get(self, key: Key) -> str: ...",
            "9:25",
            "`key` of the compute method `get` cannot be a key: `shop.contracts.Key` is not frozen",
        ),
        Invalid(
            "T = TypeVar('T')\n\n\n"
            "@dataclass(frozen=True)\nclass Key(Generic[T]):\n    ids: T\n\n\n"
            "@service\nclass Carts(Protocol):\n    @compute\n"
            "    async def get(self, key: Key[list[str]]) -> str: ...",
            "12:25",
            "`key` of the compute method `get` cannot be a key: `list` is not hashable",
        ),
        Invalid(
            "@dataclass(frozen=True)\nclass Key:\n    ids: list[str]\n\n\n"
            "@service\nclass Carts(Protocol):\n    @compute\n"
            "    async def get(self, key: Key) -> str: ...",
            "9:25",
            "`key` of the compute method `get` cannot be a key: its field `ids`: "
            "`list` is not hashable",
        ),
    )

    @classmethod
    def check(cls, contract: Contract, structures: Structures) -> Iterator[Diagnostic]:
        for method in contract.of_kind(MethodKind.COMPUTE):
            for parameter in method.parameters:
                if (
                    parameter.filled
                    or structures.first(without_wire_form, parameter.type) is not None
                    or structures.first(unhashable_within, parameter.type) is not None
                ):
                    continue  # FG050 or FG054 says it
                problem = structures.first(unstable, parameter.type)
                if problem is not None:
                    what = f"`{parameter.name}` of the compute method `{method.name}`"
                    yield cls.at(parameter.span, f"{what} cannot be a key: {problem}")
