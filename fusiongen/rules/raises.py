"""Rules about the exceptions that a contract lists."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from .base import ContractRule, Invalid

if TYPE_CHECKING:
    from ..contract import Contract, Ref
    from ..errors import Diagnostic
    from ..reader.structures import Structures

__all__ = ["AmbiguousException", "NotAnException"]


class NotAnException(ContractRule):
    """`raises` lists a class that is no exception, or one that does not travel: what ends a task or
    the process, or an `ExceptionGroup`."""

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
    )

    @classmethod
    def check(cls, contract: Contract, structures: Structures) -> Iterator[Diagnostic]:
        for ref in contract.raises:
            problem = structures.not_raised(ref)
            if problem is not None:
                yield cls.at(contract.span, f"`{ref.name}` in `raises` {problem}")


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
