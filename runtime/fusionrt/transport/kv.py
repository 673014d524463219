"""A table in a JetStream key-value bucket, over whichever link there is."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Final

from nats.js import JetStreamContext
from nats.js.api import StorageType
from nats.js.errors import (
    BucketNotFoundError,
    Error,
    KeyNotFoundError,
    KeyWrongLastSequenceError,
    NoStreamResponseError,
)
from nats.js.kv import KeyValue

from ..errors import BrokerUnavailable, JetStreamUnavailable
from ..primitives import background, now, stop_all
from .base import Listener
from .links import ERRORS, Links
from .table import Entry, Outdated

__all__ = ["KvTable"]

AGAIN: Final = 0.2
"""Seconds after which a table that could not be read is read again."""
READ_TIMEOUT: Final = 5.0
"""Seconds that JetStream has to tell all entries."""
DEAF: Final = 1.0
"""Seconds after which a change of its own is missed that was not told."""

_log = logging.getLogger("fusionrt.transport")


class KvTable(Listener):
    """See `Table`. The bucket is made by the first who opens it, unless an operator did."""

    def __init__(self, bucket: str, links: Links) -> None:
        self._bucket = bucket
        self._links = links
        self._entries: dict[str, Entry] = {}
        self._on_change: Callable[[], None] = lambda: None
        self._kv: KeyValue | None = None
        self._follower: asyncio.Task[None] | None = None
        self._heard = 0
        self._told = 0
        self._untold: tuple[int, float] | None = None
        """The revision of a change of its own that is to be told yet, and since when."""

    @property
    def entries(self) -> Mapping[str, Entry]:
        """See `Table`."""
        return self._entries

    async def open(self, on_change: Callable[[], None]) -> None:
        """See `Table`."""
        try:
            watcher = await self._read()
        except ERRORS as problem:
            raise self._lost(problem) from None
        self._on_change = on_change
        self._links.add_listener(self)
        self._follower = background(self._follow(watcher), f"follow {self._bucket}")

    async def close(self) -> None:
        """See `Table`."""
        if self._follower is not None:
            self._links.remove_listener(self)
            await stop_all([self._follower])
            self._follower = None

    async def put(self, key: str, value: bytes, last: int) -> int:
        """See `Table`."""
        heard = self._heard
        revision = await self._change(key, lambda kv: kv.update(key, value, last))
        if self._untold is None and (heard == self._heard or self._told < revision):
            self._untold = revision, now()
        return revision

    async def delete(self, key: str, last: int) -> None:
        """See `Table`."""
        await self._change(key, lambda kv: kv.delete(key, last))

    async def _change(self, key: str, change: Callable[[KeyValue], Awaitable[int]]) -> int:
        if self._untold is not None and now() > self._untold[1] + DEAF:
            self._read_anew()
        try:
            if self._kv is None:
                raise BrokerUnavailable("the broker", "the connection is lost")
            return await change(self._kv)
        except KeyWrongLastSequenceError:
            pass
        except NoStreamResponseError as error:  # an operator deleted it
            self._read_anew()
            raise self._lost(error) from None
        except Error as error:
            # nats-py's `delete` does not make the refusal an error of its own, as `update` does.
            if getattr(error, "err_code", None) not in (10071, 10164):
                raise self._lost(error) from None
        except ERRORS as error:
            raise self._lost(error) from None
        await self._look_at(key)
        raise Outdated(key)

    def _lost(self, error: Exception) -> JetStreamUnavailable:
        return JetStreamUnavailable(self._bucket, str(error) or "no answer in time")

    async def _look_at(self, key: str) -> None:
        """Learn what a key is now: what was told of it is not the newest."""
        assert self._kv is not None
        with suppress(*ERRORS):
            try:
                entry = await self._kv.get(key)
            except KeyNotFoundError:
                self._entries.pop(key, None)
            else:
                self._learn(key, Entry(entry.value or b"", entry.revision or 0))

    def _learn(self, key: str, entry: Entry) -> None:
        known = self._entries.get(key)
        if known is None or known.revision < entry.revision:
            self._entries[key] = entry

    # -- following it --

    def disconnected(self, broker: str) -> None:
        """What was followed is followed no longer."""
        self._kv = None
        if self._follower is not None:
            self._follower.cancel()

    def reconnected(self) -> None:
        """What changed meanwhile was not told."""
        self._follow_from_now()

    def _read_anew(self) -> None:
        """The connection is there, and what is followed is gone or silent: nothing tells of that
        but what this process changes itself.
        """
        if self._kv is not None and self._follower is not None:
            self._kv = None
            self._follow_from_now()

    def _follow_from_now(self) -> None:
        self._follower = background(self._follow_anew(self._follower), f"follow {self._bucket}")

    async def _follow_anew(self, before: asyncio.Task[None] | None) -> None:
        if before is not None:
            await stop_all([before])
        await self._follow(None)

    async def _follow(self, watcher: KeyValue.KeyWatcher | None) -> None:
        while watcher is None:
            try:
                watcher = await self._read()
            except (*ERRORS, BrokerUnavailable) as problem:
                _log.warning("the bucket %s cannot be read: %s", self._bucket, problem)
                await asyncio.sleep(AGAIN)
        try:
            self._on_change()
            async for update in watcher:
                if update is not None:
                    self._hear(update)
                    self._on_change()
        finally:
            await _end(watcher)

    def _hear(self, update: KeyValue.Entry) -> None:
        revision = self._told = update.revision or 0
        self._heard += 1
        if self._untold is not None and self._untold[0] <= revision:
            self._untold = None
        if update.operation is None:
            self._learn(update.key, Entry(update.value or b"", revision))
            return
        known = self._entries.get(update.key)
        if known is not None and known.revision < revision:
            del self._entries[update.key]

    async def _read(self) -> KeyValue.KeyWatcher:
        """All entries at once, for what is seen of some of them only means nothing."""
        js = self._links.jetstream()
        kv = await self._opened(js)
        watcher = await kv.watchall()
        entries: dict[str, Entry] = {}
        gone: list[str] = []
        try:
            async with asyncio.timeout(READ_TIMEOUT):
                async for update in watcher:
                    if update is None:
                        break
                    if update.operation is None:
                        entries[update.key] = Entry(update.value or b"", update.revision or 0)
                    else:
                        gone.append(update.key)
            for key in gone:  # else every host that ever was leaves one
                with suppress(*ERRORS):
                    await js.purge_stream(f"KV_{self._bucket}", subject=f"$KV.{self._bucket}.{key}")
        except BaseException:
            await _end(watcher)
            raise
        self._kv, self._entries, self._untold = kv, entries, None
        return watcher

    async def _opened(self, js: JetStreamContext) -> KeyValue:
        try:
            return await js.key_value(self._bucket)
        except BucketNotFoundError:
            with suppress(Error):  # somebody else was faster
                await js.create_key_value(
                    bucket=self._bucket, storage=StorageType.FILE, direct=True
                )
            return await js.key_value(self._bucket)


async def _end(watcher: KeyValue.KeyWatcher) -> None:
    """Follow nothing by this any more: else the broker tells it for minutes."""
    with suppress(*ERRORS):
        await watcher.stop()  # type: ignore[no-untyped-call]
