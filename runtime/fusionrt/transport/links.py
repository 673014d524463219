"""`Links`: the connection that there is now, for what JetStream keeps."""

from __future__ import annotations

from typing import Final, Protocol

import nats.errors
from nats.js import JetStreamContext

from .base import Listener

__all__ = ["ERRORS", "Links"]

ERRORS: Final = (nats.errors.Error, OSError, TimeoutError)
"""What nats-py raises where there is no answer, or a refusal."""


class Links(Protocol):
    """Where a table or a journal finds its broker."""

    def jetstream(self) -> JetStreamContext:
        """JetStream, by the connection that there is now.

        Raises:
            BrokerUnavailable: there is none.
        """

    def publish(self, subject: str, payload: bytes) -> None:
        """Send a message."""

    def add_listener(self, listener: Listener) -> None:
        """Tell of losses."""

    def remove_listener(self, listener: Listener) -> None:
        """Tell no more."""
