"""The table, in plain SQLAlchemy."""

from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from chat.records import Message


class Base(DeclarativeBase):
    """Of the tables."""


class Row(Base):
    """Something that was said."""

    __tablename__ = "chat_messages"

    id: Mapped[int] = mapped_column(primary_key=True)
    room: Mapped[str] = mapped_column(index=True)
    name: Mapped[str]
    text: Mapped[str]

    def message(self) -> Message:
        """What is told of it."""
        return Message(self.id, self.name, self.text)
