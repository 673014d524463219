"""The state machine of a session over a transport, in a table as those of the protocol are."""

from __future__ import annotations

from enum import auto
from typing import Final, Literal, TypeAlias

from ...wire.states import State, Table

__all__ = ["SESSION", "SessionInput", "SessionState"]


class SessionState(State):
    """Where a session is with its calls.

    OPEN ──drain──▶ LEAVING ──drain──▶ LEAVING
    OPEN, LEAVING ──end──▶ OVER
    """

    OPEN = auto()
    """It takes calls, and waits for a host if it has none."""
    LEAVING = auto()
    """Its host shuts down: what still runs there ends, nothing new begins (D22)."""
    OVER = auto()
    """It has ended."""


SessionInput: TypeAlias = Literal["drain", "end"]

SESSION: Final[Table[SessionState, SessionInput]] = {
    SessionState.OPEN: {"drain": SessionState.LEAVING, "end": SessionState.OVER},
    SessionState.LEAVING: {"drain": SessionState.LEAVING, "end": SessionState.OVER},
    SessionState.OVER: {},
}
