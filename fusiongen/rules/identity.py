"""Rules about parameters that say who asks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from .base import ContractRule, Invalid

if TYPE_CHECKING:
    from ..contract import Contract, Method
    from ..errors import Diagnostic
    from ..reader.structures import Structures

__all__ = ["BadIdentity"]


class BadIdentity(ContractRule):
    """A `Principal` or `Session` has a default, or a method takes two of one: it is no argument,
    but filled in by the transport, and says who asks (W1)."""

    id = "FG029"
    fix = "Take one `Principal` and one `Session` at most, without a default."
    VALID = (
        "    @compute\n    async def get(self, id: str, principal: Principal) -> str: ...",
        "    async def get(self, session: Session, *, principal: Principal) -> str: ...",
        "    @command(invalidates=['get(who)'])\n"
        "    async def put(self, who: 'Principal', id: str = '') -> None: ...\n"
        "    @compute\n    async def get(self, who: Principal) -> str: ...",
        "Me = Principal\n\n\n@service\nclass Carts(Protocol):\n"
        "    def events(self, me: Me, since: int = 0) -> AsyncIterator[int]: ...",
    )
    INVALID = (
        Invalid(
            "    @compute\n    async def get(self, a: Principal, b: Principal) -> str: ...",
            "2:39",
            "`b` of `get` is a second `Principal`",
        ),
        Invalid(
            "NOBODY = Session('')\n\n\n@service\nclass Carts(Protocol):\n"
            "    async def get(self, a: Session = NOBODY) -> str: ...",
            "6:25",
            "`a` of `get` has a default, and who asks is always known",
        ),
    )

    @classmethod
    def check(cls, contract: Contract, structures: Structures) -> Iterator[Diagnostic]:
        for method in contract.methods:
            yield from cls._of_method(method)

    @classmethod
    def _of_method(cls, method: Method) -> Iterator[Diagnostic]:
        seen: set[str] = set()
        for parameter in method.parameters:
            if not parameter.filled:
                continue
            name = str(parameter.type).rpartition(".")[2]
            what = f"`{parameter.name}` of `{method.name}`"
            if name in seen:
                yield cls.at(parameter.span, f"{what} is a second `{name}`")
            elif parameter.default is not None:
                problem = "has a default, and who asks is always known"
                yield cls.at(parameter.span, f"{what} {problem}")
            seen.add(name)
