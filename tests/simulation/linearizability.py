"""Whether what clients saw of one register can have happened one after the other (Wing and Gong).

Each operation takes effect at one moment between its begin and its end. A write whose outcome
nobody knows may take effect at any later moment, or never. Where a read may be staler, its begin is
set back by as much as the law allows; so the search is the same.

A read changes nothing, so whichever fits now is taken at once; only writes are tried in every
order. The search remembers where it has been.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Operation", "explain", "is_linearizable"]


@dataclass(frozen=True)
class Operation:
    """A read or a write of a register. ended: infinite if its outcome is unknown."""

    who: str
    writes: bool
    value: int
    begun: float
    ended: float = math.inf

    def __str__(self) -> str:
        verb = "wrote" if self.writes else "read"
        return f"{self.who} {verb} {self.value} between {self.begun:.3f} and {self.ended:.3f}"


def is_linearizable(history: Sequence[Operation], initial: int) -> bool:
    """Whether there is an order of all operations that a register that begins so can have had."""
    read = {each.value for each in history if not each.writes}
    # What nobody read and nobody knows of can as well have never happened.
    history = [each for each in history if math.isfinite(each.ended) or each.value in read]
    writes = sorted((each for each in history if each.writes), key=lambda each: each.begun)
    reads = sorted((each for each in history if not each.writes), key=lambda each: each.begun)
    tried: set[tuple[frozenset[int], int, frozenset[int]]] = set()
    stack = [(frozenset[int](), initial, frozenset(range(len(reads))))]
    while stack:
        done, value, left = stack.pop()
        left = _without(reads, writes, done, value, left)
        waiting = [number for number in range(len(writes)) if number not in done]
        if not left and all(math.isinf(writes[number].ended) for number in waiting):
            return True
        if (done, value, left) in tried:
            continue
        tried.add((done, value, left))
        first = min(
            [writes[number].ended for number in waiting] + [reads[number].ended for number in left]
        )
        stack += [
            (done | {number}, writes[number].value, left)
            for number in waiting
            if writes[number].begun <= first
        ]
    return False


def _without(
    reads: Sequence[Operation],
    writes: Sequence[Operation],
    done: frozenset[int],
    value: int,
    left: frozenset[int],
) -> frozenset[int]:
    """The reads that are left when all that can are taken while the register has this value."""
    while True:
        ends = [each.ended for number, each in enumerate(writes) if number not in done]
        first = min(ends + [reads[number].ended for number in left], default=math.inf)
        taken = {n for n in left if reads[n].value == value and reads[n].begun <= first}
        if not taken:
            return left
        left -= taken


def explain(history: Sequence[Operation], initial: int) -> list[Operation]:
    """The least of a history that is not linearizable, one operation after the other left out."""
    core = sorted(history, key=lambda each: each.writes)  # a write is needed by who read it
    for each in list(core):
        fewer = [other for other in core if other is not each]
        known = {other.value for other in fewer if other.writes} | {initial}
        whole = all(other.value in known for other in fewer if not other.writes)
        if whole and not is_linearizable(fewer, initial):
            core = fewer
    return sorted(core, key=lambda each: each.begun)
