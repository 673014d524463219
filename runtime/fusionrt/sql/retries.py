"""Which errors say that others were in the way; and trying again, later and later."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Final, TypeVar

from sqlalchemy.orm.exc import StaleDataError
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception,
    stop_after_attempt,
    wait_random_exponential,
)

from .shard import Shard

__all__ = ["is_conflict", "retrying"]

_T = TypeVar("_T")

ATTEMPTS: Final = 10
FIRST_WAIT: Final = 0.02
"""Seconds before the second attempt, at most; each time twice as many."""
LONGEST_WAIT: Final = 2.0


def is_conflict(error: BaseException, shards: Iterable[Shard]) -> bool:
    """A serialization failure, a deadlock, a locked database, a version that another changed."""
    if isinstance(error, BaseExceptionGroup):
        return all(is_conflict(each, shards) for each in error.exceptions)
    if isinstance(error, StaleDataError):
        return True
    return any(shard.flavour.conflicts(error) for shard in shards)


async def retrying(
    once: Callable[[], Awaitable[_T]],
    helps: Callable[[BaseException], bool],
    again: Callable[[], None] = lambda: None,
) -> _T:
    """Its result; it is tried again as long as it raises what that may help against.

    again: called before each further attempt.
    """

    def before(_: RetryCallState) -> None:
        again()

    policy = AsyncRetrying(
        retry=retry_if_exception(helps),
        stop=stop_after_attempt(ATTEMPTS),
        wait=wait_random_exponential(multiplier=FIRST_WAIT, max=LONGEST_WAIT),
        before_sleep=before,
        reraise=True,
    )
    return await policy(once)
