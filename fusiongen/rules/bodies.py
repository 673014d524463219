"""Rules about the bodies of services, which are no part of a contract: only `check` looks there."""

from __future__ import annotations

from ..errors import Diagnostic, Span
from .base import Invalid, Rule

__all__ = ["ReadsContext"]

_BODY = """\
from contextvars import ContextVar

from shop.generated.carts import CartsService


@service
class Carts(Protocol):
    @compute
    async def mine(self) -> str: ...


USER: ContextVar[str] = ContextVar("user")


class CartsInMemory(CartsService):
    async def mine(self) -> str:
        {}"""


class ReadsContext(Rule):
    """The body of a compute method reads a context variable, itself or by a function that it calls.
    The result is cached without it: who comes next gets what was made for the first (W1).

    Looked at are the classes that name a generated `…Service` in their own module. `generate` does
    not look at bodies; `check` does.
    """

    id = "FG063"
    warning = True
    fix = (
        "Take it as a parameter: who asks as `principal: Principal` or `session: Session`, which "
        "the transport fills in; if the result does not depend on it: "
        "`# fusiongen: ignore[FG063]`."
    )
    VALID = (
        _BODY.format("return ''"),
        _BODY.format("return USER.get()  # fusiongen: ignore[FG063]"),
        _BODY.format("USER = {}\n        return USER.get('a', '')"),
        _BODY.format("return ''\n\n    async def other(self) -> str:\n        return USER.get()"),
    )
    INVALID = (
        Invalid(
            _BODY.format("return USER.get()"),
            "17:16",
            "the result of `mine` is cached without the context variable `USER`, which its body "
            "reads",
        ),
        Invalid(
            _BODY.format("return who()\n\n\ndef who() -> str:\n    return USER.get('')"),
            "17:16",
            "the result of `mine` is cached without the context variable `USER`, which its body "
            "reads",
        ),
        Invalid(
            _BODY.format(
                "return self._who()\n\n    def _who(self) -> str:\n        return USER.get()"
            ),
            "17:16",
            "the result of `mine` is cached without the context variable `USER`, which its body "
            "reads",
        ),
    )

    @classmethod
    def told(cls, span: Span, method: str, variable: str) -> Diagnostic:
        """The body of a method reads a variable there."""
        problem = (
            f"the result of `{method}` is cached without the context variable `{variable}`, which "
            "its body reads"
        )
        return cls.at(span, problem)
