"""Two versions of a shop over one database, as two deployments that know nothing of each other.

The newer one declares what it invalidates by a method that the older one has not, and by a method
that has a parameter more; it has a command more, and its carts have a field more.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fusiongen.output.write import generate
from fusiongen.project import load

__all__ = ["TABLE", "Version", "write_versions"]

TABLE = "CREATE TABLE carts (id TEXT PRIMARY KEY, count INTEGER, note TEXT NOT NULL DEFAULT '')"

_CONTRACT = """\
from dataclasses import dataclass
from typing import Protocol

from fusionrt import ANY, command, compute, service


@dataclass(frozen=True)
class Cart:
    id: str
    count: int
{fields}

@service
class Carts(Protocol):
    @compute
    async def get(self, id: str) -> Cart | None: ...
{methods}
    async def put_once(self, name: str, cart: Cart) -> Cart: ...
"""
_OLD = """
    @compute
    async def find(self, least: int) -> tuple[str, ...]: ...

    @command(invalidates=["get(cart.id)", "find(ANY)"])
    async def put(self, cart: Cart) -> Cart: ...
"""
_NEW = """
    @compute
    async def find(self, least: int, most: int = 1000) -> tuple[str, ...]: ...

    @compute
    async def row(self, id: str) -> Cart | None: ...

    @command(invalidates=["row(cart.id)"])
    async def put(self, cart: Cart) -> Cart: ...

    @command(invalidates=["find(ANY, ANY)"])
    async def clear(self) -> None: ...
"""
_BODIES = """\
import os
from dataclasses import asdict

from sqlalchemy import text

from fusionrt import Host, operation
from fusionrt.sql import Database, reader

from .contracts import Cart
from .generated.carts import CartsService

PUT = "INSERT INTO carts ({columns}) VALUES (:{values}) ON CONFLICT (id) DO UPDATE SET {changes}"


class CartsInSql(CartsService):
    def __init__(self, db: Database) -> None:
        self.db = db

    async def {get}(self, id: str) -> Cart | None:
        async with self.db.read() as session:
            query = text("SELECT {columns} FROM carts WHERE id = :id")
            rows = await session.execute(query, {{"id": id}})
            row = rows.one_or_none()
            return None if row is None else Cart(*row)

    async def find(self, least: int{most}) -> tuple[str, ...]:
        async with self.db.read() as session:
            query = text("SELECT id FROM carts WHERE count >= :least ORDER BY id")
            return tuple((await session.scalars(query, {{"least": least}})).all())

    async def put(self, cart: Cart) -> Cart:
        async with self.db.begin() as session:
            await session.execute(text(PUT), asdict(cart))
        return cart

    async def put_once(self, name: str, cart: Cart) -> Cart:
        with operation.once(name):
            return await self.put(cart)
{more}

async def main(host: Host) -> None:
    reader.POLL = 0.1
    db = Database(os.environ["SHOP_DB"])
    serving = await Host(host.url, log=db.log()).__aenter__()
    await serving.serve(CartsInSql(db))
"""
_MORE = """
    async def get(self, id: str) -> Cart | None:
        return await self.row(id)

    async def clear(self) -> None:
        async with self.db.begin() as session:
            await session.execute(text("DELETE FROM carts"))
"""


@dataclass(frozen=True)
class Version:
    """A deployment. folder: to import `shop` from."""

    folder: Path


def write_versions(folder: Path) -> tuple[Version, Version]:
    """The old version and the new one, generated."""
    old = _written(
        *(folder / "old", _CONTRACT.format(fields="", methods=_OLD)),
        _bodies(["id", "count"], get="get", most="", more=""),
    )
    new = _written(
        *(folder / "new", _CONTRACT.format(fields='    note: str = ""\n', methods=_NEW)),
        _bodies(["id", "count", "note"], get="row", most=", most: int = 1000", more=_MORE),
    )
    return old, new


def _bodies(columns: list[str], **parts: str) -> str:
    return _BODIES.format(
        columns=", ".join(columns),
        values=", :".join(columns),
        changes=", ".join(f"{each} = excluded.{each}" for each in columns),
        **parts,
    )


def _written(folder: Path, contract: str, bodies: str) -> Version:
    shop = folder / "shop"
    shop.mkdir(parents=True)
    (shop / "__init__.py").touch()
    (shop / "contracts.py").write_text(contract)
    (shop / "app.py").write_text(bodies)
    config = '[tool.fusiongen]\ncontracts = ["shop/contracts.py"]\nout = "shop/generated"\n'
    (folder / "pyproject.toml").write_text(config)
    generate(load(folder))
    return Version(folder)
