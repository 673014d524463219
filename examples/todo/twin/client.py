"""`Client`: asks a server, and another one when that is gone."""

import asyncio
import time
import uuid
from collections.abc import AsyncGenerator, Sequence
from typing import Any, Self

import httpx
from pydantic import TypeAdapter

from todo.records import Item, Summary, UnknownItem

FRESH = 5.0
"""Seconds after a write in which reads go past the caches."""

_item = TypeAdapter(Item)
_items = TypeAdapter(Item | None)
_summary = TypeAdapter(Summary)
_ids = TypeAdapter(tuple[int, ...])
_names = TypeAdapter(tuple[str, ...])


class Client:
    """operation: the id of the one write that is made with it."""

    def __init__(self, servers: Sequence[str], operation: str | None = None) -> None:
        self._servers = [*servers]
        self._operation = operation
        self._http = httpx.AsyncClient(timeout=10.0)
        self._wrote = -FRESH

    async def folders(self) -> tuple[str, ...]:
        return _names.validate_json(await self._read("/folders"))

    async def items(self, folder: str) -> tuple[int, ...]:
        return _ids.validate_json(await self._read("/items", folder=folder))

    async def get(self, id: int) -> Item | None:
        return _items.validate_json(await self._read("/item", id=id))

    async def summary(self, folder: str) -> Summary:
        return _summary.validate_json(await self._read("/summary", folder=folder))

    async def total(self) -> Summary:
        return _summary.validate_json(await self._read("/total"))

    async def add(self, folder: str, title: str) -> Item:
        body = {"folder": folder, "title": title}
        return _item.validate_json(await self._write("POST", "/items", json=body))

    async def tick(self, id: int, done: bool = True) -> Item:
        parameters = {"id": id, "done": done}
        return _item.validate_json(await self._write("PUT", "/item", params=parameters))

    async def remove(self, id: int) -> Item:
        return _item.validate_json(await self._write("DELETE", "/item", params={"id": id}))

    async def watch(self, folder: str) -> AsyncGenerator[Summary, None]:
        """The summary of a folder, now and at each change; also when its server goes."""
        last = None
        while True:
            try:
                url = f"{self._servers[0]}/watch"
                async with self._http.stream(
                    "GET", url, params={"folder": folder}, timeout=httpx.Timeout(10.0, read=None)
                ) as reply:
                    async for line in reply.aiter_lines():
                        if (summary := _summary.validate_json(line)) != last:
                            yield (last := summary)
            except httpx.TransportError:
                await asyncio.sleep(0.1)
            self._next()

    async def _read(self, path: str, **parameters: str | int) -> bytes:
        fresh = time.monotonic() - self._wrote < FRESH
        return await self._ask("GET", path, params=parameters, headers={"X-Fresh": str(fresh)})

    async def _write(self, method: str, path: str, **options: Any) -> bytes:
        operation = self._operation or uuid.uuid4().hex
        try:
            headers = {"Idempotency-Key": operation}
            return await self._ask(method, path, headers=headers, **options)
        finally:
            self._wrote = time.monotonic()

    async def _ask(self, method: str, path: str, **options: Any) -> bytes:
        for left in reversed(range(len(self._servers))):
            try:
                reply = await self._http.request(method, f"{self._servers[0]}{path}", **options)
            except httpx.TransportError:
                if not left:
                    raise
                self._next()
            else:
                if reply.status_code == 404:
                    raise UnknownItem(reply.json()["unknown"])
                return reply.raise_for_status().content
        raise AssertionError

    def _next(self) -> None:
        self._servers.append(self._servers.pop(0))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()
