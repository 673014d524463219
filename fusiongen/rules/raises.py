"""Rules about the exceptions that a contract lists."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..contract import Named
from .base import ContractRule, Invalid
from .in_models import hidden
from .travelling import field_without_wire_form

if TYPE_CHECKING:
    from ..contract import Contract, Ref
    from ..errors import Diagnostic
    from ..reader.structures import Structures

__all__ = ["AmbiguousException", "NotAnException"]


class NotAnException(ContractRule):
    """`raises` lists a class that is no exception, or one that does not travel: what ends a task,
    the process or a loop, an `ExceptionGroup`, what only pydantic makes, a dataclass with a field
    that does not travel."""

    id = "FG052"
    fix = "List subclasses of `Exception`."
    VALID = (
        "class OutOfStock(Exception):\n    pass\n\n\n@service(raises=[OutOfStock, KeyError])\n"
        "class Carts(Protocol):\n    async def get(self) -> str: ...",
        "@dataclass\nclass Gone(LookupError):\n    code: int\n\n\nMissing = Gone\n\n\n"
        "@service(raises=[Missing])\nclass Carts(Protocol):\n    async def get(self) -> str: ...",
        "ERRORS = (KeyError, IOError)\n\n\n@service(raises=[ValueError, *ERRORS])\n"
        "class Carts(Protocol):\n    async def get(self) -> str: ...",
    )
    INVALID = (
        Invalid(
            "@service(raises=[str])\nclass Carts(Protocol):\n    async def get(self) -> str: ...",
            "2:7",
            "`str` in `raises` is no exception class",
        ),
        Invalid(
            "class Empty:\n    pass\n\n\n@service(raises=[Empty])\nclass Carts(Protocol):\n"
            "    async def get(self) -> str: ...",
            "6:7",
            "`Empty` in `raises` is no exception class",
        ),
        Invalid(
            "class Stop(KeyboardInterrupt):\n    pass\n\n\n@service(raises=[Stop])\n"
            "class Carts(Protocol):\n    async def get(self) -> str: ...",
            "6:7",
            "`Stop` in `raises` is no `Exception`: it ends a task or the process",
        ),
        Invalid(
            "@service(raises=(ExceptionGroup,))\nclass Carts(Protocol):\n"
            "    async def get(self) -> str: ...",
            "2:7",
            "`ExceptionGroup` in `raises` holds other exceptions, which do not travel",
        ),
        Invalid(
            "class Done(StopAsyncIteration):\n    pass\n\n\n@service(raises=[Done])\n"
            "class Carts(Protocol):\n    async def get(self) -> str: ...",
            "6:7",
            "`Done` in `raises` ends a loop, and leaves no body",
        ),
        Invalid(
            "@service(raises=[ValidationError])\nclass Carts(Protocol):\n"
            "    async def get(self) -> str: ...",
            "2:7",
            "`ValidationError` in `raises` is made by pydantic alone: raise an exception of your "
            "own from it",
        ),
        Invalid(
            "@dataclass\nclass Gone(Exception):\n    parts: list[complex]\n\n\n"
            "@service(raises=[Gone])\nclass Carts(Protocol):\n    async def get(self) -> str: ...",
            "7:7",
            "`Gone` in `raises` cannot travel: the field `parts` of `Gone`: `complex` has no wire "
            "form: declare a tuple of its parts",
        ),
        Invalid(
            "@dataclass\nclass Gone(Exception):\n    id: InitVar[str]\n\n\n"
            "@service(raises=[Gone])\nclass Carts(Protocol):\n    async def get(self) -> str: ...",
            "7:7",
            "`Gone` in `raises` cannot travel: the field `id` of `Gone`: it is an `InitVar`, which "
            "is not kept; declare a field",
        ),
    )

    @classmethod
    def check(cls, contract: Contract, structures: Structures) -> Iterator[Diagnostic]:
        for ref in contract.raises:
            problem = structures.not_raised(ref) or _untold(ref, structures)
            if problem is not None:
                yield cls.at(contract.span, f"`{ref.name}` in `raises` {problem}")


def _untold(ref: Ref, structures: Structures) -> str | None:
    """Which field of an exception cannot travel, or `None`."""
    structure = structures.of(structures.exception(ref))
    if structure is None:
        return None
    problem = field_without_wire_form(structure, structures, set())
    problem = problem or structures.first(hidden, Named(ref=structure.ref))
    return None if problem is None else f"cannot travel: {problem}"


class AmbiguousException(ContractRule):
    """`raises` lists two exceptions of one name. An exception travels by the name of its class, so
    one of them would arrive as the other."""

    id = "FG053"
    fix = "Rename one of them, or list a base of both."
    VALID = (
        "Missing = KeyError\n\n\n@service(raises=[Missing, KeyError])\nclass Carts(Protocol):\n"
        "    async def get(self) -> str: ...",
    )
    INVALID = (
        Invalid(
            "class TimeoutError(Exception):\n    pass\n\n\nimport asyncio\n\n\n"
            "@service(raises=[asyncio.TimeoutError, TimeoutError])\nclass Carts(Protocol):\n"
            "    async def get(self) -> str: ...",
            "9:7",
            "`raises` lists `builtins.TimeoutError` and "
            "`shop.contracts.TimeoutError`, which travel under one name",
        ),
        Invalid(
            "class Cart:\n    class Gone(Exception):\n        pass\n\n\n"
            "class Gone(Exception):\n    pass\n\n\n@service(raises=[Gone, Cart.Gone])\n"
            "class Carts(Protocol):\n    async def get(self) -> str: ...",
            "11:7",
            "`raises` lists `shop.contracts.Gone` and `shop.contracts.Cart.Gone`, "
            "which travel under one name",
        ),
    )

    @classmethod
    def check(cls, contract: Contract, structures: Structures) -> Iterator[Diagnostic]:
        known: dict[str, Ref] = {}
        for ref in map(structures.exception, contract.raises):
            name = ref.name.rpartition(".")[2]
            other = known.setdefault(name, ref)
            if other != ref:
                problem = f"`raises` lists `{_full(other)}` and `{_full(ref)}`"
                yield cls.at(contract.span, f"{problem}, which travel under one name")


def _full(ref: Ref) -> str:
    return f"{ref.module}.{ref.name}"
