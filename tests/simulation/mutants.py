"""A runtime with one mistake: the simulation must find each of them.

A mutant changes the text of a function, and puts what that compiles to in the place of its code; so
it is wherever the function is, by whatever name it was imported.
"""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from types import FunctionType
from typing import Final

__all__ = ["MUTANTS", "Edit", "Mutant", "mutated"]


@dataclass(frozen=True)
class Edit:
    """where: a function, as `module:Class.name` below `fusionrt`. old: a part of its text."""

    where: str
    old: str
    new: str

    def function(self) -> FunctionType:
        """What is changed."""
        module, _, path = self.where.partition(":")
        found: object = import_module(f"fusionrt.{module}")
        for name in path.split("."):
            found = inspect.getattr_static(found, name)
        if isinstance(found, property):
            found = found.fget
        assert isinstance(found, FunctionType)
        return found

    def compiled(self) -> FunctionType:
        """The function, changed."""
        function = self.function()
        text = textwrap.dedent(inspect.getsource(function)).removeprefix("@property\n")
        assert text.count(self.old) == 1, f"{self.where} has not once: {self.old}"
        source = "from __future__ import annotations\n" + text.replace(self.old, self.new)
        made: dict[str, object] = {}
        exec(compile(source, f"<mutant of {self.where}>", "exec"), function.__globals__, made)
        changed = made[function.__name__]
        assert isinstance(changed, FunctionType)
        return changed


@dataclass(frozen=True)
class Mutant:
    """seeds: in so many of the first ones it must be found."""

    seeds: int
    edits: tuple[Edit, ...]


@contextmanager
def mutated(mutant: Mutant) -> Iterator[None]:
    """The runtime has this mistake meanwhile."""
    before = [(edit.function(), edit.function().__code__) for edit in mutant.edits]
    for edit in mutant.edits:
        edit.function().__code__ = edit.compiled().__code__
    try:
        yield
    finally:
        for function, code in before:
            function.__code__ = code


def _one(seeds: int, where: str, old: str, new: str) -> Mutant:
    return Mutant(seeds, (Edit(where, old, new),))


MUTANTS: Final = {
    "D1: a gap in the numbers is ignored": _one(
        60, "wire.sequence:Sequence.judge", "number == self.last + 1", "number > self.last"
    ),
    "D2: a resync does not say what is unknown": _one(
        20,
        "wire.registry:Registry.reconcile",
        "else done.gone.append)(id)\n    for id in pending",
        "else listed.add)(id)\n    for id in pending",
    ),
    "D2: what a lost host held stays": _one(
        10,
        "rpc.client.session:Session._lose_held",
        "self._awaited.lose_held(reason)",
        "pass",
    ),
    "D3: what becomes stale before it is held is not told": Mutant(
        5,
        (
            Edit("remote.served:Served._compute", "if anyway:", "if True:"),
            Edit(
                "remote.held:HeldComputed.hold",
                "listen(self._computed, self)",
                "None if self._computed.origin else listen(self._computed, self)",
            ),
        ),
    ),
    "D6: a lease lasts much longer than it does": _one(
        300, "wire.lease:Lease.answered", "sent + self._timing.lease)", "sent + 99.0)"
    ),
    "D6: only a timer looks at the lease": _one(
        700,
        "rpc.client.session:Session._tell",
        "self._wire.good_until",
        "math.inf if self._wire.good_until > self.now() else -math.inf",
    ),
    "D6c: a host vouches for all that it holds": _one(
        60, "rpc.host.holdings:Holdings._suspended", "if held.suspended()", "if False"
    ),
    "D13: a command is sent to another host": _one(
        450,
        "rpc.client.peer:Peer._host_lost",
        "if not call.may_start_again:",
        "if False:",
    ),
    "D13: an id that comes twice runs twice": _one(
        12, "wire.host:HostSession._new", "ids[0] > self._last_id", "ids"
    ),
    "D13: a client that leaves says that its commands did not run": _one(
        150,
        "rpc.client.session:Session.leave",
        "in_doubt(call.request.ask, error) if id in sent else error",
        "error",
    ),
    "D17: nobody tells the host what is not needed any more": _one(
        40,
        "rpc.client.session:Session.release",
        "self._wire.unsubscribe((registration.id,))",
        "pass",
    ),
    "D17: a silent client is remembered": _one(
        20,
        "rpc.host.responder:Responder._forget_silent",
        "if session.wire.expired(now):",
        "if False:",
    ),
    "D18: what comes twice is taken twice": Mutant(
        100,
        (
            Edit("wire.sequence:Sequence.judge", "Verdict.REPEATED", "Verdict.NEXT"),
            Edit(
                "wire.inflow:Inflows.receive",
                "payloads = frame.payloads[index - frame.index :]",
                "payloads = frame.payloads",
            ),
        ),
    ),
    "D19: a call that was given up goes on": _one(
        60, "wire.client:ClientSession.cancel", "self._outbox.cancel(id)", "pass"
    ),
    "D23: a result that is stale when it comes fills the replica": _one(
        5,
        "remote.replica:_Tie.on_invalidated",
        "if computed is not None:",
        "if computed is not None and computed.is_consistent:",
    ),
    "O5: what other hosts changed is not applied": _one(
        20, "operations.nudges:Nudges._received", "if nudge.operation.iid == self._iid:", "if True:"
    ),
    "D15: a fence vouches for what a lost host had held": Mutant(
        500,
        (
            Edit("rpc.client.writes:Writes.pass_on", "if self.adrift:", "if False:"),
            Edit("rpc.client.fencing:Fencing.lose", "self._lost.update(self._passing)", "pass"),
            Edit(
                "rpc.client.writes:Writes.opened",
                "session.sources = self._sources_of.get(session.service, frozenset())",
                "pass",
            ),
        ),
    ),
    "D15: a command's result leaves before what it invalidated": _one(
        5,
        "operations.committing:HostCommitter.run",
        "apply(operation, self._graph)\n",
        "__import__('asyncio').get_running_loop().call_later(\n"
        "                0.05, apply, operation, self._graph\n            )\n",
    ),
}
"""By the law that it breaks."""
