"""What a transport told of losses."""

from __future__ import annotations

from fusionrt.transport import Listener

__all__ = ["Notes"]


class Notes(Listener):
    """Writes it down, in order."""

    def __init__(self) -> None:
        self.all: list[str] = []

    def disconnected(self, broker: str) -> None:
        self.all.append("disconnected")

    def reconnected(self) -> None:
        self.all.append("reconnected")

    def gap(self, subject: str) -> None:
        self.all.append(f"gap {subject}")
