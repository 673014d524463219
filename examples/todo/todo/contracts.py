"""The contract: all that `fusiongen generate` reads."""

from typing import Protocol

from fusionrt import command, compute, service

from todo.records import Item, Summary, UnknownItem


@service(raises=[UnknownItem])
class Todos(Protocol):
    """Folders of things to do. A folder is there as long as there is something in it."""

    @compute
    async def folders(self) -> tuple[str, ...]:
        """Their names, in order."""
        ...

    @compute
    async def items(self, folder: str) -> tuple[int, ...]:
        """The ids of what is in it, the oldest first."""
        ...

    @compute
    async def get(self, id: int) -> Item | None:
        """The item, if there is one."""
        ...

    @compute
    async def summary(self, folder: str) -> Summary:
        """Of one folder."""
        ...

    @compute
    async def total(self) -> Summary:
        """Of all folders."""
        ...

    @command(invalidates=["folders()", "items(folder)"])
    async def add(self, folder: str, title: str) -> Item:
        """Something more to do."""
        ...

    @command(invalidates=["get(id)"])
    async def tick(self, id: int, done: bool = True) -> Item:
        """It is done; or it is not, after all."""
        ...

    @command(invalidates=["folders()", "items(result.folder)", "get(id)"])
    async def remove(self, id: int) -> Item:
        """It need not be done."""
        ...
