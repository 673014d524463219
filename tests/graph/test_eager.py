"""The engine under eager tasks, which begin to run where they are created (Python 3.12)."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Coroutine
from typing import Any

import pytest

from fusionrt.graph import SCOPE

from .lab import TEST, Gate, Lab, settled

pytestmark = pytest.mark.skipif(sys.version_info < (3, 12), reason="no eager tasks yet")


def eagerly(main: Coroutine[Any, Any, None]) -> None:
    """Run it in a loop whose tasks are eager."""

    async def run() -> None:
        factory = vars(asyncio)["eager_task_factory"]
        asyncio.get_running_loop().set_task_factory(factory)
        await asyncio.create_task(main)

    asyncio.run(run())


def test_G35_a_cold_chain_may_be_deep() -> None:
    """A task of its own starts on a stack of its own, not on top of its caller's."""

    async def main() -> None:
        lab = Lab()

        async def body(number: int) -> int:
            return 0 if number == 0 else 1 + int(await called.fetch((number - 1,)))

        called = lab.function("f", body)
        assert await called.fetch((5_000,)) == 5_000

    eagerly(main())


def test_G33_children_of_a_body_add_edges() -> None:
    """They run at once, as a part of the body that creates them; its scope is as it was then."""

    async def main() -> None:
        lab = Lab()
        lab.data |= {"a": 1, "b": 2}
        leaf = lab.leaf("leaf")

        async def body() -> int:
            first, second = await asyncio.gather(leaf.fetch(("a",)), leaf.fetch(("b",)))
            async with asyncio.TaskGroup() as tasks:
                again = tasks.create_task(leaf.fetch(("a",)))
            return int(first + second + again.result())

        made = await lab.function("f", body).computed(())
        assert made.value == 4 and SCOPE.get() is None
        leaf.invalidate(("b",), TEST)
        assert not made.is_consistent

    eagerly(main())


def test_G18_G19_concurrent_calls_share_a_body_and_cancel_alone() -> None:
    """The first caller's task runs the body; when it is cancelled the others start it anew."""

    async def main() -> None:
        lab, gate = Lab(), Gate()
        slow = lab.function("slow", gate)
        calls = [asyncio.create_task(slow.fetch(())) for _ in range(10)]
        assert gate.arrived == 1
        calls[0].cancel()
        await settled()
        gate.open()
        assert await asyncio.gather(*calls[1:]) == [None] * 9
        assert gate.arrived == 2

    eagerly(main())
