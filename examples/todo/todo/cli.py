"""The command line; it serves the twin, too, so it knows of neither how it is done."""

import argparse
from collections.abc import AsyncGenerator
from typing import Protocol

from todo.records import Item, Summary


class Todos(Protocol):
    """What is asked of a client."""

    async def folders(self) -> tuple[str, ...]: ...
    async def items(self, folder: str) -> tuple[int, ...]: ...
    async def get(self, id: int) -> Item | None: ...
    async def summary(self, folder: str) -> Summary: ...
    async def total(self) -> Summary: ...
    async def add(self, folder: str, title: str) -> Item: ...
    async def tick(self, id: int, done: bool = True) -> Item: ...
    async def remove(self, id: int) -> Item: ...


class Watch(Protocol):
    """Gives the summary of a folder now, and at each change."""

    def __call__(self, folder: str) -> AsyncGenerator[Summary, None]: ...


def parsed() -> argparse.Namespace:
    """What is asked for."""
    parser = argparse.ArgumentParser(description="Folders of things to do.")
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="be one of the servers of a database")
    serve.add_argument("--db", default="sqlite+aiosqlite:///todo.db", help="its URL")
    add = commands.add_parser("add", help="something more to do")
    add.add_argument("folder")
    add.add_argument("title")
    for name, help in (("tick", "it is done"), ("remove", "it need not be done")):
        commands.add_parser(name, help=help).add_argument("id", type=int)
    for each in (add, commands.choices["tick"], commands.choices["remove"]):
        each.add_argument("--operation", help="its id: the same one again changes nothing more")
    commands.add_parser("list", help="all there is to do")
    commands.add_parser("watch", help="how much of a folder is done").add_argument("folder")
    return parser.parse_args()


async def run(asked: argparse.Namespace, todos: Todos, watch: Watch) -> None:
    """Do it, and print what came of it."""
    match asked.command:
        case "add":
            print(_line(await todos.add(asked.folder, asked.title)))
        case "tick":
            print(_line(await todos.tick(asked.id)))
        case "remove":
            print(_line(await todos.remove(asked.id)))
        case "list":
            for folder in await todos.folders():
                print(f"{folder}: {_told(await todos.summary(folder))}")
                for id in await todos.items(folder):
                    if item := await todos.get(id):
                        print(" ", _line(item))
            print("all:", _told(await todos.total()))
        case _:  # watch
            async for summary in watch(asked.folder):
                print(_told(summary), flush=True)


def _line(item: Item) -> str:
    return f"{item.id} [{'x' if item.done else ' '}] {item.title}"


def _told(summary: Summary) -> str:
    return f"{summary.done} of {summary.items} done"
