"""The table, in plain SQLAlchemy."""

from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from todo.records import Item


class Base(DeclarativeBase):
    """Of the tables."""


class Row(Base):
    """Something to do."""

    __tablename__ = "todo_items"

    id: Mapped[int] = mapped_column(primary_key=True)
    folder: Mapped[str] = mapped_column(index=True)
    title: Mapped[str]
    done: Mapped[bool] = mapped_column(default=False)

    def item(self) -> Item:
        """What is told of it."""
        return Item(self.id, self.folder, self.title, self.done)
