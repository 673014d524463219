"""Rules about the exceptions that travel."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..lineage import ancestors
from ..rule import Breaking, BreakingRule, Tier
from .cases import carts

if TYPE_CHECKING:
    from ...output.lock import LockedContract
    from ..comparison import Comparison
    from ..opened import Types
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
        Breaking(
            carts("@service(raises=[KeyError])"),
            carts("@service"),
            "carts",
            "nothing travels as `KeyError` any more",
        ),
        Breaking(
            f"class Empty(Exception):\n    pass\n\n\n{carts('@service(raises=[Empty])')}",
            "class Vacant(Exception):\n    pass\n\n\nEmpty = Vacant\n\n\n"
            + carts("@service(raises=[Vacant])"),
            "carts",
            "nothing travels as `Empty` any more",
        ),
    )
    COMPATIBLE = ((carts("@service"), carts("@service(raises=[KeyError])")),)

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        for name, old, new in comparison.services():
            for each in sorted(old.raises.keys() - new.raises.keys()):
                yield cls.change(name, f"nothing travels as `{each}` any more")


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
        Breaking(
            f"{_ABOVE}{carts('@service(raises=[Empty])')}",
            f"{_ABOVE}{carts('@service(raises=[Empty, Sold])')}",
            "carts",
            "`Sold`, which travelled as `Empty`, travels as itself now",
        ),
        Breaking(
            carts("@service(raises=[LookupError])"),
            carts("@service(raises=[LookupError, KeyError])"),
            "carts",
            "`KeyError`, which travelled as `LookupError`, travels as itself now",
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
                was = _travelled_as(new.raises[each], old, comparison.new.types)
                if was is not None:
                    message = f"`{each}`, which travelled as `{was}`, travels as itself now"
                    yield cls.change(name, message)


def _travelled_as(exception: str, contract: LockedContract, types: Types) -> str | None:
    """The listed exception nearest above one that is not."""
    names = {cls: name for name, cls in contract.raises.items()}
    above = [cls for cls in ancestors(exception, types) if cls in names]
    beyond = {cls for each in above for cls in ancestors(each, types)}
    return next((names[cls] for cls in above if cls not in beyond), None)
