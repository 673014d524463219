"""`ClientCache`: what a client knew when its last process ended (W7)."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ..errors import CacheUnavailable
from ..options import count
from ..primitives import background, utc_now
from .name import Name

if TYPE_CHECKING:
    from .store import Store

__all__ = ["ClientCache"]

MAX_BYTES: Final = 64 * 1024 * 1024
SOON: Final = 0.5
"""Seconds after which what was learned is written."""

_log = logging.getLogger("fusionrt")


class ClientCache:
    """What a client was told by services, kept in a file (SQLite): the next process that reads the
    same has the last known value at once, and asks whether it is still so.

        async with Host(url, cache=ClientCache("carts.db", of="alice")) as host:
            async for cart in host.client(CartsClient).changes.get("1"):
                render(cart.value, cart.is_suspended)   # the last known one, then the current one

    A last known value is never taken for current: a strict read waits until its host has said that
    it holds, which costs no payload, or has the new one; `changes` and `stale_ok` reads have it at
    once, as one that is suspended (D7, D16), in an outage, too. Nothing is kept of errors and of
    sharded services.

    path: of the file, in a folder that exists; it is for this system's user alone. Processes may
        share it.
    of: whose results they are: tenant and user. Others do not see them.
    max_bytes: of all that is in the file, whoever's it is; what was not used for longest goes.
    """

    def __init__(
        self, path: str | os.PathLike[str], *, of: str = "", max_bytes: int = MAX_BYTES
    ) -> None:
        self._path = Path(path)
        self._of = of
        self._max_bytes = count("ClientCache", "max_bytes", max_bytes, 1)
        self._owner = ""
        self._store: Store | None = None
        self._known: dict[Name, bytes] = {}
        self._learned: dict[Name, bytes | None] = {}
        self._used: set[Name] = set()
        self._turn = asyncio.Lock()
        self._timer: asyncio.TimerHandle | None = None

    async def clear(self) -> None:
        """Forget all that is known for this user, in the file, too: at sign-out. What the process
        itself has cached lives on in it; end it, or its host.

        Raises:
            CacheUnavailable: the file cannot be written, and has it still.
        """
        self._known, self._learned, self._used = {}, {}, set()
        await self._do(lambda store: store.clear(self._owner))

    # -- what a host does with it --

    async def open(self, system: str) -> None:
        """Read what is known. system: where it was learned, and by whom.

        Raises:
            CacheUnavailable: the file cannot be read, or is something else.
        """
        self._owner = f"{system}\n{self._of}"
        self._store = await asyncio.to_thread(_opened, self._path)
        self._known = await asyncio.to_thread(self._store.read, self._owner)

    async def close(self) -> None:
        """Write what was learned, and let go of the file."""
        await self._write()
        async with self._turn:  # an earlier write may not have ended
            store, self._store = self._store, None
            if store is not None:
                await asyncio.to_thread(store.close)

    def take(self, name: Name) -> bytes | None:
        """The last known result, once: whoever takes it knows better from then on."""
        payload = self._known.pop(name, None)
        if payload is not None:
            self._used.add(name)
            self._soon()
        return payload

    def learn(self, name: Name, payload: bytes | None) -> None:
        """Keep a result. None: there is none any more."""
        self._known.pop(name, None)
        self._learned[name] = payload
        self._soon()

    def _soon(self) -> None:
        if self._timer is None and self._store is not None:
            self._timer = asyncio.get_running_loop().call_later(SOON, self._due)

    def _due(self) -> None:
        background(self._write(), name="fusion cache")

    async def _write(self) -> None:
        """What cannot be written costs time at the next start, and nothing else."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        learned, self._learned = self._learned, {}
        used, self._used = self._used, set()
        if not learned and not used:
            return
        now, most = utc_now().timestamp(), self._max_bytes
        try:
            await self._do(lambda store: store.write(self._owner, now, learned, used, most))
        except CacheUnavailable as problem:
            _log.warning("%s", problem)

    async def _do(self, act: Callable[[Store], None]) -> None:
        async with self._turn:
            if self._store is not None:
                await asyncio.to_thread(act, self._store)


def _opened(path: Path) -> Store:
    from .store import Store  # SQLite is loaded by whoever has a cache

    return Store.open(path)
