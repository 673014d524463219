"""What is told of a chat."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Message:
    """Something that was said."""

    id: int
    name: str
    text: str


class NotSignedIn(Exception):
    """Raised when nobody knows who says something."""
