"""`once`: the id of the next command, for who may call it again after a crash (O13)."""

from __future__ import annotations

from collections.abc import Awaitable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from typing import TypeVar

from .operation import checked_id

__all__ = ["apart", "once", "once_id"]

_T = TypeVar("_T")

_id: ContextVar[str | None] = ContextVar("fusion_once", default=None)

once_id = _id.get
"""The id that commands which are called here have; None if each has a new one."""


def once(id: str) -> AbstractContextManager[None]:
    """See `CurrentOperation.once`."""
    return _within(checked_id(id, "operation.once"))


async def apart(call: Awaitable[_T]) -> _T:
    """Run a command that has the id; what it calls, or leaves behind, has others."""
    with _within(None):
        return await call


@contextmanager
def _within(id: str | None) -> Iterator[None]:
    token = _id.set(id)
    try:
        yield
    finally:
        _id.reset(token)
