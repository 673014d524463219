"""`invalidates_what_it_changes`: a command's declared invalidations against what really changed."""

from __future__ import annotations

import copy
import warnings
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from ..graph import Computed, ConsolidatingFunction, Graph, Origin, OriginKind, running_graph

__all__ = ["NeedlessInvalidation", "invalidates_what_it_changes"]


class NeedlessInvalidation(UserWarning):
    """Issued when a command invalidated a result that did not change: correct, but wasted work."""


@asynccontextmanager
async def invalidates_what_it_changes(graph: Graph | None = None) -> AsyncIterator[None]:
    """Run a command inside of this block; at its end every result that was cached before is
    computed anew and compared.

        assert await products.get("apple") is not None  # only what is cached can be checked
        async with invalidates_what_it_changes():
            await products.set_price("apple", Decimal(5))

    What changed must have been invalidated. What was invalidated and did not change is told as a
    `NeedlessInvalidation` warning. Not judged is what is invalidated in its own time: results with
    `auto_invalidate` or `invalidation_delay`, and what waits for a `consolidate`. Afterwards
    all that was cached is invalidated.

    graph: by default the one of services that have no host, in the running loop.

    Raises:
        AssertionError: a result changed that was not invalidated; or none was cached, so that
            nothing could be found. An exception of the block goes through, and nothing is checked.
    """
    graph = running_graph() if graph is None else graph
    cached = [_Cached.of(each) for each in _consistent(graph)]
    if not cached:
        raise AssertionError(
            "no result was cached before the command, so nothing could be found: "
            "read first what it may change"
        )
    yield
    for each in cached:
        each.note_whether_invalidated()
    graph.invalidate_all(Origin(OriginKind.CALL, "a test computes everything anew"))
    for each in cached:
        await each.compute_anew()
    late = {each.computed for each in cached if each.changed and not each.invalidated}
    forgotten = [each for each in cached if each.computed in late and each.is_first_of(late)]
    if forgotten:
        raise AssertionError("\n".join(map(str, forgotten)))
    for each in cached:
        if each.invalidated and not each.changed and each.computed.cause is None:
            warnings.warn(
                f"{each.computed.origin}, and it did not change", NeedlessInvalidation, stacklevel=3
            )


def _consistent(graph: Graph) -> Iterable[Computed[Any]]:
    for function in list(graph.functions):
        yield from (computed for computed in function.all() if computed.is_consistent)


@dataclass(slots=True)
class _Outcome:
    """What a body came to; a copy, for a command may change the value itself."""

    value: object
    error: Exception | None

    @staticmethod
    def of(computed: Computed[Any]) -> _Outcome:
        error = computed.error
        return _Outcome(None if error else copy.deepcopy(computed.value), error)

    def is_like(self, other: _Outcome) -> bool:
        if self.error is not None or other.error is not None:
            return type(self.error) is type(other.error) and str(self.error) == str(other.error)
        same = type(self.value) is type(other.value) and self.value == other.value
        return bool(same) or repr(self.value) == repr(other.value)  # nan is not equal to itself

    def __str__(self) -> str:
        return f"{self.error!r} (raised)" if self.error is not None else repr(self.value)


@dataclass(slots=True)
class _Cached:
    """A result that was cached before the command."""

    computed: Computed[Any]
    before: _Outcome
    after: _Outcome
    invalidated: bool = False
    made_from: tuple[Computed[Any], ...] = ()

    @classmethod
    def of(cls, computed: Computed[Any]) -> _Cached:
        outcome = _Outcome.of(computed)
        return cls(computed, outcome, outcome)

    @property
    def changed(self) -> bool:
        return not self.before.is_like(self.after)

    def note_whether_invalidated(self) -> None:
        self.invalidated = self.computed.origin is not None
        self.made_from = tuple(self.computed._dependencies)

    async def compute_anew(self) -> None:
        self.after = _Outcome.of(await self.computed.update())

    def is_first_of(self, late: set[Computed[Any]]) -> bool:
        """Whether it is to blame: not what it was made from, nor its own time."""
        function = self.computed._function
        in_its_own_time = (
            isinstance(function, ConsolidatingFunction)
            or function.options.auto_invalidate is not None
            or function.options.invalidation_delay is not None
        )
        return not in_its_own_time and late.isdisjoint(self.made_from)

    def __str__(self) -> str:
        key = self.computed.key.replace("'s source(", "(", 1)
        method = key.partition("(")[0].rpartition(".")[2]
        return (
            f"{key} changed, and the command did not invalidate it: add `{method}(…)` to its "
            f"`invalidates`.\n  before: {self.before}\n  after:  {self.after}"
        )
