"""What the caller of one of many calls awaits.

asyncio gives each future whose result came a handle of the loop: half of what it takes to await
one. In the compiled core a `reply` is a future that a task can wait for, and nothing more, and all
whose results come together are woken by one handle, in the order in which they would be. Where the
loop draws lots which of its tasks goes on (`fusion_draws`), each has a handle all the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from ...native import hand, twin

__all__ = ["deliver", "reply"]


@twin
def reply(loop: asyncio.AbstractEventLoop) -> asyncio.Future[Any]:
    """One that nobody waits for yet."""
    return asyncio.Future(loop=loop)


@twin
def deliver(replies: Sequence[asyncio.Future[Any] | None], values: Sequence[Any]) -> None:
    """Each has its value, unless its caller has left; None: nobody wants it."""
    for answer, value in zip(replies, values, strict=True):
        if answer is not None and not answer.done():
            answer.set_result(value)


hand(cancelled_error=asyncio.CancelledError, invalid_state=asyncio.InvalidStateError)
