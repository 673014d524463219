"""`graph.explain`: why something was invalidated, what it depends on, what depends on it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .._core.inner import function_of, made_from, made_with
from ..origin import Origin, OriginKind
from ..state import INVALIDATED

if TYPE_CHECKING:
    from .._core.computed import Computed

__all__ = ["Explanation", "explain"]


@dataclass(frozen=True, slots=True)
class Explanation:
    """What can be said of one computed. `str()` of it is for people.

    origin: what started its invalidation; None while it holds. chain: the computeds that were
    invalidated one through the other, from the first to this one; empty while it holds.
    dependencies: what it was made from; empty if it was invalidated. dependants: what was made from
    it, so far as it holds.
    """

    computed: Computed[Any]
    origin: Origin | None
    chain: tuple[Computed[Any], ...]
    dependencies: tuple[Computed[Any], ...]
    dependants: tuple[Computed[Any], ...]

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        if self.origin is None:
            yield f"{self.computed.key} is {_standing(self.computed)}"
        else:
            yield f"{self.computed.key} was invalidated"
            yield f"  because {_reason(self.origin, self.chain[0])}"
            yield from (f"  → {computed.key}" for computed in self.chain)
        if self.dependencies:
            yield "  it depends on"
            yield from (f"    {dependency.key}" for dependency in self.dependencies)
        if self.dependants:
            yield "  on it depend"
            yield from (f"    {dependant.key}" for dependant in self.dependants)


def explain(computed: Computed[Any]) -> Explanation:
    """Why it is as it is."""
    chain = []
    is_over = computed.state is INVALIDATED
    if is_over:
        link: Computed[Any] | None = computed
        while link is not None:
            chain.append(link)
            link = link.cause
    return Explanation(
        computed,
        computed.origin,
        tuple(reversed(chain)),
        () if is_over else tuple(made_from(computed)),
        tuple(made_with(computed)),
    )


def _standing(computed: Computed[Any]) -> str:
    return "consistent" if computed.is_consistent else "suspended: its host cannot be asked now"


def _reason(origin: Origin, first: Computed[Any]) -> str:
    match origin.kind:
        case OriginKind.COMMAND:
            return f"the command {origin.detail}"
        case OriginKind.REMOTE:
            service = function_of(first).name.partition(".")[0]
            return f"the remote service {service} said so: {origin.detail}"
        case _:
            return origin.detail
