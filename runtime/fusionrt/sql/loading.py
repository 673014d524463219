"""`Loader`: the entities that are asked for in one turn of the loop come by one query."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable, Iterable
from contextlib import AbstractAsyncContextManager
from typing import Any, Final, Generic, NamedTuple, TypeVar

from aiodataloader import DataLoader
from sqlalchemy import inspect, select
from sqlalchemy.exc import NoInspectionAvailable
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapper

from ..errors import FrameworkError
from ..primitives import to_its_end
from .shard import Shard

__all__ = ["Loader", "Loads", "Source"]

_E = TypeVar("_E")

LARGEST: Final = 512
"""Ids of one query."""


class Source(NamedTuple):
    """Where reads go.

    place: in a transaction, else None. Only those of one place may wait for each other: a block
        would wait for itself, were its reads together with those that come after it.
    """

    shard: Shard
    place: object
    session: Callable[[], AbstractAsyncContextManager[AsyncSession]]


class Loader(Generic[_E]):
    """Entities of one class, by their ids. It keeps nothing: each is read when it is asked for."""

    def __init__(self, loads: Loads, model: type[_E], source: Callable[[], Source]) -> None:
        self._loads: Final = loads
        self._entity: Final = _Entity.of(model)
        self._source: Final = source

    async def load(self, id: Hashable) -> _E | None:
        """The entity of this id as it is now; None if there is none.

        Who asks for the same id at the same time is given the same object: leave it as it is.

        Raises:
            TypeError: it is None, or not hashable.
            Exception: what the database says of this id, or of the query.
        """
        hash(id)  # else it would be found out too late to tell who asked
        source = self._source()
        asking = self._asking(source, id)
        if source.place is None:
            return await asking
        return await to_its_end(asking, name="fusion load")  # else it may end while it is read

    async def _asking(self, source: Source, id: Hashable) -> _E | None:
        found: _E | None = await self._loads.batch(self._entity, source).load(id)
        return found


class Loads:
    """The batches of a database that wait for the end of their turn, and those that are read."""

    def __init__(self) -> None:
        self._waiting: Final[dict[tuple[type[Any], Source], DataLoader[Any, Any]]] = {}
        self._reading: Final[set[asyncio.Task[Any]]] = set()

    def batch(self, entity: _Entity, source: Source) -> DataLoader[Any, Any]:
        """The one that collects such ids now."""
        key = (entity.model, source)
        batch = self._waiting.get(key)
        if batch is None or batch.loop is not asyncio.get_running_loop():

            async def read(ids: list[Any]) -> list[Any]:
                if self._waiting.get(key) is batch:
                    del self._waiting[key]
                return await self._read(entity, source, ids)

            batch = DataLoader(read, cache=False, max_batch_size=LARGEST)
            self._waiting[key] = batch
        return batch

    async def close(self) -> None:
        """Wait for what was asked for."""
        while self._reading or self._waits():
            await asyncio.wait([*self._reading, asyncio.ensure_future(asyncio.sleep(0))])

    def _waits(self) -> bool:
        loop = asyncio.get_running_loop()
        return any(batch.loop is loop for batch in self._waiting.values())

    async def _read(self, entity: _Entity, source: Source, ids: list[Any]) -> list[Any]:
        """In their order: entities, None, and errors."""
        task = asyncio.current_task()
        assert task is not None
        self._reading.add(task)
        task.add_done_callback(self._reading.discard)
        found = await _found(entity, source, [*dict.fromkeys(ids)])
        return [found.get(id) for id in ids]


class _Entity(NamedTuple):
    model: type[Any]
    id: Any
    """The attribute."""

    @classmethod
    def of(cls, model: type[Any]) -> _Entity:
        try:
            mapper: Mapper[Any] = inspect(model)
        except NoInspectionAvailable:
            raise FrameworkError(
                f"loader() takes a class that SQLAlchemy maps to a table, not {model!r}"
            ) from None
        if len(mapper.primary_key) != 1:
            columns = ", ".join(str(column.name) for column in mapper.primary_key)
            raise FrameworkError(
                f"{model.__name__} is known by {columns} together: a loader takes a class with one "
                "column as its primary key; read it with session.get(), or with a query"
            )
        return cls(model, mapper.get_property_by_column(mapper.primary_key[0]).class_attribute)

    async def select(self, source: Source, ids: list[Any]) -> dict[Any, Any]:
        """Those that there are."""
        async with source.session() as session:
            query = select(self.model).where(self.id.in_(_padded(ids)))
            rows = (await session.scalars(query)).unique()
            found = {inspect(row).identity[0]: row for row in rows}
        if len(ids) == 1 and found:
            return {ids[0]: next(iter(found.values()))}
        return found


async def _found(entity: _Entity, source: Source, ids: list[Any]) -> dict[Any, Any]:
    """By id: entities, and errors of those ids alone that the database refuses."""
    try:
        found = await entity.select(source, ids)
        if not _is_unclear(ids, found):
            return found
    except Exception as error:
        if len(ids) == 1 or not source.shard.flavour.refuses(error):
            return dict.fromkeys(ids, error)
    half = len(ids) // 2
    first = await _found(entity, source, ids[:half])
    return first | await _found(entity, source, ids[half:])


def _is_unclear(ids: list[Any], found: dict[Any, Any]) -> bool:
    """Whether an id may be equal to another one in the database, such as "A" to "a"."""
    if not found.keys() <= {*ids}:
        return True
    missing = {_folded(id) for id in ids if id not in found}
    return bool(missing) and any(_folded(id) in missing for id in found)


def _folded(id: Any) -> str:
    return str(id).casefold().strip()


def _padded(ids: list[Any]) -> Iterable[Any]:
    """As many as a power of two: so few statements are different that drivers keep them all."""
    return ids + ids[-1:] * ((1 << (len(ids) - 1).bit_length()) - len(ids))
