"""A graph as a diagram: Mermaid and DOT."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Literal

from .._core.inner import made_from, made_with

if TYPE_CHECKING:
    from .._core.computed import Computed

__all__ = ["DiagramFormat", "around", "diagram"]

DiagramFormat = Literal["mermaid", "dot"]


def diagram(computeds: Iterable[Computed[Any]], format: DiagramFormat) -> str:
    """The computeds, and an arrow from each to what was made from it."""
    numbers = {computed: number for number, computed in enumerate(computeds)}
    arrows = [
        (numbers[dependency], number)
        for computed, number in numbers.items()
        for dependency in made_from(computed)
        if dependency in numbers
    ]
    lines = _mermaid if format == "mermaid" else _dot
    return "\n".join(lines(numbers, arrows)) + "\n"


def around(computed: Computed[Any]) -> list[Computed[Any]]:
    """It, what it was made from, and what was made from it, near and far."""
    found = {computed: None}
    for step in (made_from, made_with):
        pending = [computed]
        while pending:
            for neighbour in step(pending.pop()):
                if neighbour not in found:
                    found[neighbour] = None
                    pending.append(neighbour)
    return list(found)


def _mermaid(numbers: dict[Computed[Any], int], arrows: list[tuple[int, int]]) -> Iterator[str]:
    yield "flowchart LR"
    for computed, number in numbers.items():
        # Mermaid knows no escapes but entities.
        text = computed.key.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
        yield f'    n{number}["{" ".join(text.split())}"]{_mark(computed, ":::computing")}'
    for dependency, dependant in arrows:
        yield f"    n{dependency} --> n{dependant}"
    yield "    classDef computing stroke-dasharray: 4"


def _dot(numbers: dict[Computed[Any], int], arrows: list[tuple[int, int]]) -> Iterator[str]:
    yield "digraph {"
    yield "    rankdir=LR"
    yield "    node [shape=box]"
    for computed, number in numbers.items():
        text = json.dumps(computed.key, ensure_ascii=False)
        yield f"    n{number} [label={text}{_mark(computed, ', style=dashed')}]"
    for dependency, dependant in arrows:
        yield f"    n{dependency} -> n{dependant}"
    yield "}"


def _mark(computed: Computed[Any], mark: str) -> str:
    return mark if computed.is_computing else ""
