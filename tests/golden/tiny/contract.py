"""A contract with one method, and one with none."""

from typing import Protocol

from fusionrt import command, service


@service
class Button(Protocol):
    @command(invalidates=[])
    async def press(self) -> None: ...


@service
class Nothing(Protocol):
    pass
