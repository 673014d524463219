"""The rule about keys: what a method and its arguments name, which instances of two versions tell
each other after a command, has to be the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...contract import MethodKind
from ..defaults import meant
from ..entries import relied
from ..layout import optional
from ..rule import Breaking, BreakingRule, Tier, was_and_is
from .cases import GET, put
from .parameters.cases import moved_parameters

if TYPE_CHECKING:
    from ..comparison import Comparison, MethodPair
    from ..rule import Change

__all__ = ["KeyChanged"]

_KEY = (
    "@dataclass(frozen=True)\nclass Key:\n    id: str{}\n\n\n@service\nclass Carts(Protocol):\n"
    "    @compute\n    async def get(self, key: Key) -> str: ...\n\n"
    "    @command(invalidates=['get(key)'])\n    async def put(self, key: Key) -> None: ..."
)
_PAIR = (
    "    @compute\n    async def get(self, {}) -> str: ...\n\n"
    "    @command(invalidates=['get(shop=shop, id=id)'])\n"
    "    async def put(self, shop: str, id: str) -> None: ..."
)


class KeyChanged(BreakingRule):
    """What names a result changed: an invalidation that one version sends names another result, or
    not all the results, in the other.

    That is: the parameters of a compute method have another order; a type that is part of keys
    gained or lost an optional field; a default changed that an entry of `invalidates` relies on.
    """

    id = "KEY_CHANGED"
    tier = Tier.CACHE
    advice = "Add a compute method with the new key under another name"
    BREAKING = (
        Breaking(
            _KEY.format(""),
            _KEY.format("\n    shop: str = 'main'"),
            "shop.contracts.Key.shop",
            "a type that is part of keys gained the field",
        ),
        Breaking(
            _KEY.format("\n    shop: str = 'main'"),
            _KEY.format(""),
            "shop.contracts.Key.shop",
            "a type that is part of keys lost the field",
        ),
        Breaking(
            _PAIR.format("shop: str, id: str"),
            _PAIR.format("id: str, shop: str"),
            "carts.get",
            "in its key, `id` comes before `shop` now",
        ),
        Breaking(
            put("'get(id)'", "id: str, n: int = 1"),
            put("'get(id)'", "id: str, n: int = 2"),
            "carts.get",
            "the default of `n`, which an entry of `invalidates` relies on, was `1`, and is `2`",
        ),
        Breaking(
            put("'get(id)'", "id: str, n: int | bool = 1"),
            put("'get(id)'", "id: str, n: int | bool = True"),
            "carts.get",
            "the default of `n`, which an entry of `invalidates` relies on, was `1`, and is `True`",
        ),
    )
    COMPATIBLE = (
        (put("'get(id, 1)'", "id: str, n: int = 1"), put("'get(id, 1)'", "id: str, n: int = 2")),
        (GET.format("id: str, n: int = 1"), GET.format("id: str, n: int = 2")),
        (put("'get(id)'", "id: str, n: float = 1"), put("'get(id)'", "id: str, n: float = 1.0")),
        (
            put("'get(id)'", "id: str, n: float | None = 1e3"),
            put("'get(id)'", "id: str, n: float | None = 1000"),
        ),
        (put("'get(id)'", "id: str, n: int = True"), put("'get(id)'", "id: str, n: int = 1")),
    )

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        found = {*relied(comparison.old.contracts), *relied(comparison.new.contracts)}
        for pair in comparison.methods:
            if pair.new.kind is MethodKind.COMPUTE:
                yield from cls._of_method(pair, found, comparison)
        for field in comparison.fields:
            if field.type.at not in comparison.keyed:
                continue
            old, new = field.old, field.new
            if old is None and new is not None and optional(field.type.new, new):
                yield cls.change(field.at, "a type that is part of keys gained the field")
            if new is None and old is not None and optional(field.type.old, old):
                yield cls.change(field.at, "a type that is part of keys lost the field")

    @classmethod
    def _of_method(
        cls, pair: MethodPair, relied: set[tuple[str, str]], comparison: Comparison
    ) -> Iterator[Change]:
        moved = moved_parameters(pair)
        if moved is not None:
            yield cls.change(pair.at, f"in its key, `{moved[0]}` comes before `{moved[1]}` now")
        new = {each.name: each for each in pair.new.parameters}
        for old in pair.old.parameters:
            other = new.get(old.name)
            if other is None or old.given is None or other.given is None:
                continue
            before = meant(old.given, old.type, comparison.old.types)
            after = meant(other.given, other.type, comparison.new.types)
            if before != after and (pair.at, old.name) in relied:
                relying = f"the default of `{old.name}`, which an entry of `invalidates` relies on"
                yield cls.change(pair.at, was_and_is(f"{relying},", old.given, other.given))
