"""Who is told when what a lease promises ceases, or holds again (D6b, D26)."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["Turns"]


class Turns:
    """The handlers; each is called at every turn until it unsubscribes."""

    __slots__ = ("_handlers",)

    def __init__(self) -> None:
        self._handlers: dict[object, Callable[[], None]] = {}

    def subscribe(self, handler: Callable[[], None]) -> Callable[[], None]:
        """Call `handler` at each turn; the result ends that."""
        self._handlers[token := object()] = handler

        def unsubscribe() -> None:
            self._handlers.pop(token, None)

        return unsubscribe

    def tell(self) -> None:
        """It turned."""
        for handler in list(self._handlers.values()):
            handler()
