"""What the records of the log are found by."""

from __future__ import annotations

import re
from hashlib import blake2b
from typing import Final

from ..stored import StoredOperation

__all__ = ["LOST", "key_of", "word"]

LOST: Final = "lost"
"""The key of a record that says: the journal itself has lost some that were stored."""

_WORD: Final = re.compile(r"[\w-]{1,64}", re.ASCII)


def word(id: str) -> str:
    """An operation's id as a part of a subject, whatever its caller made it of."""
    return id if _WORD.fullmatch(id) else blake2b(id.encode(), digest_size=16).hexdigest()


def key_of(operation: StoredOperation) -> str:
    """Of its own, if somebody may ask for its result; the broker has an index of such keys."""
    return "op" if operation.result is None else result_key(operation.id)


def result_key(id: str) -> str:
    """The key of an operation of which somebody may ask for the result."""
    return f"id.{word(id)}"
