"""Rules about whole services."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..lineage import ancestors
from ..rule import BreakingRule, Tier

if TYPE_CHECKING:
    from ..comparison import Comparison
    from ..rule import Change

__all__ = [
    "ExceptionRemoved",
    "ExceptionSubclassListed",
    "ProtocolRenamed",
    "ServiceMadeInternal",
    "ServiceRemoved",
]


def _carts(decorator: str, name: str = "Carts") -> str:
    return f"{decorator}\nclass {name}(Protocol):\n    async def get(self, id: str) -> str: ..."


_ABOVE = "class Empty(Exception):\n    pass\n\n\nclass Sold(Empty):\n    pass\n\n\n"


class ServiceRemoved(BreakingRule):
    """A service is gone, or has another name: callers of the old version find no host."""

    id = "SERVICE_REMOVED"
    tier = Tier.WIRE
    advice = "Keep it until no caller of it runs any more"
    BREAKING = ((_carts('@service(name="carts")'), _carts('@service(name="baskets")')),)
    COMPATIBLE = ((_carts("@service(version=1)"), _carts("@service(version=2)")),)

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        for name in comparison.old.contracts.keys() - comparison.new.contracts.keys():
            yield cls.change(name, "there is no such service any more")


class ProtocolRenamed(BreakingRule):
    """A contract's class has another name or place, so callers' imports of it, and of the classes
    that are generated with its name, fail."""

    id = "PROTOCOL_RENAMED"
    tier = Tier.SOURCE
    advice = "Keep the old name, too, where it was: `Carts = Baskets`"
    BREAKING = ((_carts("@service"), _carts('@service(name="carts")', "Baskets")),)

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        for name, old, new in comparison.services():
            if old.protocol != new.protocol:
                yield cls.change(name, f"`{old.protocol}` is now `{new.protocol}`")


class ServiceMadeInternal(BreakingRule):
    """A service became internal: who reaches it through a gateway is turned away."""

    id = "SERVICE_MADE_INTERNAL"
    tier = Tier.WIRE
    advice = "Offer what the gateway's clients need in another service first"
    BREAKING = ((_carts("@service"), _carts("@service(internal=True)")),)
    COMPATIBLE = ((_carts("@service(internal=True)"), _carts("@service")),)

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        for name, old, new in comparison.services():
            if new.internal and not old.internal:
                yield cls.change(name, "the service became internal")


class ExceptionRemoved(BreakingRule):
    """An exception is no longer listed in `raises`, or has another name: callers that catch it get
    a `RemoteError` in its place. It travels under the name of its class: that the old name is an
    alias of the new one does not help."""

    id = "EXCEPTION_REMOVED"
    tier = Tier.WIRE
    advice = "Keep it listed; it costs nothing if nobody raises it"
    BREAKING = (
        (_carts("@service(raises=[KeyError])"), _carts("@service")),
        (
            f"class Empty(Exception):\n    pass\n\n\n{_carts('@service(raises=[Empty])')}",
            "class Vacant(Exception):\n    pass\n\n\nEmpty = Vacant\n\n\n"
            + _carts("@service(raises=[Vacant])"),
        ),
    )
    COMPATIBLE = ((_carts("@service"), _carts("@service(raises=[KeyError])")),)

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        for name, old, new in comparison.services():
            for each in sorted(old.raises.keys() - new.raises.keys()):
                yield cls.change(name, f"`{each}` does not travel any more")


class ExceptionSubclassListed(BreakingRule):
    """A subclass of a listed exception is listed, too. It used to travel as the one above it; now
    it has a name of its own, which the old version does not know: an `except` that catches the one
    above gets a `RemoteError`."""

    id = "EXCEPTION_SUBCLASS_LISTED"
    tier = Tier.WIRE
    advice = (
        "List it in one version and raise it in the next, and allow the change, "
        "if nothing raises it yet; else leave it unlisted"
    )
    BREAKING = (
        (
            f"{_ABOVE}{_carts('@service(raises=[Empty])')}",
            f"{_ABOVE}{_carts('@service(raises=[Empty, Sold])')}",
        ),
        (
            _carts("@service(raises=[LookupError])"),
            _carts("@service(raises=[LookupError, KeyError])"),
        ),
    )
    COMPATIBLE = (
        (
            f"{_ABOVE}{_carts('@service(raises=[Sold])')}",
            f"{_ABOVE}{_carts('@service(raises=[Empty, Sold])')}",
        ),
    )

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        for name, old, new in comparison.services():
            for each in sorted(new.raises.keys() - old.raises.keys()):
                above = set(ancestors(new.raises[each], comparison.new.types))
                for listed in sorted(above.intersection(old.raises.values())):
                    yield cls.change(name, f"`{each}` used to travel as `{listed}`")
