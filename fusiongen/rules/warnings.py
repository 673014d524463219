"""Warnings: what is allowed, and seldom meant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ..contract import Kind, MethodKind, Named, Type, inner
from .base import ContractRule, Invalid, ProjectRule
from .known_types import JSON_VALUE

if TYPE_CHECKING:
    from ..contract import Contract
    from ..errors import Diagnostic
    from ..reader.structures import Structures

__all__ = ["MutableResult", "NeverInvalidated", "NothingInvalidated"]

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
            changeable = _changeable(method.result, structures)
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


def _changeable(
    type_: Type, structures: Structures, seen: frozenset[str] = frozenset()
) -> str | None:
    """What in a type can be changed, or `None`."""
    within = inner(type_)
    if isinstance(type_, Named):
        origin = structures.origin(type_.ref)
        structure = structures.of(origin)
        if structure is not None and str(origin) not in seen:
            if structure.kind in _MAY_CHANGE and not structure.frozen:
                return f"`{origin.name}` is not frozen"
            shown = (structure.target, *(field.type for field in structure.fields))
            within = (*(each for each in shown if each is not None), *within)
            seen |= {str(origin)}
        elif f"{origin.module}.{origin.name}" in _MUTABLE:
            return f"it holds a `{origin.name}`"
    problems = (_changeable(each, structures, seen) for each in within)
    return next((problem for problem in problems if problem is not None), None)
