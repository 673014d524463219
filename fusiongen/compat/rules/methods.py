"""Rules about methods."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..rule import Breaking, BreakingRule, Tier

if TYPE_CHECKING:
    from ..comparison import Comparison
    from ..rule import Change

__all__ = ["MethodKindChanged", "MethodNotIdempotent", "MethodRemoved"]

_GET = "    @compute\n    async def get(self, id: str) -> str: ..."
_PLAIN = "    async def get(self, id: str) -> str: ..."
_NOTE = "    async def note(self, id: str) -> None: ..."
_EVENTS = "    def events(self) -> AsyncIterator[str]: ..."
_PING = "\n\n    async def ping(self) -> str: ..."


class MethodRemoved(BreakingRule):
    """A method is gone, or has another name: calls of it fail."""

    id = "METHOD_REMOVED"
    tier = Tier.WIRE
    advice = "Keep it until no caller of it runs any more; mark it `@deprecated` meanwhile"
    BREAKING = (
        Breaking(
            _GET + _PING,
            _GET,
            "carts.ping",
            "there is no such method any more",
        ),
    )
    COMPATIBLE = ((_GET, _GET + _PING),)

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        for name, old, new in comparison.services():
            for method in old.methods.keys() - new.methods.keys():
                yield cls.change(f"{name}.{method}", "there is no such method any more")


class MethodKindChanged(BreakingRule):
    """A method became another kind of method: one version calls it in a way that the other does not
    answer."""

    id = "METHOD_KIND_CHANGED"
    tier = Tier.WIRE
    advice = "Add a method of the new kind under another name"
    BREAKING = (
        Breaking(
            _GET,
            _PLAIN,
            "carts.get",
            "the compute method became a plain method",
        ),
        Breaking(
            _PLAIN,
            _GET,
            "carts.get",
            "the plain method became a compute method",
        ),
        Breaking(
            _PLAIN,
            "    @command(invalidates=[])\n" + _PLAIN,
            "carts.get",
            "the plain method became a command",
        ),
        Breaking(
            _PLAIN,
            "    def get(self, id: str) -> AsyncIterator[str]: ...",
            "carts.get",
            "the plain method became a stream method",
        ),
        Breaking(
            _NOTE,
            f"    @oneway\n{_NOTE}",
            "carts.note",
            "the plain method became a one-way method",
        ),
        Breaking(
            f"    @oneway\n{_NOTE}",
            _NOTE,
            "carts.note",
            "the one-way method became a plain method",
        ),
    )

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        for pair in comparison.methods:
            if pair.old.kind is not pair.new.kind:
                message = f"the {pair.old.kind.value} method became a {pair.new.kind.value} method"
                yield cls.change(pair.at, message.replace("command method", "command"))


class MethodNotIdempotent(BreakingRule):
    """A method is not `@idempotent` any more: clients of the old version still make a call again at
    another host when they lose one, though its body may not run twice now."""

    id = "METHOD_NOT_IDEMPOTENT"
    tier = Tier.WIRE
    advice = "Let the body stand a second run until no old client is left, or add another method"
    BREAKING = (
        Breaking(
            f"    @idempotent\n{_PLAIN}",
            _PLAIN,
            "carts.get",
            "the method may not run twice any more",
        ),
        Breaking(
            f"    @idempotent\n{_EVENTS}",
            _EVENTS,
            "carts.events",
            "the method may not run twice any more",
        ),
    )
    COMPATIBLE = ((_PLAIN, f"    @idempotent\n{_PLAIN}"), (_EVENTS, f"    @idempotent\n{_EVENTS}"))

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        for pair in comparison.methods:
            if pair.old.idempotent and not pair.new.idempotent and pair.old.kind is pair.new.kind:
                yield cls.change(pair.at, "the method may not run twice any more")
