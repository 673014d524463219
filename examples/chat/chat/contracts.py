"""The contract: all that `fusiongen generate` reads."""

from collections.abc import AsyncIterator
from typing import Protocol

from fusionrt import Session, command, compute, service

from chat.records import Message, NotSignedIn


@service(raises=[NotSignedIn])
class Chat(Protocol):
    """Rooms, for whoever is signed in. One is there as soon as something was said in it."""

    @compute
    async def me(self, session: Session) -> str | None:
        """The name of whoever is signed in here."""
        ...

    @compute
    async def rooms(self) -> tuple[str, ...]:
        """Their names, in order."""
        ...

    @compute
    async def messages(self, room: str) -> tuple[Message, ...]:
        """What was said last, the oldest first."""
        ...

    @compute
    async def who(self, room: str) -> tuple[str, ...]:
        """The names of those who are here, in order."""
        ...

    def stay(self, session: Session, room: str) -> AsyncIterator[str | None]:
        """Be here, for as long as this is read."""
        ...

    @command(invalidates=["rooms()", "messages(room)"])
    async def say(self, session: Session, room: str, text: str) -> None:
        """Raises NotSignedIn."""
        ...

    @command(invalidates=[])
    async def sign_out(  # fusiongen: ignore[FG061]
        self, session: Session, everywhere: bool = False
    ) -> None:
        """Be nobody, here or wherever one is signed in."""
        ...
