"""An event loop without a clock and a network, on which the same program does the same again."""

from __future__ import annotations

import asyncio
import random
from collections import deque

from fusionrt.testing.loop import SeededLoop, _Ready

__all__ = ["InOrder"]


class InOrder(SeededLoop):
    """Time is virtual; what is ready runs in the order in which it became so, as on asyncio's own
    loops: so as much meets in one batch as it does there."""

    fusion_draws = False

    def __init__(self) -> None:
        super().__init__(0)
        self._ready = _Queue()


class _Queue(_Ready):
    def __init__(self) -> None:
        super().__init__(random.Random(0))
        self._handles: deque[asyncio.Handle] = deque()

    def __len__(self) -> int:
        return len(self._handles)

    def append(self, handle: asyncio.Handle) -> None:
        self._handles.append(handle)

    def take(self) -> asyncio.Handle | None:
        return self._handles.popleft() if self._handles else None

    def clear(self) -> None:
        self._handles.clear()
