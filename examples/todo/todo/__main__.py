"""`python -m todo`: one of the hosts, or a client of whichever there is; NATS_URL is the broker."""

import asyncio
from argparse import Namespace
from collections.abc import AsyncGenerator
from functools import partial

from fusionrt import Host
from fusionrt.sql import Database

from todo.cli import parsed, run
from todo.generated.todos import TodosClient, TodosLive
from todo.records import Summary
from todo.services import TodosInSql
from todo.tables import Base


async def main(asked: Namespace) -> None:
    """Serve, or ask who serves."""
    if asked.command == "serve":
        await serve(asked.db)
        return
    async with Host() as host:
        todos = host.client(TodosClient)
        if operation := getattr(asked, "operation", None):
            todos = todos.with_options(operation=operation)
        await run(asked, todos, partial(watch, todos))


async def serve(url: str) -> None:
    """Until SIGTERM or SIGINT."""
    async with Database(url) as db:
        await db.create_all(Base.metadata)
        async with Host(log=db.log()) as host:
            await host.serve(TodosInSql(db))
            print("serving", flush=True)
            await host.run_forever()


async def watch(todos: TodosLive, folder: str) -> AsyncGenerator[Summary, None]:
    """The summary of a folder, now and at each change."""
    last = None
    async for summary in todos.changes.summary(folder):
        if summary.value != last:
            yield (last := summary.value)


if __name__ == "__main__":
    asyncio.run(main(parsed()))
