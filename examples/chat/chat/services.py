"""The service, with not a word on caching, updates or connections."""

from dataclasses import dataclass

from fusionrt import Session
from fusionrt.ext import Users
from fusionrt.sql import Database
from sqlalchemy import select

from chat.generated.chat import ChatService
from chat.records import Message, NotSignedIn
from chat.tables import Row

LAST = 100
"""Messages that are told of a room."""


@dataclass
class ChatInSql(ChatService):
    """What was said is in a table; who says it, `users` knows."""

    db: Database
    users: Users

    async def rooms(self) -> tuple[str, ...]:
        async with self.db.read() as session:
            names = select(Row.room).distinct().order_by(Row.room)
            return tuple(await session.scalars(names))

    async def messages(self, room: str) -> tuple[Message, ...]:
        async with self.db.read() as session:
            last = select(Row).where(Row.room == room).order_by(Row.id.desc()).limit(LAST)
            return tuple(row.message() for row in await session.scalars(last))[::-1]

    async def say(self, session: Session, room: str, text: str) -> None:
        user = await self.users.get(session)
        if user is None:
            raise NotSignedIn("sign in to say something")
        async with self.db.begin() as transaction:
            transaction.add(Row(room=room, name=user.name, text=text))
