"""The ledger in a database, with code that looks like plain SQLAlchemy."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from fusionrt import operation
from fusionrt.sql import Database

from .contracts import Ledger, Refusal
from .generated.ledger import LedgerService
from .generated.totals import TotalsService

__all__ = ["ACCOUNTS", "Account", "Base", "Effect", "LedgerInSql", "TotalsHere"]

ACCOUNTS = tuple("abcdefgh")


class Base(DeclarativeBase):
    """Of the tables of the ledger."""


class Account(Base):
    """What is in it."""

    __tablename__ = "accounts"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[int]


class Effect(Base):
    """What a body did: nothing here is unique, so that a body that ran twice shows.

    operation: its id. value: what was in the account then.
    """

    __tablename__ = "effects"

    number: Mapped[int] = mapped_column(primary_key=True)
    operation: Mapped[str]
    account: Mapped[str]
    amount: Mapped[int]
    value: Mapped[int]


@dataclass(eq=False)
class LedgerInSql(LedgerService):
    """See the contract."""

    db: Database

    async def get(self, account: str) -> int:
        async with self.db.read() as session:
            return (await session.get_one(Account, account)).value

    async def add(self, account: str, amount: int) -> int:
        async with self.db.begin() as session:
            return await _add(session, account, amount)

    async def both(self, one: str, other: str) -> tuple[int, int]:
        async with self.db.begin():
            self.invalidate.get(one)
            self.invalidate.get(other)
            return await self.add(one, 1), await self.add(other, 1)

    async def refuse(self, account: str) -> int:
        async with self.db.begin() as session:
            await _add(session, account, 1)
        raise Refusal


@dataclass(eq=False)
class TotalsHere(TotalsService):
    """See the contract."""

    ledger: Ledger

    async def total(self) -> int:
        return sum([await self.ledger.get(account) for account in ACCOUNTS])


async def _add(session: AsyncSession, account: str, amount: int) -> int:
    changed = update(Account).where(Account.name == account).values(value=Account.value + amount)
    value = (await session.execute(changed.returning(Account.value))).scalar_one()
    id = operation.id
    session.add(Effect(operation=id, account=account, amount=amount, value=value))
    return value
