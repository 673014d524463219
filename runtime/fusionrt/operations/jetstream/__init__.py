"""The operation log over JetStream: for several hosts, where no SQL transaction holds it all."""

from __future__ import annotations

from .log import JetStreamLog

__all__ = ["JetStreamLog"]
