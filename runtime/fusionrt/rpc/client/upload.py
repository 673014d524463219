"""`Upload`: sends what a caller's iterator gives with a stream call (D18, D19)."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import AsyncIterable, Callable
from functools import partial
from typing import Any, Final

from ...primitives import aclose, background, spawn
from ...wire.frames import Ending
from ..sending import Sender, send_all, send_items

__all__ = ["Upload"]

_CANCELLED: Final = Ending("cancelled", "its caller's iterator was cancelled")


class Upload:
    """Nothing is taken from the iterator before the body reads; after that the call cannot be made
    anew. However the call ends, the iterator is closed.

    began, ended: are called when the first item is asked for, and when there are no more.
    error: of the iterator, or of an item that cannot be sent.
    """

    def __init__(
        self,
        items: AsyncIterable[Any],
        encode: Callable[[Any], bytes],
        failure: Callable[[Exception], Ending],
    ) -> None:
        """failure: what the body is told of an error."""
        self.began: Callable[[], None] | None = None
        self.ended: Callable[[], None] | None = None
        self.error: Exception | None = None
        self._items: Final = items
        self._encode: Final = encode
        self._failure: Final = failure
        self._context: Final = contextvars.copy_context()
        self._task: asyncio.Task[None] | None = None
        self._closed = False

    @property
    def begun(self) -> bool:
        """Whether its iterator is read, or was."""
        return self._task is not None

    def begin(self, sender: Sender) -> None:
        """The body begins to read."""
        if self.begun or self._closed:
            return
        if self.began is not None:
            self.began()
        sending = partial(send_items, lambda: aiter(self._items), self._encode, sender)
        work = send_all(sending, sender, self._failed)
        self._task = spawn(work, name="fusion upload", context=self._context)

        def ended(task: asyncio.Task[None]) -> None:
            work.close()  # if it never began
            if task.cancelled() or task.exception() is not None:
                sender.end(_CANCELLED)
            if self.ended is not None:
                self.ended()

        self._task.add_done_callback(ended)

    def _failed(self, error: Exception) -> Ending:
        self.error = error
        return self._failure(error)

    def close(self) -> None:
        """Nobody reads on, or the call is over."""
        if self._closed:
            return
        self._closed = True
        if self._task is None:
            self._task = background(aclose(self._items), "fusion upload", self._context)
        elif not self._task.done():
            self._task.cancel()
