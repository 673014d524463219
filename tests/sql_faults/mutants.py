"""A runtime with one mistake: the script of its name finds it, and sooner or later the campaign."""

from __future__ import annotations

from typing import Final

from tests.simulation.mutants import Edit, Mutant

__all__ = ["MUTANTS"]


def _one(where: str, old: str, new: str) -> Mutant:
    return Mutant(1, (Edit(where, old, new),))


_NEW_ROWS = """\
new = view.outerjoin(operations, self._shard.flavour.after(self._position))
    return select(*columns, row.command, row["keys"]).select_from(new)"""

_TO_ITS_END = """\
return await log.run(operation, attempt)
    finally:
        if operation.fate is not Fate.ROLLED_BACK:
            apply(operation, self._graph)
            self._applied()
            told = operation.stored or stored(operation, self._applier.iid)
            self._nudges.tell(told, operation)"""

_READ_NEXT = """\
self._next = None
        failed = False
        while True:
            try:
                return await self._read()"""

MUTANTS: Final = {
    "O1: a row is stored after COMMIT": _one(
        "sql.commands:Commands._store",
        """\
receipt = await shard.flavour.store(connection, _row(one))
        if receipt is None:
            return False
        await commit(transaction, shard, one, receipt, operation.command)""",
        """\
receipt = await shard.flavour.receipt(connection)
        await transaction.commit()
        async with shard.writes.begin() as connection:
            await shard.flavour.store(connection, _row(one))""",
    ),
    "O2: it is applied and told before COMMIT": _one(
        "operations.committing:HostCommitter.run",
        _TO_ITS_END,
        """\
async def early():
            result = await attempt()
            apply(operation, self._graph)
            self._nudges.tell(stored(operation, self._applier.iid), operation)
            return result

        return await log.run(operation, early)
    finally:""",
    ),
    "O4: nudges without poll": _one("sql.reader:Reader._poll", "await self.catch_up()", "pass"),
    "O6: a cursor over row numbers": Mutant(
        1,
        (
            Edit(
                "sql.reader:Reader._unread",
                _NEW_ROWS,
                """\
new = view.outerjoin(operations, row.seq > self.__dict__.setdefault("cursor", 0))
    return select(*columns, row.command, row["keys"], row.seq).select_from(new)""",
            ),
            Edit(
                "sql.reader:Reader._read",
                "position = row.now",
                'position = row.now; self.__dict__["cursor"] = max(self.cursor, row.seq or 0)',
            ),
        ),
    ),
    "O8: the same keys twice in a short time are one change": _one(
        "operations.applying:Applier.apply",
        "if keys and not self._graph.closed:",
        """\
from time import monotonic
    seen = self.__dict__.setdefault("seen", {})
    last, seen[told.keys] = seen.get(told.keys, 0.0), monotonic()
    if keys and not self._graph.closed and monotonic() - last > 600:""",
    ),
    "O9: who was forgotten reads on": _one(
        "sql.reader:Reader._read",
        "if not row.known or not self",
        "if not self",
    ),
    "O11: the start is a time, by the host's clock": _one(
        "sql.reader:Reader._unread",
        "self._shard.flavour.after(self._position)",
        """\
self._shard.flavour.after(self._position) & (
            row.at > self.__dict__.setdefault("start", __import__("time").time() - 3)
        )""",
    ),
    "O12: what was committed without an answer is taken for rolled back": _one(
        "sql.outcome:commit",
        "case Fate.ROLLED_BACK:",
        "case Fate.ROLLED_BACK | Fate.COMMITTED:",
    ),
    "O13: an operation's id is forgotten": _one(
        "sql.commands:_row", '"id": one.id', '"id": new_id()'
    ),
    "O17: what was not read is trimmed": _one(
        "sql.trimmer:trim",
        "operations.c.at < past, shard.flavour.before(list(positions))",
        "operations.c.at < shard.flavour.moment",
    ),
    "O19: a session's commit publishes, and not the operation's": _one(
        "operations.committing:HostCommitter.run",
        _TO_ITS_END,
        """\
from sqlalchemy import event
        from sqlalchemy.orm import Session

        def committed(_):
            apply(operation, self._graph)
            self._nudges.tell(stored(operation, self._applier.iid), operation)
            operation.keys.clear()

        event.listen(Session, "after_commit", committed)
        try:
            return await log.run(operation, attempt)
        finally:
            event.remove(Session, "after_commit", committed)
    finally:
        if operation.fate is not Fate.ROLLED_BACK:
            apply(operation, self._graph)
            told = operation.stored or stored(operation, self._applier.iid)
            self._nudges.tell(told, operation)""",
    ),
    "O12: what is in doubt is forgotten": _one(
        "operations.committing:HostCommitter.run",
        "if operation.fate is not Fate.IN_DOUBT:",
        "if True:",
    ),
    "D15: what a host stored itself counts as applied": _one(
        "operations.applying:Applier.needs",
        "iid != self.iid or id in self.pending",
        "iid != self.iid",
    ),
    "D15: a change counts as heard of before the log is read": _one(
        "operations.nudges:Nudges._catch_up",
        "await self.log.catch_up()",
        "self.__dict__['reading'] = background(self.log.catch_up(), name='reading')",
    ),
    "D15: who asks late shares a read that began before": _one(
        "sql.reader:Reader._read_next",
        _READ_NEXT,
        """\
failed = False
        while True:
            try:
                await self._read()
                self._next = None
                return""",
    ),
}
"""By the law that it breaks."""
