"""Warnings: what is allowed, and seldom meant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ..contract import Kind, MethodKind, Named, Ref, Type, inner
from .base import ContractRule, Invalid, ProjectRule
from .known_types import JSON_VALUE
from .sizes import Size, Sizes, together

if TYPE_CHECKING:
    from ..contract import Contract
    from ..errors import Diagnostic
    from ..reader.structures import Structures

__all__ = ["LargeMessage", "MutableResult", "NeverInvalidated", "NothingInvalidated"]

MESSAGE = 1024 * 1024
"""Bytes that a broker takes in one message by default."""
_MUTABLE = frozenset(
    (
        *("builtins.dict", "builtins.list", "builtins.set", "collections.abc.MutableMapping"),
        *("collections.abc.MutableSequence", "collections.abc.MutableSet", *JSON_VALUE),
    )
)
_MAY_CHANGE = (Kind.DATACLASS, Kind.STRUCT, Kind.MODEL, Kind.TYPED_DICT)


class MutableResult(ContractRule):
    """The result of a compute method can be changed. It is cached, and all its callers get the same
    object: what one of them changes, the others see."""

    id = "FG060"
    warning = True
    fix = (
        "Return a `tuple`, `frozenset`, `Mapping` or `Sequence`, or make the class frozen; if no "
        "caller changes it: `# fusiongen: ignore[FG060]`."
    )
    VALID = (
        "    @compute\n    async def get(self) -> tuple[str, ...]: ...",
        "    @compute\n    async def get(self) -> Mapping[str, Sequence[int]]: ...",
        "    async def get(self) -> list[str]: ...",
        "    @compute\n    async def get(self) -> list[str]: ...  # fusiongen: ignore[FG060]",
        "    # fusiongen: ignore[FG060, FG062]\n    @compute  # fusiongen: ignore[FG060]\n"
        "    async def get(self) -> list[str]: ...",
    )
    INVALID = (
        Invalid(
            "    @compute\n    async def get(self) -> list[str]: ...",
            "2:15",
            "the cached result of `get` can be changed: it holds a `list`",
        ),
        Invalid(
            "    @compute\n    async def get(self) -> JsonValue: ...",
            "2:15",
            "the cached result of `get` can be changed: it holds a `JsonValue`",
        ),
        Invalid(
            "    @compute\n    async def get(self) -> tuple[dict[str, int], ...] | None: ...",
            "2:15",
            "the cached result of `get` can be changed: it holds a `dict`",
        ),
        Invalid(
            "    @compute\n    async def get(self) -> list[str]: ...  # fusiongen: ignore[FG061]",
            "2:15",
            "the cached result of `get` can be changed: it holds a `list`",
        ),
        Invalid(
            "    @compute\n    async def all(self) -> str: ...  # fusiongen: ignore[FG060]\n"
            "    @compute\n    async def get(self) -> list[str]: ...",
            "4:15",
            "the cached result of `get` can be changed: it holds a `list`",
        ),
        Invalid(
            "@dataclass\nclass Cart:\n    id: str\n\n\n@service\nclass Carts(Protocol):\n"
            "    @compute\n    async def get(self) -> Cart | None: ...",
            "9:15",
            "the cached result of `get` can be changed: `Cart` is not frozen",
        ),
    )

    @classmethod
    def check(cls, contract: Contract, structures: Structures) -> Iterator[Diagnostic]:
        for method in contract.of_kind(MethodKind.COMPUTE):
            changeable = structures.first(_changeable, method.result)
            if changeable is not None:
                problem = f"the cached result of `{method.name}` can be changed: {changeable}"
                yield cls.at(method.span, problem)


class NothingInvalidated(ContractRule):
    """A command declares that it invalidates nothing, so whatever it changes stays cached."""

    id = "FG061"
    warning = True
    fix = (
        "List what it changes; if its body calls `self.invalidate`, or it changes nothing that is "
        "cached: `# fusiongen: ignore[FG061]`."
    )
    VALID = (
        "    @compute\n    async def get(self) -> str: ...\n\n"
        "    @command(invalidates=['get()'])\n    async def put(self) -> None: ...",
        "    @command(invalidates=[])  # fusiongen: ignore[FG061]\n"
        "    async def put(self) -> None: ...",
    )
    INVALID = (
        Invalid(
            "    @command(invalidates=[])\n    async def put(self) -> None: ...",
            "2:15",
            "`put` invalidates nothing",
        ),
    )

    @classmethod
    def check(cls, contract: Contract, structures: Structures) -> Iterator[Diagnostic]:
        for method in contract.of_kind(MethodKind.COMMAND):
            if not method.invalidates:
                yield cls.at(method.span, f"`{method.name}` invalidates nothing")


class NeverInvalidated(ProjectRule):
    """No command of the project invalidates any result of a contract, and a compute method of it
    has no `auto_invalidate`: its results may never become stale.

    As soon as a command invalidates one of them, the others pass: they may be made from that one,
    which the contracts do not show.
    """

    id = "FG062"
    warning = True
    fix = (
        "Add a command, or `auto_invalidate=`; if it is made from other services' results, or a "
        "body invalidates it: `# fusiongen: ignore[FG062]`."
    )
    VALID = (
        "    @compute\n    async def get(self) -> str: ...\n\n"
        "    @compute\n    async def length(self) -> int: ...\n\n"
        "    @command(invalidates=['get()'])\n    async def put(self) -> None: ...",
        "    @compute(auto_invalidate=60)\n    async def get(self) -> str: ...",
    )
    INVALID = (
        Invalid(
            "    @compute\n    async def get(self) -> str: ...",
            "2:15",
            "no command can ever invalidate a result of `get`",
        ),
    )

    @classmethod
    def check_all(
        cls, contracts: Sequence[Contract], structures: Structures
    ) -> Iterator[Diagnostic]:
        invalidated = {
            call.service
            for contract in contracts
            for method in contract.methods
            for call in method.invalidates
        }
        for contract in contracts:
            if contract.name in invalidated:
                continue
            for method in contract.of_kind(MethodKind.COMPUTE):
                if method.options.auto_invalidate is None:
                    problem = f"no command can ever invalidate a result of `{method.name}`"
                    yield cls.at(method.span, problem)


class LargeMessage(ProjectRule):
    """By their own bounds, the arguments or the result of a method, or an item of a stream, may be,
    or always are, more than the broker takes in one message: 1 MiB, unless it is told otherwise.
    Such a call fails with `Refused`, or with `RemoteError`, when it is made. Types without bounds
    are not judged."""

    id = "FG064"
    warning = True
    fix = (
        "Declare smaller bounds, or pass it in parts, by a stream; if the broker has another "
        "`max_payload`: `# fusiongen: ignore[FG064]`."
    )
    VALID = (
        "    async def put(self, text: str) -> bytes: ...",
        "    async def put(self, text: Annotated[str, Field(max_length=1_000_000)]) -> None: ...",
        "    async def put(self, a: tuple[Annotated[str, Field(max_length=9)], ...]) -> int: ...",
        "    async def put(self, data: Annotated[bytes, Field(min_length=1)]) -> None: ...",
        "    # fusiongen: ignore[FG064]\n"
        "    async def get(self) -> Annotated[bytes, Field(max_length=5_000_000)]: ...",
    )
    INVALID = (
        Invalid(
            "    async def put(self, a: Annotated[bytes, Field(min_length=2_000_000)]) -> int: ...",
            "1:15",
            "the arguments of `put` have 2,000,000 bytes at least, and a message 1,048,576",
        ),
        Invalid(
            "    async def get(self) -> Annotated[bytes, Field(max_length=5_000_000)]: ...",
            "1:15",
            "the result of `get` may have 5,000,000 bytes, and a message 1,048,576",
        ),
        Invalid(
            "    def blocks(\n        self,\n"
            "    ) -> AsyncIterator[Annotated[bytes, Field(max_length=2097152)]]: ...",
            "1:9",
            "an item of `blocks` may have 2,097,152 bytes, and a message 1,048,576",
        ),
        Invalid(
            "Line = Annotated[str, Field(max_length=2000)]\n\n@service\nclass Carts(Protocol):\n"
            "    async def put(\n"
            "        self, lines: Annotated[tuple[Line, ...], Field(max_length=1000)]\n"
            "    ) -> None: ...",
            "5:15",
            "the arguments of `put` may have 2,000,000 bytes, and a message 1,048,576",
        ),
        Invalid(
            "@dataclass\nclass Photo:\n    name: str\n"
            "    data: Annotated[bytes, Field(max_length=3_000_000)]\n\n\n"
            "@service\nclass Carts(Protocol):\n"
            "    async def get(self) -> Photo | None: ...",
            "9:15",
            "the result of `get` may have 3,000,000 bytes, and a message 1,048,576",
        ),
        Invalid(
            "@dataclass\nclass Photo:\n    data: Annotated[bytes, Field(max_length=3_000_000)]\n"
            "    album: 'Album | None'\n\n\n@dataclass\nclass Album:\n    cover: Photo | None\n\n\n"
            "@service\nclass Carts(Protocol):\n"
            "    # fusiongen: ignore[FG064]\n    async def first(self) -> Photo: ...\n\n"
            "    async def get(self) -> Album: ...",
            "17:15",
            "the result of `get` may have 3,000,000 bytes, and a message 1,048,576",
        ),
        Invalid(
            "class Photo(BaseModel):\n    data: bytes = Field(max_length=3_000_000)\n\n\n"
            "@service\nclass Carts(Protocol):\n"
            "    async def put(self, first: Photo, second: Photo) -> None: ...",
            "7:15",
            "the arguments of `put` may have 6,000,000 bytes, and a message 1,048,576",
        ),
    )

    @classmethod
    def check_all(
        cls, contracts: Sequence[Contract], structures: Structures
    ) -> Iterator[Diagnostic]:
        sizes = Sizes(structures)
        for method in (each for contract in contracts for each in contract.methods):
            what = "an item" if method.kind is MethodKind.STREAM else "the result"
            given = together(sizes.of(each.type) for each in method.parameters)
            told = (
                (f"the arguments of `{method.name}`", "have", given),
                (f"{what} of `{method.name}`", "has", sizes.of(method.result)),
            )
            for subject, verb, size in told:
                problem = _too_large(subject, verb, size)
                if problem is not None:
                    yield cls.at(method.span, problem)


def _too_large(subject: str, verb: str, size: Size) -> str | None:
    message = f"and a message {MESSAGE:,}"
    if size.least > MESSAGE:
        return f"{subject} {verb} {size.least:,} bytes at least, {message}"
    return f"{subject} may have {size.most:,} bytes, {message}" if size.most > MESSAGE else None


def _changeable(type_: Type, structures: Structures, seen: set[Ref]) -> str | None:
    """What in a type can be changed, or `None`."""
    within = inner(type_)
    if isinstance(type_, Named):
        origin = structures.origin(type_.ref)
        structure = structures.of(origin)
        if structure is not None and origin not in seen:
            if structure.kind in _MAY_CHANGE and not structure.is_value:
                return f"`{origin.name}` is not frozen"
            shown = (structure.target, *(field.type for field in structure.fields))
            within = (*(each for each in shown if each is not None), *within)
            seen.add(origin)
        elif f"{origin.module}.{origin.name}" in _MUTABLE:
            return f"it holds a `{origin.name}`"
    for each in within:
        problem = _changeable(each, structures, seen)
        if problem is not None:
            return problem
    return None
