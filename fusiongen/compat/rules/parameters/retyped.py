"""Rules about the types of parameters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ....contract import Streamed
from ...rule import Breaking, BreakingRule, Tier, was_and_is
from .cases import case, kept

if TYPE_CHECKING:
    from ...comparison import Comparison
    from ...rule import Change

__all__ = ["ParameterRespelled", "ParameterTypeChanged"]


class ParameterTypeChanged(BreakingRule):
    """A parameter has another type: one version refuses, or misreads, what the other one sends."""

    id = "PARAMETER_TYPE_CHANGED"
    tier = Tier.WIRE
    advice = "Add a method with the new type under another name"
    BREAKING = (
        Breaking(
            *case("id: str", "id: int"),
            "carts.get",
            "the type of `id` was `str`, and is `int`",
        ),
        Breaking(
            *case("id: str", "id: str | None"),
            "carts.get",
            "the type of `id` was `str`, and is `str | None`",
        ),
        Breaking(
            *case("ids: list[str]", "ids: set[str]"),
            "carts.get",
            "the type of `ids` was `list[str]`, and is `set[str]`",
        ),
        Breaking(
            *case("ids: AsyncIterator[str]", "ids: AsyncIterator[int]"),
            "carts.get",
            "the type of `ids` was `str`, and is `int`",
        ),
        Breaking(
            *case("id: str", "id: AsyncIterator[str]"),
            "carts.get",
            "`id` was a value, and is a stream",
        ),
        Breaking(
            *case("id: AsyncIterable[str]", "id: str"),
            "carts.get",
            "`id` was a stream, and is a value",
        ),
        Breaking(
            *case("n: Annotated[int, msgspec.Meta(ge=0)]", "n: Annotated[int, msgspec.Meta(ge=1)]"),
            "carts.get",
            "the type of `n` was `typing.Annotated[int, msgspec.Meta(ge=0)]`, "
            "and is `typing.Annotated[int, msgspec.Meta(ge=1)]`",
        ),
    )
    COMPATIBLE = (
        case("ids: list[str]", "ids: Sequence[str]"),
        case("n: int", "n: Annotated[int, msgspec.Meta(description='a number')]"),
        case("id: str", "id: Annotated[str, Secret]"),
        case("id: Annotated[str, Secret] | int", "id: str | int"),
        case("id: str | None", "id: Optional[str]"),
    )

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        for pair in comparison.methods:
            for old, new in kept(pair):
                if not comparison.forms.travels_alike(old.type, new.type):
                    shown = comparison.forms.shown(old.type, new.type)
                    yield cls.change(pair.at, was_and_is(f"the type of `{old.name}`", *shown))
                if old.streamed is None and new.streamed is not None:
                    yield cls.change(pair.at, f"`{old.name}` was a value, and is a stream")
                if old.streamed is not None and new.streamed is None:
                    yield cls.change(pair.at, f"`{old.name}` was a stream, and is a value")


class ParameterRespelled(BreakingRule):
    """A parameter has another type that travels alike: callers' source may not fit it."""

    id = "PARAMETER_RESPELLED"
    tier = Tier.SOURCE
    advice = "Keep the type; a wider one, such as `Sequence` for `list`, is fine"
    BREAKING = (
        Breaking(
            *case("ids: Sequence[str]", "ids: list[str]"),
            "carts.get",
            "the type of `ids` was `collections.abc.Sequence[str]`, and is `list[str]`",
        ),
        Breaking(
            *case("ids: AsyncIterable[str]", "ids: AsyncIterator[str]"),
            "carts.get",
            "`ids` was an `AsyncIterable`, and is an `AsyncIterator`",
        ),
        Breaking(
            *case("id: str", "id: Id"),
            "carts.get",
            "the type of `id` was `str`, and is `shop.contracts.Id`",
        ),
    )
    COMPATIBLE = (
        case("ids: AsyncIterator[str]", "ids: AsyncIterable[str]"),
        case("id: Id", "id: str"),
        case("ids: tuple[Id, ...]", "ids: Sequence[str]"),
    )

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        forms = comparison.forms
        for pair in comparison.methods:
            for old, new in kept(pair):
                if forms.travels_alike(old.type, new.type) and not forms.accepts(
                    old.type, new.type
                ):
                    what = f"the type of `{old.name}`"
                    yield cls.change(pair.at, was_and_is(what, old.type, new.type))
                if old.streamed is Streamed.ITERABLE and new.streamed is Streamed.ITERATOR:
                    was = f"`{old.name}` was an `AsyncIterable`, and is an `AsyncIterator`"
                    yield cls.change(pair.at, was)
