"""`python -m twin`: one of the servers, or a client of those that TODO_SERVERS names."""

import asyncio
import os
from argparse import Namespace

from todo.cli import parsed, run
from twin.client import Client
from twin.listening import Listening
from twin.server import Server


async def main(asked: Namespace) -> None:
    """Serve, or ask who serves."""
    if asked.command == "serve":
        await serve(asked.db, os.environ.get("NATS_URL", "nats://127.0.0.1:4222"))
        return
    servers = os.environ.get("TODO_SERVERS", "http://127.0.0.1:8000").split(",")
    async with Client(servers, getattr(asked, "operation", None)) as todos:
        await run(asked, todos, todos.watch)


async def serve(db: str, broker: str) -> None:
    """Until SIGTERM or SIGINT; on PORT, or any free port if that is 0."""
    server = Listening(Server(db, broker), int(os.environ.get("PORT", "8000")))
    await server.serve()


if __name__ == "__main__":
    asyncio.run(main(parsed()))
