"""Where operations are stored, so that every host applies them whatever becomes of the others."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol, TypeVar

from ..rpc import Subjects
from ..transport import Transport
from .operation import Operation
from .outbox import EventHandler
from .stored import StoredOperation

__all__ = ["Follower", "LogStatistics", "OpenLog", "OperationLog"]

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class LogStatistics:
    """What a host has to do with its log.

    stored: operations that it stored. applied: those of others that it applied.
    retried: attempts of commands that were rolled back and made again.
    dead: events that were given up.
    lag: seconds since it last knew that it had applied all there was.
    """

    stored: int = 0
    applied: int = 0
    retried: int = 0
    dead: int = 0
    lag: float = 0.0


class Follower(Protocol):
    """The host, as its log sees it."""

    @property
    def iid(self) -> str:
        """This host's."""

    @property
    def transport(self) -> Transport:
        """The host's connection."""

    @property
    def subjects(self) -> Subjects:
        """What is said where, at the host's broker."""

    def needs(self, iid: str, id: str) -> bool:
        """Whether the operation of that host is to be applied. What this host stored itself it
        applies when its command ends; until then others may know of it, and ask (D15); and one
        whose outcome it was not told may be committed later (O12).
        """

    def apply(self, operation: StoredOperation) -> None:
        """Invalidate what it names here. Never raises; applied twice it does no harm (O8)."""

    def lost(self, why: str) -> None:
        """Operations may be gone that were not applied: invalidate everything here (O9)."""


class OpenLog(Protocol):
    """A log in use by one host. It is positioned: what is stored from now on is applied (O10)."""

    @property
    def name(self) -> str:
        """Hosts whose logs have the same name apply each other's operations."""

    async def run(self, operation: Operation, attempt: Callable[[], Awaitable[_T]]) -> _T:
        """Run a command and store its operation, all or nothing (O1); the attempt adds the keys.

        It may be made again if all that it wrote was rolled back. Of an operation that is stored
        already its first result is returned, and nothing runs (O13). When this ends, in whatever
        way, `operation.fate` tells what is known; what is committed has ended (O3, O12).
        """

    async def catch_up(self) -> None:
        """Return when everything is applied that was stored before this call."""

    def check(self) -> None:
        """Before something is answered: tell the follower if too much may be missing (O9)."""

    def handle(self, handler: EventHandler) -> None:
        """Do what events of a type ask for, until the log is closed (O16).

        Raises:
            OutboxMissing: it keeps no events.
            FrameworkError: that type has a handler here.
        """

    def statistics(self) -> LogStatistics:
        """What it has done."""


class OperationLog(Protocol):
    """What `Host(log=…)` takes."""

    def open(self, follower: Follower) -> AbstractAsyncContextManager[OpenLog]:
        """Use it for one host, until the block is left."""
