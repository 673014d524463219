"""The server: who reads what, what each write changes, and who is told."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Annotated, TypeVar

import nats
from fastapi import FastAPI, Header, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse
from nats.aio.msg import Msg
from pydantic import BaseModel, TypeAdapter

from todo.records import Item, Summary, UnknownItem
from twin.cache import Cache
from twin.store import Store

T = TypeVar("T")

SUBJECT = "todo.changed"

Fresh = Annotated[bool, Header(alias="X-Fresh")]
"""The reader has just written: the cache may not know of it yet."""
Operation = Annotated[str, Header(alias="Idempotency-Key")]

_summary = TypeAdapter(Summary)


class Added(BaseModel):
    """Something more to do."""

    folder: str
    title: str


class Server:
    """One of those that share a database and a broker."""

    def __init__(self, db: str, broker: str) -> None:
        self._store = Store(db)
        self._broker = broker
        self._cache = Cache()
        self.app = FastAPI(lifespan=self._lifespan)
        self.app.exception_handler(UnknownItem)(_unknown)
        self.app.get("/folders")(self.folders)
        self.app.get("/items")(self.items)
        self.app.get("/item")(self.get)
        self.app.get("/summary")(self.summary)
        self.app.get("/total")(self.total)
        self.app.get("/watch")(self.watch)
        self.app.post("/items")(self.add)
        self.app.put("/item")(self.tick)
        self.app.delete("/item")(self.remove)

    async def folders(self, fresh: Fresh = False) -> list[str]:
        return await self._read(fresh, "folders", self._store.folders)

    async def items(self, folder: str, fresh: Fresh = False) -> list[int]:
        return await self._read(fresh, f"items:{folder}", lambda: self._store.items(folder))

    async def get(self, id: int, fresh: Fresh = False) -> Item | None:
        return await self._read(fresh, f"item:{id}", lambda: self._store.get(id))

    async def summary(self, folder: str, fresh: Fresh = False) -> Summary:
        return await self._read(fresh, f"summary:{folder}", lambda: self._store.summary(folder))

    async def total(self, fresh: Fresh = False) -> Summary:
        return await self._read(fresh, "total", self._store.summary)

    async def add(self, added: Added, operation: Operation) -> Item:
        item = await self._store.add(operation, added.folder, added.title)
        await self._changed(
            "folders", f"items:{item.folder}", f"item:{item.id}", f"summary:{item.folder}", "total"
        )
        return item

    async def tick(self, id: int, done: bool, operation: Operation) -> Item:
        item = await self._store.tick(operation, id, done)
        await self._changed(f"item:{id}", f"summary:{item.folder}", "total")
        return item

    async def remove(self, id: int, operation: Operation) -> Item:
        item = await self._store.remove(operation, id)
        await self._changed(
            "folders", f"items:{item.folder}", f"item:{id}", f"summary:{item.folder}", "total"
        )
        return item

    async def watch(self, folder: str) -> Response:
        """A summary a line, now and at each change."""

        async def lines() -> AsyncIterator[bytes]:
            async for _ in self._cache.changes(f"summary:{folder}"):
                yield _summary.dump_json(await self.summary(folder)) + b"\n"

        return StreamingResponse(lines(), media_type="application/x-ndjson")

    async def _read(self, fresh: bool, key: str, read: Callable[[], Awaitable[T]]) -> T:
        return await (read() if fresh else self._cache.get(key, read))

    async def _changed(self, *keys: str) -> None:
        """Here at once, and wherever it is heard."""
        self._cache.drop(keys)
        await self._connection.publish(SUBJECT, json.dumps(keys).encode())

    @asynccontextmanager
    async def _lifespan(self, _: FastAPI) -> AsyncIterator[None]:
        async def heard(message: Msg) -> None:
            self._cache.drop(json.loads(message.data))

        async def reconnected() -> None:
            self._cache.drop_all()

        self._connection = await nats.connect(
            self._broker, reconnected_cb=reconnected, max_reconnect_attempts=-1
        )
        await self._connection.subscribe(SUBJECT, cb=heard)
        await self._connection.flush()
        await self._store.open()
        yield
        await self._connection.close()
        await self._store.close()


async def _unknown(_: Request, error: Exception) -> Response:
    return JSONResponse({"unknown": error.args[0]}, status_code=404)
