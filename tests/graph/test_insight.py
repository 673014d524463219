"""What a graph tells of itself: statistics, explanations, diagrams."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from fusionrt import Computed, MutableState, OriginKind, computed, running_graph
from fusionrt.graph import Function, MethodStatistics
from tests.services.memory import notes_of

from .lab import TEST, Gate, Lab, settled


async def square(number: int) -> int:
    """Something to cache."""
    return number * number


async def test_statistics_count_reads_bodies_and_what_is_there() -> None:
    """A read is a hit or a miss, whichever path answers it; a shared body is one body."""
    lab = Lab()
    gate = Gate()

    async def slow(number: int) -> int:
        await gate()
        return number

    async def over(number: int) -> int:
        return int(await squares.fetch((number,))) + int(await squares.fetch((number + 1,)))

    squares = lab.function("f", square)
    waiting, sums = lab.function("slow", slow), lab.function("sums", over)
    await sums.fetch((1,))
    for _ in range(5):
        await squares.fetch((1,))
    callers = [asyncio.ensure_future(waiting.fetch((1,))) for _ in range(3)]
    await settled()
    there = lab.graph.statistics()
    assert there.methods["f"] == MethodStatistics(hits=5, misses=2, bodies=2)
    assert there.methods["sums"] == MethodStatistics(hits=0, misses=1, bodies=1)
    assert there.methods["slow"] == MethodStatistics(hits=0, misses=3, bodies=1)
    assert there.total == MethodStatistics(hits=5, misses=6, bodies=4)
    assert there.total.hit_ratio == 5 / 11
    assert (there.kept, there.computing, there.edges, there.held) == (3, 1, 2, 0)
    gate.open()
    await asyncio.wait(callers)
    squares.invalidate((1,), TEST)
    there = lab.graph.statistics()
    assert there.invalidated == {OriginKind.CALL: 2}
    assert (there.kept, there.computing, there.edges) == (2, 0, 0)


async def test_statistics_count_hits_of_the_hot_path() -> None:
    """Also of results that are gone since."""
    notes = notes_of("a")
    for _ in range(10):
        await notes.get(0)
    assert running_graph().statistics().methods["notes.get"].hits == 9
    notes.invalidate.get(0)
    for _ in range(10):
        await notes.get(0)
    methods = running_graph().statistics().methods
    assert methods["notes.get"] == MethodStatistics(hits=18, misses=2, bodies=2)
    assert methods["notes.digest"].hit_ratio == 0


async def test_statistics_count_what_was_let_go() -> None:
    """Evictions, and what is held although it is not kept."""
    lab = Lab(max_computeds=100)
    function = lab.function("f", square)
    held = [await function.computed((number,)) for number in range(3)]
    for number in range(1000):
        await function.fetch((number + 3,))
    there = lab.graph.statistics()
    assert there.kept <= 100 and there.held == len(held)
    assert there.kept + there.evicted == 1003
    assert sum(line.startswith("evicted f(") for line in lab.took()) == there.evicted


async def test_a_function_that_is_gone_leaves_no_counts() -> None:
    """Names that are made up on the way do not pile up."""
    for number in range(100):
        await MutableState(number, name=f"state {number}").use()
    assert len(running_graph().statistics().methods) < 3


async def test_G16_explain_tells_the_chain_from_the_command_down() -> None:
    """Which command, which key, and through what it came."""
    notes = notes_of("a")
    assert await notes.digest("me") == "a"
    made = await notes.computed.digest("me")
    graph = running_graph()
    assert str(graph.explain(made)).splitlines() == [
        "notes.digest('me') is consistent",
        "  it depends on",
        "    notes.ids('me', '', 20)",
        "    notes.get(0)",
    ]
    below = await notes.computed.get(0)
    assert graph.explain(below).dependants == (made,)
    await notes.put(notes.notes[0])
    told = graph.explain(made)
    assert [computed.key for computed in told.chain][-1] == made.key
    assert told.origin is not None and told.origin.kind is OriginKind.COMMAND
    assert str(graph.explain(below)) == (
        "notes.get(0) was invalidated\n"
        "  because the command notes.put invalidated notes.get(0)\n"
        "  → notes.get(0)"
    )


async def test_G16_explain_names_the_line_that_invalidated() -> None:
    """Of `invalidate`, of a state that was set, of everything at once."""
    notes = notes_of("a")
    state = MutableState(1)
    node = computed(state.use, name="node")
    graph = running_graph()

    async def reason(get: Callable[[], Any], change: Callable[[], None]) -> str:
        made: Computed[Any] = await get()
        change()
        return str(graph.explain(made)).splitlines()[1]

    line = reason.__code__.co_firstlineno + 2
    for get, change, text in (
        (lambda: notes.computed.get(0), lambda: notes.invalidate.get(0), "invalidated at"),
        (node.computed, lambda: state.set(2), "set at"),
        (node.computed, graph.invalidate_all, "everything was invalidated at"),
    ):
        told = await reason(get, change)
        assert told.startswith(f"  because {text} test_insight.py:"), told
    assert told.endswith(f"test_insight.py:{line}")


async def test_diagrams_show_what_is_made_from_what() -> None:
    """Whole, or around one result; labels are escaped; what is being computed is dashed."""
    lab = Lab()
    gate = Gate()
    leaf = Function(lab.graph, "leaf", square)

    async def body(text: str) -> int:
        value = int(await leaf.fetch((2,)))
        if text == "slow":
            await gate()
        return value

    function = Function(lab.graph, "f", body)
    made = await function.computed(('a "b" <c> & \\',))
    await leaf.fetch((3,))
    slow = asyncio.ensure_future(function.fetch(("slow",)))
    await settled()
    whole = lab.graph.diagram("mermaid").splitlines()
    assert whole[0] == "flowchart LR"
    nodes = {line.split('"')[1]: line for line in whole if '"' in line}
    assert set(nodes) == {
        "leaf(2)",
        "leaf(3)",
        "f('slow')",
        "f('a &quot;b&quot; &lt;c> &amp; \\\\')",
    }
    assert nodes["f('slow')"].endswith(":::computing")
    assert sum("-->" in line for line in whole) == 2
    around = lab.graph.diagram("dot", of=made).splitlines()
    assert around[0] == "digraph {" and around[-1] == "}"
    labels = [line.partition("label=")[2] for line in around if "label=" in line]
    assert labels == [
        json.dumps(made.key) + "]",
        '"leaf(2)"]',
    ]
    assert sum("->" in line for line in around) == 1
    assert any(line.endswith(", style=dashed]") for line in lab.graph.diagram("dot").splitlines())
    gate.open()
    await slow


@pytest.mark.parametrize("format", ["mermaid", "dot"])
async def test_an_empty_graph_is_an_empty_diagram(format: Any) -> None:
    """Nothing is drawn, and nothing breaks."""
    text = Lab().graph.diagram(format)
    assert "->" not in text and "label" not in text
