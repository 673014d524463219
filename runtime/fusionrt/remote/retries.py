"""Making a call again that failed, by its mode, within its time (D13, D27)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from ..errors import CallTimeout, Overloaded, Refused, RemoteUnavailable
from ..primitives import now, random_bits
from ..rpc import doubted

__all__ = ["patiently"]

_T = TypeVar("_T")

FIRST: Final = 0.1
"""Seconds before the second try; twice as long before each further one."""


async def patiently(
    attempt: Callable[[float], Awaitable[_T]],
    timeout: float,
    retries: int,
    *,
    repeats: bool,
    least: float = FIRST,
) -> _T:
    """The outcome of the first try that comes to one.

    What it waits between is spread over half as long again, so that those who failed together do
    not come back together; an error's own `retry_after` is kept.

    attempt: makes the call, in so many seconds. timeout: the seconds that all tries have.
    repeats: whether a call that may have run may run again. least: seconds before the second try.
    """
    left, end, doubtful = timeout, now() + timeout, False
    for tried in range(retries + 1):
        try:
            return await attempt(left)
        except (CallTimeout, Overloaded, Refused, RemoteUnavailable) as error:
            wait = max(least * 2**tried, getattr(error, "retry_after", 0.0))
            wait *= 1.0 + random_bits(16) / 2**17
            doubtful |= error.may_have_run
            helps = isinstance(error, Overloaded | RemoteUnavailable) and tried < retries
            if not helps or (doubtful and not repeats) or now() + wait >= end:
                # What an earlier try did is not undone by how the last one failed.
                raise (doubted(error) if doubtful else error) from error.__cause__
        await asyncio.sleep(wait)
        left = end - now()
    raise AssertionError("the last try returns, or raises")
