"""From a scenario that breaks a law to one that does so with as little as possible.

Delta debugging over what was asked and what went wrong, then over who is there, then over the
numbers. The schedule is drawn anew from the same seed each time, and other seeds are tried where
less fails no more: the least timeline is what matters, not the first one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final, TypeVar

import msgspec

from .run import simulate
from .scenario import SERVICES, Scenario
from .truth import Violation

__all__ = ["failure", "shrink"]

_T = TypeVar("_T")

SCHEDULES: Final = 2
"""Seeds that are tried for something that is left out."""
TRIES: Final = 800
"""Runs, at most."""


def failure(scenario: Scenario) -> BaseException | None:
    """How a run of it fails."""
    try:
        simulate(scenario)
    except Exception as error:
        return error
    return None


def kind(error: BaseException | None) -> str:
    """Failures of one kind are taken for the same."""
    return error.law if isinstance(error, Violation) else type(error).__name__


def shrink(scenario: Scenario, tries: int = TRIES) -> Scenario:
    """The least that still breaks the same law."""
    return _Shrinking(scenario, tries).run()


class _Shrinking:
    def __init__(self, scenario: Scenario, tries: int) -> None:
        self._least = scenario
        self._kind = kind(failure(scenario))
        self._left = tries

    def run(self) -> Scenario:
        before = None
        while before != self._least and self._left > 0:
            before = self._least
            self._leave_out("faults")
            self._leave_out("asks")
            self._without_processes()
            self._simpler()
        return self._least

    def _accept(self, candidate: Scenario) -> bool:
        """Whether it fails in the same way: then it is the least so far."""
        for schedule in range(SCHEDULES):
            if self._left <= 0:
                return False
            self._left -= 1
            other = msgspec.structs.replace(candidate, seed=candidate.seed + schedule * 1_000_003)
            if kind(failure(other)) == self._kind:
                self._least = other
                return True
        return False

    def _leave_out(self, field: str) -> None:
        """Parts of a list, halves first, one by one at last."""
        size = len(getattr(self._least, field))
        while size > 0:
            start = 0
            while start < len(getattr(self._least, field)):
                items = getattr(self._least, field)
                fewer = items[:start] + items[start + size :]
                if not self._accept(msgspec.structs.replace(self._least, **{field: fewer})):
                    start += size
            size //= 2

    def _without_processes(self) -> None:
        topology = self._least.topology
        for clients in range(1, topology.clients):
            asks = tuple(ask for ask in self._least.asks if ask.client < clients)
            fewer = msgspec.structs.replace(topology, clients=clients)
            if self._accept(msgspec.structs.replace(self._least, topology=fewer, asks=asks)):
                break
        for number in range(len(topology.hosts) - 1, -1, -1):
            topology = self._least.topology
            hosts = topology.hosts[:number] + topology.hosts[number + 1 :]
            if all(any(service in each for each in hosts) for service in SERVICES):
                fewer = msgspec.structs.replace(topology, hosts=hosts)
                self._accept(msgspec.structs.replace(self._least, topology=fewer))

    def _simpler(self) -> None:
        """Rounder times, shorter faults, no caller that leaves early."""
        for field in ("asks", "faults"):
            for number, item in enumerate(getattr(self._least, field)):
                for simple in _simpler(item):
                    items = _with(getattr(self._least, field), number, simple)
                    if self._accept(msgspec.structs.replace(self._least, **{field: items})):
                        break


def _simpler(item: _T) -> Iterator[_T]:
    change: Callable[..., _T] = msgspec.structs.replace
    if getattr(item, "patience", 0.0):
        yield change(item, patience=0.0)
    for at in (round(item.at), round(item.at, 1)):  # type: ignore[attr-defined]
        if at != item.at:  # type: ignore[attr-defined]
            yield change(item, at=float(at))
    for seconds in (0.4, 3.0, 7.0):
        if getattr(item, "seconds", 0.0) > seconds:
            yield change(item, seconds=seconds)


def _with(items: Sequence[_T], number: int, item: _T) -> tuple[_T, ...]:
    return (*items[:number], item, *items[number + 1 :])
