"""Rules about whole services."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..rule import Breaking, BreakingRule, Tier
from .cases import carts

if TYPE_CHECKING:
    from ...output.lock import LockedShard
    from ..comparison import Comparison
    from ..rule import Change

__all__ = [
    "ServiceClientChanged",
    "ServiceMadeInternal",
    "ServiceRemoved",
    "ServiceShardedOtherwise",
]


class ServiceRemoved(BreakingRule):
    """A service is gone, or has another name: callers of the old version find no host."""

    id = "SERVICE_REMOVED"
    tier = Tier.WIRE
    advice = "Keep it until no caller of it runs any more"
    BREAKING = (
        Breaking(
            carts('@service(name="carts")'),
            carts('@service(name="baskets")'),
            "carts",
            "there is no such service any more",
        ),
    )
    COMPATIBLE = ((carts("@service(version=1)"), carts("@service(version=2)")),)

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        for name in comparison.old.contracts.keys() - comparison.new.contracts.keys():
            yield cls.change(name, "there is no such service any more")


class ServiceClientChanged(BreakingRule):
    """A first method depends on who asks, which a client does not say: where the contract's class
    is the type, a client cannot be passed any more."""

    id = "SERVICE_CLIENT_CHANGED"
    tier = Tier.SOURCE
    advice = "Add the method to another contract, or take `…Client` or `…Live` as the type"
    BREAKING = (
        Breaking(
            carts("@service"),
            f"{carts('@service')}\n    async def whoami(self, who: Principal) -> str: ...",
            "carts",
            "a client of it is no `shop.contracts.Carts` any more",
        ),
    )
    COMPATIBLE = (
        (
            f"{carts('@service')}\n    async def whoami(self, who: Principal) -> str: ...",
            f"{carts('@service')}\n    async def me(self, who: Principal) -> str: ...\n"
            "    async def whoami(self, who: Principal) -> str: ...",
        ),
    )

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        for name, old, new in comparison.services():
            if new.asks and not old.asks:
                yield cls.change(name, f"a client of it is no `{new.protocol}` any more")


class ServiceMadeInternal(BreakingRule):
    """A service became internal: who reaches it through a gateway is turned away."""

    id = "SERVICE_MADE_INTERNAL"
    tier = Tier.WIRE
    advice = "Offer what the gateway's clients need in another service first"
    BREAKING = (
        Breaking(
            carts("@service"),
            carts("@service(internal=True)"),
            "carts",
            "the service became internal",
        ),
    )
    COMPATIBLE = ((carts("@service(internal=True)"), carts("@service")),)

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        for name, old, new in comparison.services():
            if new.internal and not old.internal:
                yield cls.change(name, "the service became internal")


class ServiceShardedOtherwise(BreakingRule):
    """Calls are routed otherwise: hosts and callers of two versions disagree about who owns what,
    and calls fail, or two hosts serve one value."""

    id = "SERVICE_SHARDED_OTHERWISE"
    tier = Tier.WIRE
    advice = "Offer the new routing in another service, and let callers move to it"
    BREAKING = (
        Breaking(
            carts("@service"),
            carts('@service(shard="id")'),
            "carts",
            "its calls are now routed by `id` onto 64 shards",
        ),
        Breaking(
            carts('@service(shard="id")'),
            carts("@service"),
            "carts",
            "its calls are no longer routed by `id` onto 64 shards",
        ),
        Breaking(
            carts('@service(shard="id")'),
            carts('@service(shard="id", shards=1)'),
            "carts",
            "its calls were routed by `id` onto 64 shards, now by `id` onto 1",
        ),
    )
    COMPATIBLE = (
        (carts('@service(shard="id")'), carts('@service(shard="id", shards=64, version=2)')),
    )

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        for name, old, new in comparison.services():
            was, now = old.shard, new.shard
            if was == now:
                continue
            if was is None and now is not None:
                yield cls.change(name, f"its calls are now routed {_routing(now)} shards")
            elif now is None and was is not None:
                yield cls.change(name, f"its calls are no longer routed {_routing(was)} shards")
            elif was is not None and now is not None:
                text = f"its calls were routed {_routing(was)} shards, now {_routing(now)}"
                yield cls.change(name, text)


def _routing(shard: LockedShard) -> str:
    return f"by `{shard.parameter}` onto {shard.count}"
