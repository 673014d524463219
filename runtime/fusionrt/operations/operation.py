"""`Operation`: what one command did, as the keys that it invalidated."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from ..errors import BadOperation
from ..graph import Computed, Graph, Origin, OriginKind, Target, call_text, notify, str_of
from ..options import is_text
from ..rpc import ANONYMOUS
from ..seldom import Seldom
from ..table import Command, Contract
from ..values.codecs import Codec, codec
from ..values.masking import text_without_secrets
from ..wire.marks import Marks

if TYPE_CHECKING:
    from .outbox import Outbox
    from .stored import StoredOperation

__all__ = ["Fate", "Key", "Operation", "apply", "checked_id", "owned_id"]

_LONGEST_ID: Final = 200
_OF: Final = "@"  # no principal's name has it

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


class Fate(Enum):
    """What is known of what an operation wrote."""

    OPEN = "open"
    """Nothing yet, or nothing for certain: it counts as written (O20)."""
    COMMITTED = "committed"
    IN_DOUBT = "in doubt"
    """It counts as written; its log tells by its id what became of it (O12, O13)."""
    ROLLED_BACK = "rolled back"
    """It changed nothing: nothing is invalidated, told, or done after it (O15)."""


@dataclass(slots=True)
class Operation:
    """One command with everything that it called; its keys apply together (O15).

    id: unique; a retry has the same (D13). command: its name, such as `carts.put`.
    repeats: whether its caller made the id, and so may have sent it before (O13).
    transient: it is told, and not stored.
    result: what it returned, encoded, once it is to be stored.
    told: whether a client is told of it, with its answer. marks: how far it changed what, in all
        processes that took part; complete when it has ended (D15).
    transaction: of the log that it is stored in; `None` if that has none.
    stored: what was stored of it, by this attempt or an earlier one.
    """

    id: str
    command: str
    keys: list[Key] = field(default_factory=list)
    repeats: bool = False
    transient: bool = False
    result: bytes | None = None
    told: bool = False
    marks: Marks = field(default_factory=Marks)
    fate: Fate = Fate.OPEN
    transaction: Outbox | None = None
    stored: StoredOperation | None = None
    after: list[Callable[[], Awaitable[object]]] = field(default_factory=list)
    """What is to be done once it is committed and applied."""
    _type: Callable[[], Any] | None = None

    def origin(self, key: Key) -> Origin:
        """Why `key` is invalidated, for people: the command and the key."""
        outline = f"{self.command} invalidated {key.contract.name}.{key.method or '*'}"
        detail = f"{self.command} invalidated {str_of(key)}"
        return Origin(OriginKind.COMMAND, detail, outline=outline, command=self.command)

    def of(self, contract: Contract, method: str) -> None:
        """Run this command."""
        declared = contract.method[method]
        self.transient = isinstance(declared, Command) and declared.transient
        self._type = lambda: contract.resolved.signatures[method].result

    @property
    def codec(self) -> Codec[Any]:
        """Of its result."""
        assert self._type is not None
        codec_of_it: Codec[Any] = codec(self._type())
        return codec_of_it

    def encoded(self, result: object) -> bytes | None:
        """A result as it is stored; None of what was left behind, for nobody asks for that."""
        return None if self._type is None else self.codec.encode(result)

    @property
    def may_run_again(self) -> bool:
        """Whether who sends it again shall not be told how this attempt failed: nothing is left of
        that, or its log knows better (O13).
        """
        return self.fate in (Fate.ROLLED_BACK, Fate.IN_DOUBT)

    def begin(self) -> None:
        """Forget what an attempt collected that was rolled back."""
        self.keys.clear()
        self.after.clear()
        self.fate = Fate.OPEN

    def join(self, outer: Operation) -> None:
        """Be a part of what another command does."""
        self.id = outer.id
        self.transaction = outer.transaction

    def take(self, part: Operation) -> None:
        """Do with what a part collected as with one's own."""
        self.keys.extend(part.keys)
        self.marks.add(part.marks.all())
        self.after.extend(part.after)

    def not_this(self, command: str) -> BadOperation:
        """What is raised where its id was used already, by a call of this command (O13)."""
        problem = f"its operation id belongs to a call of {command}: make a new one"
        return BadOperation(self.command, problem)

    def leave(self, id: str) -> None:
        """Be an operation of one's own again; id: a new one."""
        self.id = id
        self.transaction = None
        self.repeats = False
        self._type = None


def checked_id(id: str, call: str) -> str:
    """The id of an operation, as its caller made it. call: who was given it.

    Raises:
        BadOperation: it is empty, longer than 200 characters, or cannot be stored everywhere.
    """
    if not is_text(id) or not 0 < len(id) <= _LONGEST_ID:
        problem = f"operation: expected a text of 1 to {_LONGEST_ID} characters, none a NUL"
        raise BadOperation(call, problem)
    return id


def owned_id(id: str, principal: str) -> str:
    """The id of an operation that a client asks for by this one: its principal's, so that nobody
    comes to the result of what somebody else did, or learns of it (W1).

    That of `anonymous`, which all are who name no principal, is left as it is.
    """
    return id if principal == ANONYMOUS and _OF not in id else f"{id}{_OF}{principal}"


def apply(operation: Operation, graph: Graph, log: logging.Logger | Seldom = _log) -> None:
    """Invalidate what the operation's keys name in this graph; then tell the handlers (G15b).

    Never raises, for the command has run: a key that names nothing here, or not by arguments of
    the declared types, stands for its whole service and is reported loudly (O14).

    log: where it is reported.
    """
    marked: list[Computed[Any]] = []
    try:
        for key in operation.keys:
            targets = (key.target,) if key.target else graph.targets.named(key.contract.name)
            for target in targets:
                marked += _mark(target, key, operation.origin(key), log)
    finally:
        notify(marked)


def _mark(
    target: Target, key: Key, origin: Origin, log: logging.Logger | Seldom
) -> list[Computed[Any]]:
    if key.method is not None:
        try:
            return target.mark(key.method, key.arguments, origin)
        except Exception:
            log.exception(
                "%s: every result of the service is invalidated; mend the command", origin
            )
    try:
        return target.mark_all(origin)
    except Exception:
        log.exception("%s: that failed, and its results may be stale", origin)
        return []
