"""Large contracts."""

from __future__ import annotations

import time

import pytest

from fusiongen.output.plan import plan
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
