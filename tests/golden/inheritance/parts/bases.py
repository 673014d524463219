from __future__ import annotations

from dataclasses import dataclass
from typing import NewType, Protocol

import fusionrt as f

Text = NewType("Text", str)


@dataclass(frozen=True)
class Page:
    text: Text


class Readable(Protocol):
    @f.compute
    async def read(self, id: str) -> Page:
        """One page."""
        ...


class Named(Readable, Protocol):
    @f.compute
    async def name(self) -> str: ...

    async def history(self, id: str, page: Page | None = None) -> tuple[Page, ...]: ...
