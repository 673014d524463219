"""Rules about the exceptions that travel."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..lineage import ancestors
from ..rule import BreakingRule, Tier
from .cases import carts

if TYPE_CHECKING:
    from ..comparison import Comparison
    from ..rule import Change

__all__ = ["ExceptionRemoved", "ExceptionSubclassListed"]


_ABOVE = "class Empty(Exception):\n    pass\n\n\nclass Sold(Empty):\n    pass\n\n\n"


class ExceptionRemoved(BreakingRule):
    """An exception is no longer listed in `raises`, or has another name: callers that catch it get
    a `RemoteError` in its place. It travels under the name of its class: that the old name is an
    alias of the new one does not help."""

    id = "EXCEPTION_REMOVED"
    tier = Tier.WIRE
    advice = "Keep it listed; it costs nothing if nobody raises it"
    BREAKING = (
        (carts("@service(raises=[KeyError])"), carts("@service")),
        (
            f"class Empty(Exception):\n    pass\n\n\n{carts('@service(raises=[Empty])')}",
            "class Vacant(Exception):\n    pass\n\n\nEmpty = Vacant\n\n\n"
            + carts("@service(raises=[Vacant])"),
        ),
    )
    COMPATIBLE = ((carts("@service"), carts("@service(raises=[KeyError])")),)

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
            f"{_ABOVE}{carts('@service(raises=[Empty])')}",
            f"{_ABOVE}{carts('@service(raises=[Empty, Sold])')}",
        ),
        (
            carts("@service(raises=[LookupError])"),
            carts("@service(raises=[LookupError, KeyError])"),
        ),
    )
    COMPATIBLE = (
        (
            f"{_ABOVE}{carts('@service(raises=[Sold])')}",
            f"{_ABOVE}{carts('@service(raises=[Empty, Sold])')}",
        ),
    )

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        for name, old, new in comparison.services():
            for each in sorted(new.raises.keys() - old.raises.keys()):
                above = set(ancestors(new.raises[each], comparison.new.types))
                for listed in sorted(above.intersection(old.raises.values())):
                    yield cls.change(name, f"`{each}` used to travel as `{listed}`")
