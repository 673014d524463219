"""What must be true when all is quiet again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from sqlalchemy import select

from fusionrt.sql import Database
from fusionrt.sql.tables import operations

from .ledger import Account, Effect
from .load import Asked

__all__ = ["judge_commands", "judge_log", "truth"]


async def truth(db: Database) -> dict[str, int]:
    """What every cached read must be."""
    async with db.read() as session:
        values = {row.name: row.value for row in await session.scalars(select(Account))}
    return values | {"total": sum(values.values())}


async def judge_commands(db: Database, asked: Iterable[Asked]) -> list[str]:
    """Each was committed at most once, as a whole; once if it was acknowledged, with the result
    that was told (O1, O12, O13, O15); and what is in the accounts is what they added.
    """
    problems = []
    effects = await _effects(db)
    sums: dict[str, int] = defaultdict(int)
    for each in (effect for made in effects.values() for effect in made):
        sums[each.account] += each.amount
    values = await truth(db)
    problems += [
        f"{name} has {values[name]}, not {sums[name]}"
        for name in sums
        if sums[name] != values[name]
    ]
    for one in asked:
        made = [(each.account, each.value) for each in effects.get(one.id, [])]
        whole = {account for account, _ in made} == {*one.changes}
        if made and not (whole and len(made) == len(one.changes)):
            problems.append(f"O1, O13: {one} did {made}")
        elif one.result is not None and made != [*zip(one.changes, one.result, strict=True)]:
            problems.append(f"O2, O12: {one} was acknowledged, and did {made}")
    return problems


async def judge_log(db: Database) -> list[str]:
    """There is an operation for everything that was written, and for nothing else (O1, O7)."""
    effects = await _effects(db)
    async with db.read() as session:
        stored = {*await session.scalars(select(operations.c.id))}
    return [f"O1: {id} is not both written and stored" for id in stored ^ {*effects}]


async def _effects(db: Database) -> dict[str, list[Effect]]:
    found: dict[str, list[Effect]] = defaultdict(list)
    async with db.read() as session:
        for effect in await session.scalars(select(Effect).order_by(Effect.number)):
            found[effect.operation].append(effect)
    return found


def differences(read: dict[str, Any], truth: dict[str, int]) -> dict[str, Any]:
    """What was read otherwise."""
    return {name: (value, truth[name]) for name, value in read.items() if value != truth[name]}
