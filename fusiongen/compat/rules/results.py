"""Rules about what methods return, and about the items of streams."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..rule import BreakingRule, Tier

if TYPE_CHECKING:
    from ..comparison import Comparison
    from ..rule import Change

__all__ = ["ResultChanged", "ResultRespelled"]


def _returns(result: str) -> str:
    return f"    async def get(self, id: str) -> {result}: ..."


def _streams(result: str) -> str:
    return f"    def events(self) -> {result}: ..."


def _named(name: str, field: str = "id") -> str:
    return f"@dataclass\nclass {name}:\n    {field}: str\n\n\n"


def _either(result: str) -> str:
    return f"@service\nclass Carts(Protocol):\n{_returns(result)}"


class ResultChanged(BreakingRule):
    """A result has another type, or the items of a stream have: one version cannot read what the
    other one sends.

    A union of types that look alike travels as the index of the member among all of them, in the
    order of their names: one more member can shift all others, and so can another name, even if the
    old one is an alias of it.
    """

    id = "RESULT_CHANGED"
    tier = Tier.WIRE
    advice = "Add a method with the new result under another name"
    BREAKING = (
        (_returns("str"), _returns("int")),
        (_returns("str"), _returns("str | None")),
        (_returns("tuple[int, ...]"), _returns("tuple[int, int]")),
        (_returns("list[int]"), _returns("frozenset[int]")),
        (_returns("Literal['a']"), _returns("Literal['a', 'b']")),
        (_streams("AsyncIterator[str]"), _streams("AsyncIterator[int]")),
        (_returns("str | Decimal"), _returns("str | Decimal | UUID")),
        (
            f"{_named('Alpha')}{_named('Beta', 'n')}{_either('Alpha | Beta')}",
            f"{_named('Zeta')}Alpha = Zeta\n\n\n{_named('Beta', 'n')}{_either('Alpha | Beta')}",
        ),
        (_returns("list[str] | list[UUID]"), _returns("Sequence[str] | list[UUID]")),
    )
    COMPATIBLE = (
        (_returns("str | int"), _returns("Union[int, str]")),
        (_returns("str"), _returns("Annotated[str, 'the name']")),
        (_returns("Name"), _returns("str")),
        (_returns("Sequence[int]"), _returns("list[int]")),
        (_returns("object"), _returns("Any")),
        (
            f"{_named('Alpha')}{_either('Alpha | UUID')}",
            f"{_named('Zeta')}Alpha = Zeta\n\n\n{_either('Alpha | UUID')}",
        ),
    )

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        for pair in comparison.methods:
            old, new = pair.old.result, pair.new.result
            if not comparison.forms.travels_alike(old, new):
                yield cls.change(pair.at, f"the result `{old}` became `{new}`")


class ResultRespelled(BreakingRule):
    """A result has another type that travels alike, or a stream is no `AsyncGenerator` any more:
    callers' source may not fit it."""

    id = "RESULT_RESPELLED"
    tier = Tier.SOURCE
    advice = "Keep the type; a narrower one, such as `list` for `Sequence`, is fine"
    BREAKING = (
        (_returns("list[int]"), _returns("tuple[int, ...]")),
        (_returns("list[int]"), _returns("Sequence[int]")),
        (_returns("Id"), _returns("str")),
        (_returns("list[str]"), _returns("list[Id]")),
        (_streams("AsyncGenerator[str, None]"), _streams("AsyncIterator[str]")),
    )
    COMPATIBLE = (
        (_returns("str"), _returns("Id")),
        (_returns("Sequence[str]"), _returns("tuple[Id, ...]")),
        (_streams("AsyncIterator[str]"), _streams("AsyncGenerator[str, None]")),
    )

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        forms = comparison.forms
        for pair in comparison.methods:
            old, new = pair.old.result, pair.new.result
            if forms.travels_alike(old, new) and not forms.gives(old, new):
                yield cls.change(pair.at, f"the result `{old}` became `{new}`")
            if pair.old.generator and pair.new.kind is pair.old.kind and not pair.new.generator:
                yield cls.change(pair.at, "the stream is no `AsyncGenerator` any more")
