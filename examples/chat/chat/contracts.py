"""The contract; who is signed in and who is here, those of the library say."""

from typing import Protocol

from fusionrt import Session, command, compute, service

from chat.records import Message, NotSignedIn


@service(raises=[NotSignedIn])
class Chat(Protocol):
    """Rooms. One is there as soon as something was said in it."""

    @compute
    async def rooms(self) -> tuple[str, ...]:
        """Their names, in order."""
        ...

    @compute
    async def messages(self, room: str) -> tuple[Message, ...]:
        """What was said last, the oldest first."""
        ...

    @command(invalidates=["rooms()", "messages(room)"])
    async def say(self, session: Session, room: str, text: str) -> None:
        """Raises NotSignedIn."""
        ...
