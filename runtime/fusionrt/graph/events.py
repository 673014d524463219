"""The event log: what the engine did, for observers and for tests (never needed to be correct)."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from ._core.computed import Computed

__all__ = ["Event", "EventKind", "EventLog"]


class EventKind(Enum):
    """Each kind says when it fires."""

    BODY_STARTED = "body started"
    """A body is about to run; its computed can already be found by its key (G4)."""
    BODY_ENDED = "body ended"
    """A body returned or raised, and its computed holds the outcome."""
    BODY_ABANDONED = "body abandoned"
    """A body was cancelled with its caller; its computed is Invalidated and holds nothing."""
    FLAGGED = "flagged"
    """A Computing computed learned that its result will be stale; it ends Invalidated."""
    INVALIDATED = "invalidated"
    """A Consistent computed became Invalidated; its handlers have not run yet."""
    EVICTED = "evicted"
    """A Consistent computed is not kept any more; it stays so while somebody holds it (G34)."""


class Event(NamedTuple):
    """One thing that happened to one computed."""

    kind: EventKind
    computed: Computed[Any]

    def __str__(self) -> str:
        return f"{self.kind.value} {self.computed.key}"


class EventLog:
    """Passes events on to whoever subscribed; costs next to nothing while nobody did."""

    __slots__ = ("_report", "handlers")

    def __init__(self, report: Callable[[str, BaseException], None]) -> None:
        self._report = report
        self.handlers: tuple[Callable[[Event], None], ...] = ()

    def subscribe(self, handler: Callable[[Event], None]) -> Callable[[], None]:
        """Call `handler` for each event; the result ends that.

        It sees the engine in the midst of its work: it must only look. What it raises is reported
        to the event loop's exception handler, and changes nothing.
        """
        self.handlers += (handler,)

        def unsubscribe() -> None:
            self.handlers = tuple(h for h in self.handlers if h is not handler)

        return unsubscribe

    def emit(self, kind: EventKind, computed: Computed[Any]) -> None:
        """Tell every subscriber."""
        event = Event(kind, computed)
        for handler in self.handlers:
            try:
                handler(event)
            except (KeyboardInterrupt, SystemExit):
                raise
            except BaseException as error:  # a CancelledError, too
                self._report(f"a subscriber of the event log raised at: {event}", error)
