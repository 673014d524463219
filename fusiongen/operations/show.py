"""What is printed of logs."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final

from fusionrt.operations import StoredKey

from .source import Entry, Reader, Source

__all__ = ["shown"]

LATE: Final = 30.0
"""Seconds of lag that are marked; hosts warn then, too."""
PERIOD: Final = 1.0
"""Seconds between two looks."""


async def shown(sources: Sequence[Source], last: int, follow: bool) -> AsyncGenerator[str, None]:
    """Lines: who reads each log, its events, its tail; and then, for ever, what is new."""
    boards = [_Board(source) for source in sources]
    for board in boards:
        async for line in board.begun(last):
            yield line
    while follow:
        await asyncio.sleep(PERIOD)
        for board in boards:
            async for line in board.news():
                yield line


class _Board:
    """One log, and what was told of its readers."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._told: dict[str, Reader] = {}

    async def begun(self, last: int) -> AsyncIterator[str]:
        """How things are."""
        entries = await self._source.last(last)
        self._told = {each.iid: each for each in await self._source.readers()}
        for reader in self._told.values():
            yield self._line(_reader(reader))
        if not self._told:
            yield self._line("nobody reads this log")
        if events := await self._source.events():
            yield self._line(f"events\t{events}")
        for entry in entries:
            yield self._line(_entry(entry))

    async def news(self) -> AsyncIterator[str]:
        """What is new: operations; hosts that came, left, fell behind, caught up."""
        for entry in await self._source.new():
            yield self._line(_entry(entry))
        now = {each.iid: each for each in await self._source.readers()}
        for line in _changes(self._told, now):
            yield self._line(line)
        self._told = now

    def _line(self, line: str) -> str:
        return f"{self._source.name}\t{line}" if self._source.name else line


def _changes(before: dict[str, Reader], now: dict[str, Reader]) -> Iterator[str]:
    for iid, reader in now.items():
        if iid not in before or _is_late(before[iid]) is not _is_late(reader):
            yield _reader(reader)
    for iid, reader in before.items():
        if iid not in now:
            yield f"left\t{_name(reader)}"


def _is_late(reader: Reader) -> bool:
    return reader.lag > LATE


def _name(reader: Reader) -> str:
    return f"{reader.process or '?'}\t{reader.iid}"


def _reader(reader: Reader) -> str:
    mark = "! host" if _is_late(reader) else "host"
    return f"{mark}\t{_name(reader)}\tlag {reader.lag:.1f} s\t{reader.unread} unread"


def _entry(entry: Entry) -> str:
    when = datetime.fromtimestamp(entry.at).astimezone().isoformat(" ", "milliseconds")
    return f"{when}\t{entry.command or '?'}\t{_keys(entry.keys)}\t{entry.iid}"


def _keys(keys: Iterable[StoredKey] | None) -> str:
    """Without arguments: they may be secrets, and only contracts say which ones are."""
    if keys is None:
        return "everything"
    names = Counter(f"{key.service}.{key.method}" if key.method else key.service for key in keys)
    return " ".join(name if n == 1 else f"{name}*{n}" for name, n in names.items()) or "nothing"
