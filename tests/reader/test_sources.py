"""How often files are read."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from fusiongen.output.plan import plan
from fusiongen.reader import sources
from fusiongen.reader.parsing import Source, parse
from tests.projects import CONFIG, Write

CONTRACT = """\
from typing import Protocol

from fusionrt import command, compute, service
from shop.types import Cart


@service
class {0}(Protocol):
    @compute
    async def get(self, id: str) -> Cart: ...

    @command(invalidates=["get(cart.id)"])
    async def put(self, cart: Cart) -> None: ...
"""
TYPES = "from dataclasses import dataclass\n\n\n@dataclass\nclass Cart:\n    id: str\n"


def test_a_run_parses_each_module_once(project: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many contracts, rules, files and the lock ask for it."""
    parsed: Counter[str] = Counter()

    def counted(name: str, *arguments: Any, **options: Any) -> Source:
        parsed[name] += 1
        return parse(name, *arguments, **options)

    monkeypatch.setattr(sources, "parse", counted)
    files = {
        "shop/carts.py": CONTRACT.format("Carts"),
        "shop/orders.py": CONTRACT.format("Orders"),
        "shop/types.py": TYPES,
    }
    plan(project(files, config=CONFIG.replace("shop/contracts.py", "shop/*s.py")))
    assert {parsed[name] for name in ("shop.carts", "shop.orders", "shop.types")} == {1}
    assert set(parsed.values()) == {1}
