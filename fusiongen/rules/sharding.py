"""Rules about sharded services."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..contract import Annotated, Kind, Literals, Named, Type
from .base import ContractRule, Invalid

if TYPE_CHECKING:
    from ..contract import Contract, Method, Parameter
    from ..errors import Diagnostic
    from ..reader.structures import Structures

__all__ = ["UnroutedMethod"]

_ROUTABLE = ("bytes", "int", "str", "datetime.date", "uuid.UUID")
"""Equal values of these travel as equal bytes, in every language."""


class UnroutedMethod(ContractRule):
    """A method of a sharded service does not tell its shard: it lacks the parameter, or has it with
    another type than the others, or with one that no call can be routed by."""

    id = "FG018"
    fix = (
        "Give every method the parameter, always with the same type: `str`, `int`, `bytes`, "
        "`UUID`, `date`, an enum, a `Literal` or a `NewType` of one; put methods without it into a "
        "service of their own."
    )
    VALID = (
        '@service(shard="room")\nclass Rooms(Protocol):\n'
        "    @compute\n    async def get(self, room: str) -> str: ...\n"
        "    async def say(self, text: str, *, room: str) -> None: ...",
        "from uuid import UUID\n\n\n"
        '@service(shard="room")\nclass Rooms(Protocol):\n'
        "    def events(self, room: Annotated[UUID, 'room']) -> AsyncIterator[str]: ...",
        "from enum import Enum\n\n\nclass Floor(Enum):\n    FIRST = 1\n\n\n"
        '@service(shard="floor")\nclass Rooms(Protocol):\n'
        "    async def get(self, floor: Floor) -> str: ...",
        'Room = NewType("Room", str)\n\n\n'
        '@service(shard="room")\nclass Rooms(Protocol):\n'
        "    async def get(self, room: Room) -> str: ...",
        '@service(shard="floor")\nclass Rooms(Protocol):\n'
        "    async def get(self, floor: Literal[1, 2]) -> str: ...",
    )
    INVALID = (
        Invalid(
            '@service(shard="room")\nclass Rooms(Protocol):\n'
            "    async def get(self, room: str) -> str: ...\n"
            "    async def all(self) -> str: ...",
            "4:15",
            "`all` has no parameter `room`, by which calls of `Rooms` are routed",
        ),
        Invalid(
            '@service(shard="room")\nclass Rooms(Protocol):\n'
            "    async def get(self, room: str) -> str: ...\n"
            "    async def put(self, room: int) -> str: ...",
            "4:25",
            "`room` of `put` is `int`, but `str` in `get`: calls are routed by it",
        ),
        Invalid(
            '@service(shard="room")\nclass Rooms(Protocol):\n'
            "    async def get(self, room: float) -> str: ...",
            "3:25",
            "calls cannot be routed by `room`: it is `float`",
        ),
        Invalid(
            '@service(shard="room")\nclass Rooms(Protocol):\n'
            "    async def get(self, room: str | None) -> str: ...",
            "3:25",
            "calls cannot be routed by `room`: it is `str | None`",
        ),
        Invalid(
            '@service(shard="room")\nclass Rooms(Protocol):\n'
            "    async def get(self, room: tuple[str, ...]) -> str: ...",
            "3:25",
            "calls cannot be routed by `room`: it is `tuple[str, ...]`",
        ),
    )

    @classmethod
    def check(cls, contract: Contract, structures: Structures) -> Iterator[Diagnostic]:
        shard = contract.shard
        if shard is None:
            return
        routed: list[tuple[Method, Parameter]] = []
        for method in contract.methods:
            found = [each for each in method.parameters if each.name == shard.parameter]
            routed += [(method, parameter) for parameter in found]
            if not found:
                what = f"by which calls of `{contract.ref.name}` are routed"
                problem = f"`{method.name}` has no parameter `{shard.parameter}`, {what}"
                yield cls.at(method.span, problem)
        if routed:
            yield from cls._types(routed, structures)

    @classmethod
    def _types(
        cls, routed: list[tuple[Method, Parameter]], structures: Structures
    ) -> Iterator[Diagnostic]:
        first, example = routed[0]
        if not _is_routable(example.type, structures):
            problem = f"calls cannot be routed by `{example.name}`: it is `{example.type}`"
            yield cls.at(example.span, problem)
        for method, parameter in routed[1:]:
            if parameter.type != example.type:
                was = f"but `{example.type}` in `{first.name}`: calls are routed by it"
                problem = f"`{parameter.name}` of `{method.name}` is `{parameter.type}`, {was}"
                yield cls.at(parameter.span, problem)


def _is_routable(type_: Type, structures: Structures) -> bool:
    match type_:
        case Literals():
            return True
        case Annotated(base=base):
            return _is_routable(base, structures)
        case Named(ref=ref, arguments=None):
            structure = structures.of(structures.origin(ref))
            if structure is None:
                return str(structures.origin(ref)) in _ROUTABLE
            if structure.target is not None:
                return _is_routable(structure.target, structures)
            return structure.kind is Kind.ENUM
    return False
