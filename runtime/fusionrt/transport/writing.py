"""What nats-py writes, in the turn of the loop in which it is sent.

nats-py has a task that writes, and wakes it for each message that comes alone: a turn of the loop
later, and at the cost of one even if nothing is left to write. So whoever says when to write does
not wake it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any

from nats.protocol.command import pub_cmd

from .reading import ReadingClient

__all__ = ["WritingClient"]


class WritingClient(ReadingClient):
    """nats-py's client, and messages that are written by `push`."""

    _socket: asyncio.WriteTransport | None = None
    """What it writes to, once it is connected; none over WebSockets."""

    def connected(self) -> None:
        """To be called once it is: writing to a socket that was lost does nothing from then on."""
        if self.writer is not None:
            self._socket = self.writer.transport
            _spare_lost(self.writer)

    @property
    def unwritten(self) -> int:
        """Bytes that wait to be written, and those that were and that the socket did not take yet.
        (Python 3.12.0 to 3.13.1 let any number of lines be written without waiting.)
        """
        waiting: int = self._pending_data_size
        socket = self._socket
        return waiting if socket is None else waiting + socket.get_write_buffer_size()

    @property
    def woken(self) -> bool:
        """Whether nats-py's task is to write what there is."""
        return self._flush_queue is not None and not self._flush_queue.empty()

    def wake(self) -> Coroutine[Any, Any, Any]:
        """Let that task write what there is; it waits where there is no such task any more."""
        return self._flush_pending()

    def hold(self, subject: str, payload: bytes, reply: str) -> None:
        """Add a message to what the next `push` writes."""
        command = pub_cmd(subject, reply, payload)
        self._pending.append(command)
        self._pending_data_size += len(command)

    def push(self) -> bool:
        """Write what nats-py would write in the loop's next turn. False: something waits for the
        socket, and nats-py is to wait for it.
        """
        pending, socket = self._pending, self._socket
        if not pending:
            return True
        if socket is None or socket.get_write_buffer_size():
            return False
        self._pending, self._pending_data_size = [], 0
        socket.write(b"".join(pending))  # if it was lost, that is of no account
        return True


def _spare_lost(writer: asyncio.StreamWriter) -> None:
    """Until nats-py learns of a loss, a turn or two later, somebody may write: from Python 3.12 on
    that raises an `AttributeError` or `TypeError` amid the loop (CPython's issue 136234).
    """
    write = writer.writelines

    def writelines(data: Iterable[bytes | bytearray | memoryview]) -> None:
        if not writer.transport.is_closing():
            write(data)

    writer.writelines = writelines  # type: ignore[method-assign]
