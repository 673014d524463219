"""`Operation`: what one command did, as the keys that it invalidated; and where it is logged."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from ..graph import Computed, Graph, Origin, OriginKind, Target, call_text, notify, str_of
from ..table import Contract
from ..values.masking import text_without_secrets
from ..wire.marks import Marks

__all__ = ["Key", "MemoryLog", "Operation", "OperationLog", "apply"]

_log = logging.getLogger("fusionrt")


class Key(NamedTuple):
    """Results to invalidate. Without a method: all of the service's.

    target: the instance, if it is a particular one;
    otherwise every instance of the service.
    """

    contract: Contract
    method: str | None
    arguments: tuple[object, ...] = ()
    target: Target | None = None

    def __str__(self) -> str:
        if self.method is None:
            return f"{self.contract.name}.*"
        return call_text(f"{self.contract.name}.{self.method}", self.arguments, self._shows)

    @property
    def _shows(self) -> Sequence[Callable[[Any], str] | None]:
        signature = self.contract.resolved.signatures.get(self.method or "")
        return () if signature is None else [*map(text_without_secrets, signature.parameters)]


@dataclass(slots=True)
class Operation:
    """One command with everything that it called; its keys apply together (O15).

    id: unique; a retry has the same (D13). command: its name, such as `carts.put`.
    told: whether a client is told of it, with its answer. marks: how far it changed what, in all
        processes that took part; complete when it has ended (D15).
    """

    id: str
    command: str
    keys: list[Key] = field(default_factory=list)
    told: bool = False
    marks: Marks = field(default_factory=Marks)

    def origin(self, key: Key) -> Origin:
        """Why `key` is invalidated, for people: the command and the key."""
        outline = f"{self.command} invalidated {key.contract.name}.{key.method or '*'}"
        detail = f"{self.command} invalidated {str_of(key)}"
        return Origin(OriginKind.COMMAND, detail, outline=outline, command=self.command)


class OperationLog(Protocol):
    """Takes operations that have ended and makes every host apply their keys."""

    async def commit(self, operation: Operation) -> None:
        """Apply the keys here, and see to it that the others do. Returns before the reply."""


class MemoryLog:
    """The log of one process: its keys are applied before the command returns."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    async def commit(self, operation: Operation) -> None:
        apply(operation, self._graph)


def apply(operation: Operation, graph: Graph) -> None:
    """Invalidate what the operation's keys name in this graph; then tell the handlers (G15b).

    Never raises, for the command has run: a key that names nothing here, or not by arguments of
    the declared types, stands for its whole service and is reported loudly (O14).
    """
    marked: list[Computed[Any]] = []
    try:
        for key in operation.keys:
            targets = (key.target,) if key.target else graph.targets.named(key.contract.name)
            for target in targets:
                marked += _mark(target, key, operation.origin(key))
    finally:
        notify(marked)


def _mark(target: Target, key: Key, origin: Origin) -> list[Computed[Any]]:
    if key.method is not None:
        try:
            return target.mark(key.method, key.arguments, origin)
        except Exception:
            _log.exception(
                "%s: every result of the service is invalidated; mend the command", origin
            )
    try:
        return target.mark_all(origin)
    except Exception:
        _log.exception("%s: that failed, and its results may be stale", origin)
        return []
