"""Every law that a race can break, under thousands of schedules; mutants must be caught."""

from __future__ import annotations

import importlib
import shutil
import sys
from collections.abc import Callable, Coroutine, Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import fusionrt
from fusionrt import graph
from fusionrt.testing import run
from tests.sizes import size

from .careless import live_carelessly
from .universe import live

SEEDS = size(400, 5_000)
CARELESS_SEEDS = size(200, 2_000)
MUTANT_SEEDS = (2_184, 4_302, *range(5_000))
"""Those first that tell a mutant which few others tell."""

Life = Coroutine[Any, Any, None]


def explore(
    package: ModuleType, seeds: Iterable[int], life: Callable[[ModuleType], Life] = live
) -> None:
    """Run these universes; a failure names its seed, which replays it."""
    for seed in seeds:
        try:
            run(life(package), seed=seed)
        except BaseException as error:
            error.add_note(f"replay: run({life.__name__}(graph), seed={seed})")
            raise


@pytest.mark.search
def test_G5_to_G36_hold_under_every_schedule() -> None:
    """No schedule of readers, writers, watchers and cancellers breaks a law, evictions included."""
    explore(graph, range(SEEDS))


@pytest.mark.search
def test_G19_G30_hold_for_careless_bodies_under_every_schedule() -> None:
    """They fail or return something when they are cancelled, and start tasks that nobody awaits."""
    explore(graph, range(CARELESS_SEEDS), live_carelessly)


MUTANTS = {
    "G5: an invalidation while the body runs is lost": (
        "invalidate.py",
        "elif computed._state is COMPUTING and computed._origin is None:",
        "elif False:",
    ),
    "G5b: a call joins a body that was flagged before it": (
        "fetch_hot.py",
        "flagged = computed._origin is not None",
        "flagged = False",
    ),
    "G5c: who waits for a body is not flagged with it": (
        "invalidate.py",
        "return run.joined() if run is not None else NONE",
        "return NONE",
    ),
    "G7: the cascade stops after the first level": (
        "invalidate.py",
        "            if following:\n",
        "            if following and cause is None:\n",
    ),
    "G9: an edge is made on one side only": (
        "edges.py",
        "dependencies.append(dependency)",
        "pass",
    ),
    "G13: a late invalidation takes the successor along": (
        "invalidate.py",
        "notify(mark([computed], origin))",
        "notify(mark([computed._function.table.get(computed._key, computed)], origin))",
    ),
    "G14: who subscribes late is not told": (
        "computed.py",
        "            self._call(handler)\n            return None\n",
        "            return None\n",
    ),
    "G15b: handlers run while the closure is being marked": (
        "invalidate.py",
        "                count += 1\n",
        "                count += 1\n                notify([computed])\n",
    ),
    "G17: a second body starts beside the one that was flagged": (
        "fetch_hot.py",
        "            if computed is None:\n",
        "            if computed is None or (computed._run and computed._origin):\n",
    ),
    "G20: a cancelled body leaves its computed behind": (
        "execute.py",
        "        _abandon(computed)\n        return True\n",
        "        _settle(computed, {}, None)\n        return True\n",
    ),
    "G34: what was let go is not found by its key": (
        "function.py",
        "return self.weak.get(key) if computed is None and self.weak else computed",
        "return computed",
    ),
    "G34: what was let go is not invalidated with what it was made from": (
        "invalidate.py",
        "if computed._weak_dependants:",
        "if False:",
    ),
    "G34: what is used again is not pinned again": (
        "function.py",
        "                add_dependant(dependency, computed)\n",
        "",
    ),
    "G36: a wildcard overlooks what came after the first of its kind": (
        "function.py",
        "            index.add(computed)\n",
        "            pass\n",
    ),
}


@pytest.fixture
def mutant(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ModuleType]:
    """The graph package with one change, under a name of its own."""
    file, old, new = request.param
    source = Path(fusionrt.__file__).parent
    package = tmp_path / "mutated"
    package.mkdir()
    (package / "__init__.py").touch()
    for module in ("contract.py", "errors.py", "native.py", "primitives.py"):
        shutil.copy(source / module, package)
    shutil.copytree(source / "graph", package / "graph")
    (place,) = (package / "graph").rglob(file)
    text = place.read_text()
    assert text.count(old) == 1, "the mutant no longer fits the source"
    place.write_text(text.replace(old, new))
    sys.path.insert(0, str(tmp_path))
    importlib.invalidate_caches()
    try:
        yield importlib.import_module("mutated.graph")
    finally:
        sys.path.remove(str(tmp_path))
        for name in [name for name in sys.modules if name.partition(".")[0] == "mutated"]:
            del sys.modules[name]


@pytest.mark.parametrize("mutant", MUTANTS.values(), ids=MUTANTS.keys(), indirect=True)
@pytest.mark.filterwarnings("ignore")  # what a broken engine leaves behind
def test_mutants_are_caught(mutant: ModuleType) -> None:
    """The schedules above tell a broken engine from a sound one."""
    with pytest.raises((AssertionError, ExceptionGroup)):
        explore(mutant, MUTANT_SEEDS)


CARELESS_MUTANTS = {
    "G19: what a cancelled body comes to is given to others": (
        "fetch_cold.py",
        "        if not inline:\n            return False\n",
        "",
    ),
    "G19: what a cancelled body comes to is cached": (
        "execute.py",
        "    if flow is None or not flow.cancelling():\n",
        "    if True:\n",
    ),
    "G19: what a body in a task of its own comes to is cached": (
        "execute.py",
        "        return run.disowned\n",
        "        return False\n",
    ),
    "G30: a body waits for every task that it started": (
        "flows.py",
        "        if future is flow:\n            return True\n",
        "        return True\n",
    ),
    "G11: what a task reads that outlives its body is a dependency": (
        "run.py",
        "                awaited._run.leave(computed)\n",
        "                pass\n",
    ),
}


@pytest.mark.parametrize(
    "mutant", CARELESS_MUTANTS.values(), ids=CARELESS_MUTANTS.keys(), indirect=True
)
@pytest.mark.filterwarnings("ignore")  # what a broken engine leaves behind
def test_mutants_are_caught_by_careless_bodies(mutant: ModuleType) -> None:
    """What only such bodies tell apart."""
    with pytest.raises((Exception, BaseExceptionGroup)):
        explore(mutant, MUTANT_SEEDS, live_carelessly)
