"""The service, with not a word on caching or updates."""

from asyncio import gather
from collections.abc import Sequence
from dataclasses import dataclass, field

from aiodataloader import DataLoader
from fusionrt.sql import Database
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from todo.generated.todos import TodosService
from todo.records import Item, Summary, UnknownItem
from todo.tables import Row


@dataclass
class TodosInSql(TodosService):
    """Things to do in a table; items that are asked for together are one query."""

    db: Database
    rows: DataLoader[int, Row | None] = field(init=False)

    def __post_init__(self) -> None:
        self.rows = DataLoader(self._load, cache=False, max_batch_size=1000)

    async def folders(self) -> tuple[str, ...]:
        async with self.db.read() as session:
            names = select(Row.folder).distinct().order_by(Row.folder)
            return tuple(await session.scalars(names))

    async def items(self, folder: str) -> tuple[int, ...]:
        async with self.db.read() as session:
            ids = select(Row.id).where(Row.folder == folder).order_by(Row.id)
            return tuple(await session.scalars(ids))

    async def get(self, id: int) -> Item | None:
        row = await self.rows.load(id)
        return None if row is None else row.item()

    async def summary(self, folder: str) -> Summary:
        items = await gather(*(self.get(id) for id in await self.items(folder)))
        return Summary(len(items), sum(item is not None and item.done for item in items))

    async def total(self) -> Summary:
        parts = await gather(*(self.summary(folder) for folder in await self.folders()))
        return Summary(sum(part.items for part in parts), sum(part.done for part in parts))

    async def add(self, folder: str, title: str) -> Item:
        async with self.db.begin() as session:
            row = Row(folder=folder, title=title)
            session.add(row)
            await session.flush()
            return row.item()

    async def tick(self, id: int, done: bool = True) -> Item:
        async with self.db.begin() as session:
            row = await _known(session, id)
            row.done = done
            return row.item()

    async def remove(self, id: int) -> Item:
        async with self.db.begin() as session:
            row = await _known(session, id)
            await session.delete(row)
            return row.item()

    async def _load(self, ids: Sequence[int]) -> list[Row | None]:
        async with self.db.read() as session:
            found = await session.scalars(select(Row).where(Row.id.in_(ids)))
            rows = {row.id: row for row in found}
            return [rows.get(id) for id in ids]


async def _known(session: AsyncSession, id: int) -> Row:
    row = await session.get(Row, id, with_for_update=True)
    if row is None:
        raise UnknownItem(id)
    return row
