"""Rules about what methods return, and about the items of streams."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...contract import MethodKind
from ..rule import Breaking, BreakingRule, Tier, was_and_is

if TYPE_CHECKING:
    from ..comparison import Comparison, MethodPair
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


_HEADED = _returns("tuple[str, AsyncIterator[str]]")


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
        Breaking(
            _returns("str"),
            _returns("int"),
            "carts.get",
            "the result was `str`, and is `int`",
        ),
        Breaking(
            _returns("str"),
            _returns("str | None"),
            "carts.get",
            "the result was `str`, and is `str | None`",
        ),
        Breaking(
            _returns("tuple[int, ...]"),
            _returns("tuple[int, int]"),
            "carts.get",
            "the result was `tuple[int, ...]`, and is `tuple[int, int]`",
        ),
        Breaking(
            _returns("list[int]"),
            _returns("frozenset[int]"),
            "carts.get",
            "the result was `list[int]`, and is `frozenset[int]`",
        ),
        Breaking(
            _returns("Literal['a']"),
            _returns("Literal['a', 'b']"),
            "carts.get",
            'the result was `typing.Literal["a"]`, and is `typing.Literal["a", "b"]`',
        ),
        Breaking(
            _streams("AsyncIterator[str]"),
            _streams("AsyncIterator[int]"),
            "carts.events",
            "an item was `str`, and is `int`",
        ),
        Breaking(
            _HEADED,
            _returns("tuple[int, AsyncIterator[str]]"),
            "carts.get",
            "what comes before the stream was `tuple[str]`, and is `tuple[int]`",
        ),
        Breaking(
            _HEADED,
            _returns("tuple[str, AsyncIterator[int]]"),
            "carts.get",
            "an item was `str`, and is `int`",
        ),
        Breaking(
            _HEADED,
            "    def get(self, id: str) -> AsyncIterator[str]: ...",
            "carts.get",
            "nothing comes before the stream any more",
        ),
        Breaking(
            "    def get(self, id: str) -> AsyncIterator[str]: ...",
            _HEADED,
            "carts.get",
            "something comes before the stream now",
        ),
        Breaking(
            _returns("str | Decimal"),
            _returns("str | Decimal | UUID"),
            "carts.get",
            "the result was `decimal.Decimal | str`, and is `decimal.Decimal | uuid.UUID | str`",
        ),
        Breaking(
            f"{_named('Alpha')}{_named('Beta', 'n')}{_either('Alpha | Beta')}",
            f"{_named('Zeta')}Alpha = Zeta\n\n\n{_named('Beta', 'n')}{_either('Alpha | Beta')}",
            "carts.get",
            "the result was `shop.contracts.Zeta | shop.contracts.Beta`, "
            "and is `shop.contracts.Beta | shop.contracts.Zeta`",
        ),
        Breaking(
            _returns("list[str] | list[UUID]"),
            _returns("Sequence[str] | list[UUID]"),
            "carts.get",
            "the result was `list[uuid.UUID] | list[str]`, "
            "and is `collections.abc.Sequence[str] | list[uuid.UUID]`",
        ),
    )
    COMPATIBLE = (
        (
            _streams("AsyncIterator[str]"),
            f"    @stream(skip=True)\n{_streams('AsyncIterator[str]')}",
        ),
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
                shown = comparison.forms.shown(old, new)
                yield cls.change(pair.at, was_and_is(_what(pair), *shown))
            yield from cls._stream(comparison, pair)

    @classmethod
    def _stream(cls, comparison: Comparison, pair: MethodPair) -> Iterator[Change]:
        if pair.old.kind is not pair.new.kind:
            return
        old, new = pair.old.head, pair.new.head
        if old is None and new is not None:
            yield cls.change(pair.at, "something comes before the stream now")
        elif old is not None and new is None:
            yield cls.change(pair.at, "nothing comes before the stream any more")
        elif old and new and not comparison.forms.travels_alike(old, new):
            shown = comparison.forms.shown(old, new)
            yield cls.change(pair.at, was_and_is("what comes before the stream", *shown))


def _what(pair: MethodPair) -> str:
    return "an item" if pair.old.kind is pair.new.kind is MethodKind.STREAM else "the result"


class ResultRespelled(BreakingRule):
    """A result has another type that travels alike, or a stream is no `AsyncGenerator` any more:
    callers' source may not fit it."""

    id = "RESULT_RESPELLED"
    tier = Tier.SOURCE
    advice = "Keep the type; a narrower one, such as `list` for `Sequence`, is fine"
    BREAKING = (
        Breaking(
            _returns("list[int]"),
            _returns("tuple[int, ...]"),
            "carts.get",
            "the result was `list[int]`, and is `tuple[int, ...]`",
        ),
        Breaking(
            _returns("list[int]"),
            _returns("Sequence[int]"),
            "carts.get",
            "the result was `list[int]`, and is `collections.abc.Sequence[int]`",
        ),
        Breaking(
            _returns("Id"),
            _returns("str"),
            "carts.get",
            "the result was `shop.contracts.Id`, and is `str`",
        ),
        Breaking(
            _returns("list[str]"),
            _returns("list[Id]"),
            "carts.get",
            "the result was `list[str]`, and is `list[shop.contracts.Id]`",
        ),
        Breaking(
            _returns("tuple[list[int], AsyncIterator[str]]"),
            _returns("tuple[Sequence[int], AsyncIterator[str]]"),
            "carts.get",
            "what comes before the stream was `tuple[list[int]]`, "
            "and is `tuple[collections.abc.Sequence[int]]`",
        ),
        Breaking(
            _streams("AsyncGenerator[str, None]"),
            _streams("AsyncIterator[str]"),
            "carts.events",
            "the stream is no `AsyncGenerator` any more",
        ),
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
                yield cls.change(pair.at, was_and_is(_what(pair), old, new))
            before, now = pair.old.head, pair.new.head
            if before and now and forms.travels_alike(before, now) and not forms.gives(before, now):
                what = "what comes before the stream"
                yield cls.change(pair.at, was_and_is(what, before, now))
            if pair.old.generator and pair.new.kind is pair.old.kind and not pair.new.generator:
                yield cls.change(pair.at, "the stream is no `AsyncGenerator` any more")
