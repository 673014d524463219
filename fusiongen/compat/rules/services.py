"""Rules about whole services."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..rule import Breaking, BreakingRule, Tier
from .cases import carts

if TYPE_CHECKING:
    from ..comparison import Comparison
    from ..rule import Change

__all__ = ["ServiceMadeInternal", "ServiceRemoved"]


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
