"""Why something was invalidated."""

from __future__ import annotations

import functools
import os
import sys
from enum import Enum
from typing import Final, NamedTuple

__all__ = ["Origin", "OriginKind", "calling_line"]


class OriginKind(Enum):
    """What can start an invalidation."""

    CALL = "call"
    """User code called `invalidate`; the detail is its file:line."""
    COMMAND = "command"
    """A command ended; the detail names the command and the key that it invalidated."""
    REMOTE = "remote"
    """A host said so, or could no longer vouch for a replica; the detail is what it told."""
    EXPIRY = "expiry"
    """`auto_invalidate`, an error's time to live, or `current().invalidate_in` ran out."""
    STATE = "state"
    """A `MutableState` was set."""
    RACE = "race"
    """A dependency was already invalidated when it was used (G12)."""
    UNCACHED = "uncached"
    """The result is not cacheable: a framework error, or part of a cycle."""
    DISPOSED = "disposed"
    """The service that it belongs to is gone (G31)."""


class Origin(NamedTuple):
    """The first cause of an invalidation (G16).

    kind: what started it. detail: which one, as text for people; it may name arguments and lines.
    outline: the same with the names of services and methods only; empty: nothing but the kind.
    command: the name of the command that did it, if one did: `carts.put`.
    in_vain: whether the body of a result that it hit did it while it ran, and would do so again
        (G40).
    behind: whether it came right behind the result, before that was used: which was stale when its
        body ended, or is just not cached. To ask again may be in vain.
    """

    kind: OriginKind
    detail: str
    outline: str = ""
    command: str = ""
    in_vain: bool = False
    behind: bool = False

    def __str__(self) -> str:
        return self.detail

    def for_others(self) -> str:
        """What others may read, who must not see arguments, lines or identities (D28)."""
        return self.outline or _OUTLINES[self.kind]


_OUTLINES: Final = {
    OriginKind.CALL: "its service invalidated it",
    OriginKind.COMMAND: "a command invalidated it",
    OriginKind.REMOTE: "what it was made from was invalidated",
    OriginKind.EXPIRY: "it expired",
    OriginKind.STATE: "a state was set",
    OriginKind.RACE: "it was used while it was invalidated",
    OriginKind.UNCACHED: "it is not cached",
    OriginKind.DISPOSED: "its service is gone",
}


def calling_line(depth: int) -> str:
    """`file.py:12` of the code `depth` frames above the caller."""
    frame = sys._getframe(depth + 1)
    return f"{_basename(frame.f_code.co_filename)}:{frame.f_lineno}"


_basename = functools.cache(os.path.basename)
"""Kept, as it is asked for at every invalidation; there are as many as files of code."""
