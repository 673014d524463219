"""The service, with not a word on caching, updates or connections."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from fusionrt import Session
from fusionrt.ext import Presence, UsersOf
from fusionrt.sql import Database
from sqlalchemy import select

from chat.generated.chat import ChatService
from chat.records import Message, NotSignedIn
from chat.tables import Row

LAST = 100
"""Messages that are told of a room."""


@dataclass
class ChatInSql(ChatService):
    """What was said is in a table; who is signed in and who is here, the services know."""

    db: Database
    users: UsersOf
    presence: Presence

    async def me(self, session: Session) -> str | None:
        user = await self.users.get(session)
        return None if user is None else user.name

    async def rooms(self) -> tuple[str, ...]:
        async with self.db.read() as session:
            names = select(Row.room).distinct().order_by(Row.room)
            return tuple(await session.scalars(names))

    async def messages(self, room: str) -> tuple[Message, ...]:
        async with self.db.read() as session:
            last = select(Row).where(Row.room == room).order_by(Row.id.desc()).limit(LAST)
            return tuple(row.message() for row in await session.scalars(last))[::-1]

    async def who(self, room: str) -> tuple[str, ...]:
        return tuple(user.name for user in await self.presence.who(f"rooms/{room}"))

    async def stay(self, session: Session, room: str) -> AsyncIterator[str | None]:
        async for user in self.presence.stay(session, f"rooms/{room}"):
            yield None if user is None else user.name

    async def say(self, session: Session, room: str, text: str) -> None:
        name = await self.me(session)
        if name is None:
            raise NotSignedIn("sign in to say something")
        async with self.db.begin() as transaction:
            transaction.add(Row(room=room, name=name, text=text))

    async def sign_out(self, session: Session, everywhere: bool = False) -> None:
        if everywhere:
            await self.users.sign_out_everywhere(session)
        else:
            await self.users.sign_out(session)
