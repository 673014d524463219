"""Waiting for the proof that a suspended value is fresh: revalidate, or fail clearly (D7)."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, Final

from ...errors import RemoteUnavailable

__all__ = ["in_time"]

PROOF_TIMEOUT: Final = 10.0
"""Seconds that a strict read waits for it."""


async def in_time(
    proof: Coroutine[Any, Any, Any], service: str, problem: str, seconds: float = PROOF_TIMEOUT
) -> None:
    """Wait for a proof.

    Raises:
        RemoteUnavailable: it did not come in time.
    """
    try:
        async with asyncio.timeout(seconds):
            await proof
    except TimeoutError:
        raise RemoteUnavailable(service, f"{problem} (for {seconds:g} s)") from None
