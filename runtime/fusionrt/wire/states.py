"""The state machines of the protocol, each in one table: nothing else says what may follow what.

A table says, for each state, to which one an input leads. An input that it does not name cannot
come there: whoever feeds one has a fault, and gets a KeyError. The diagrams are the tables, drawn;
a test compares them.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto
from typing import Final, Generic, Literal, TypeAlias, TypeVar

__all__ = [
    "CALL",
    "CLIENT",
    "ENTRY",
    "HOST",
    "ClientInput",
    "ClientState",
    "HostInput",
    "HostState",
    "Machine",
    "Phase",
    "Stage",
    "State",
    "Table",
]

_S = TypeVar("_S", bound="State")
_I = TypeVar("_I", bound=str)

Table: TypeAlias = Mapping[_S, Mapping[_I, _S]]


class State(Enum):
    """Of some machine. It is looked up in tables for every call: a hash in Python would be felt."""

    __hash__ = object.__hash__


class Machine(Generic[_S, _I]):
    """One run through a table.

    state: where it is now.
    """

    __slots__ = ("_table", "state")

    def __init__(self, table: Table[_S, _I], state: _S) -> None:
        self._table = table
        self.state = state

    def feed(self, input: _I) -> None:
        """Go where the table says."""
        self.state = self._table[self.state][input]


class ClientState(State):
    """Where a client's end of a session is.

    HELLO ──welcome──▶ OPEN ──gap──▶ RESYNCING ──answer──▶ ANSWERED ──resynced──▶ OPEN
    ANSWERED ──gap──▶ RESYNCING ──gap──▶ RESYNCING ──resynced──▶ RESYNCING
    OPEN ──resynced──▶ OPEN
    HELLO, OPEN, RESYNCING, ANSWERED ──end──▶ GONE
    """

    HELLO = auto()
    """No host has taken it."""
    OPEN = auto()
    """Messages are applied in the order of their numbers (D1)."""
    RESYNCING = auto()
    """Something was lost: nothing is believed until the host has compared notes."""
    ANSWERED = auto()
    """Its answer has begun to arrive: numbers count again, but not all that was lost is told."""
    GONE = auto()


ClientInput: TypeAlias = Literal["welcome", "gap", "answer", "resynced", "end"]

CLIENT: Final[Table[ClientState, ClientInput]] = {
    ClientState.HELLO: {"welcome": ClientState.OPEN, "end": ClientState.GONE},
    ClientState.OPEN: {
        "gap": ClientState.RESYNCING,
        "resynced": ClientState.OPEN,  # a second answer, to a question that was repeated
        "end": ClientState.GONE,
    },
    ClientState.RESYNCING: {
        "gap": ClientState.RESYNCING,
        "resynced": ClientState.RESYNCING,  # it answers what was asked before the gap
        "answer": ClientState.ANSWERED,
        "end": ClientState.GONE,
    },
    ClientState.ANSWERED: {
        "gap": ClientState.RESYNCING,
        "resynced": ClientState.OPEN,
        "end": ClientState.GONE,
    },
    ClientState.GONE: {},
}


class HostState(State):
    """Where a host's end of a session is. (Whether it expired is asked at the time: D17.)

    OPEN ──farewell──▶ DRAINING ──farewell──▶ DRAINING
    OPEN, DRAINING ──close──▶ CLOSED
    """

    OPEN = auto()
    DRAINING = auto()
    """The client was asked to move; what it has here goes on until it does (D22)."""
    CLOSED = auto()
    """All is forgotten; whatever the client says is dropped."""


HostInput: TypeAlias = Literal["farewell", "close"]

HOST: Final[Table[HostState, HostInput]] = {
    HostState.OPEN: {"farewell": HostState.DRAINING, "close": HostState.CLOSED},
    HostState.DRAINING: {"farewell": HostState.DRAINING, "close": HostState.CLOSED},
    HostState.CLOSED: {},
}


class Phase(State):
    """How far a call or stream is, for its client.

    QUEUED ──send──▶ SENT ──keep──▶ HELD
    QUEUED, SENT, HELD ──end──▶ OVER
    """

    QUEUED = auto()
    """Not sent yet: the host cannot have run it."""
    SENT = auto()
    HELD = auto()
    """Its result is here, and registered on the host."""
    OVER = auto()
    """It failed, was answered with nothing to hold, invalidated, or given up."""


CALL: Final[Table[Phase, Literal["send", "keep", "end"]]] = {
    Phase.QUEUED: {"send": Phase.SENT, "end": Phase.OVER},
    Phase.SENT: {"keep": Phase.HELD, "end": Phase.OVER},
    Phase.HELD: {"end": Phase.OVER},
    Phase.OVER: {},
}


class Stage(State):
    """How far a registered call or stream is, for its host.

    PARKED ──begin──▶ RUNNING ──keep──▶ KEPT ──invalidate──▶ LEAVING ──end──▶ OVER
    RUNNING ──tell──▶ LEAVING
    RUNNING ──invalidate──▶ LEAVING
    PARKED, RUNNING, KEPT ──end──▶ OVER
    """

    PARKED = auto()
    """It was made ahead of the end of a result (`Kind.AHEAD`)."""
    RUNNING = auto()
    KEPT = auto()
    """Its result was told; its invalidation will be (D3)."""
    LEAVING = auto()
    """All is told; it is registered until the client has it."""
    OVER = auto()
    """It is not registered."""


ENTRY: Final[Table[Stage, Literal["begin", "keep", "tell", "invalidate", "end"]]] = {
    Stage.PARKED: {"begin": Stage.RUNNING, "end": Stage.OVER},
    Stage.RUNNING: {
        "keep": Stage.KEPT,
        "tell": Stage.LEAVING,
        "invalidate": Stage.LEAVING,
        "end": Stage.OVER,
    },
    Stage.KEPT: {"invalidate": Stage.LEAVING, "end": Stage.OVER},
    Stage.LEAVING: {"end": Stage.OVER},
    Stage.OVER: {},
}
