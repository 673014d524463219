"""Large contracts."""

from __future__ import annotations

import time

import pytest

from fusiongen.contract import Ref
from fusiongen.output.plan import plan
from fusiongen.reader.shapes import Structure
from fusiongen.reader.structures import Structures
from tests.projects import Write
from tests.sizes import size

METHOD = (
    "    @compute(min_cache=60.0)\n"
    "    async def m{0}(self, id: Key, limit: int = 20) -> str: ...\n\n"
    "    @command(invalidates=['m{0}(key)', 'm{0}(k, ANY) for k in keys'])\n"
    "    async def c{0}(self, key: Key, keys: tuple[Key, ...]) -> None: ...\n\n"
)


def _seconds(project: Write, pairs: int) -> float:
    text = (
        "from dataclasses import dataclass\nfrom typing import Protocol\n\n"
        "from fusionrt import ANY, command, compute, service\n\n\n"
        "@dataclass(frozen=True)\nclass Key:\n    id: str\n\n\n@service\nclass Big(Protocol):\n"
    ) + "".join(METHOD.format(number) for number in range(pairs))
    loaded = project({"shop/contracts.py": text})
    started = time.process_time()
    plan(loaded)
    return time.process_time() - started


@pytest.mark.search
def test_C7_time_is_linear_in_the_size(project: Write) -> None:
    """Four times as many methods take no more than a small multiple of four times as long: 2,000
    in full.
    """
    pairs = size(75, 250)
    _seconds(project, 10)
    small, large = _seconds(project, pairs), _seconds(project, 4 * pairs)
    assert large < 4 * small * 1.6


HEAD = """\
from dataclasses import dataclass
from typing import Annotated, Protocol

from annotated_types import Len
from pydantic import BaseModel

from fusionrt import compute, service


"""
METHODS = """\
@service
class Big(Protocol):
"""
KINDS = {
    "dataclass": ("@dataclass(frozen=True)\nclass T{0}:\n", "int"),
    "pydantic model": ("class T{0}(BaseModel, frozen=True):\n", "int"),
    "bounded": ("@dataclass(frozen=True)\nclass T{0}:\n", "Annotated[str, Len(0, 9)]"),
}


@pytest.mark.parametrize(("head", "of"), KINDS.values(), ids=KINDS.keys())
def test_C7_classes_that_refer_to_each_other_are_not_followed_way_by_way(
    project: Write, monkeypatch: pytest.MonkeyPatch, head: str, of: str
) -> None:
    """Each rule looks at each a few times, though methods lead to all of them, and the ways there
    are without number."""
    classes, looks = 40, 0
    look = Structures.of

    def counted(self: Structures, ref: Ref) -> Structure | None:
        nonlocal looks
        looks += 1
        assert looks < 150 * classes
        return look(self, ref)

    monkeypatch.setattr(Structures, "of", counted)
    text = HEAD
    for n in range(classes):
        text += head.format(n) + f"    id: {of}\n"
        for name, other in (("next", n + 1), ("other", 7 * n + 3), ("last", 5 * n + 2)):
            text += f"    {name}: 'T{other % classes} | None' = None\n"
        text += "\n\n"
    text += METHODS
    for n in range(classes):
        text += f"    @compute\n    async def m{n}(self, key: T{n}) -> frozenset[T{n}]: ...\n"
    plan(project({"shop/contracts.py": text}))


def test_C7_a_long_chain_of_classes_is_no_deep_nesting(project: Write) -> None:
    """Each refers to the next, by name."""
    text = HEAD
    for n in range(500):
        text += f"@dataclass(frozen=True)\nclass T{n}:\n    next: 'T{n + 1} | None' = None\n\n\n"
    text += "@dataclass(frozen=True)\nclass T500:\n    id: str\n\n\n" + METHODS
    text += "    @compute\n    async def get(self, key: T0) -> frozenset[T0]: ...\n"
    plan(project({"shop/contracts.py": text}))
