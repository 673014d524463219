"""Tests in virtual time: what fits into a tenth of a second there does so on any machine."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable

from fusionrt.testing import run

__all__ = ["virtual"]


def virtual(test: Callable[[], Awaitable[None]]) -> Callable[[], None]:
    """Run a test on the seeded loop: waiting takes no time."""

    @functools.wraps(test)
    def wrapped() -> None:
        async def main() -> None:
            await test()

        run(main(), seed=0)

    return wrapped
