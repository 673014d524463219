"""Scripts: one interleaving each, in which a mistake shows on a machine of whatever speed.

Nobody waits for luck or for a time: whoever is to be late is held until the others have done what
they are to do. A script returns what does not hold, which is nothing but in a runtime with the
mistake of its name.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from . import committing, reading
from .stage import Stage, staged

__all__ = ["ONLY_POSTGRES", "SCRIPTS", "Script", "staged"]

Script = Callable[[Stage], Awaitable[list[str]]]

SCRIPTS: Final[Mapping[str, Script]] = {
    "O1: a row is stored after COMMIT": committing.cut_before_its_row,
    "O2: it is applied and told before COMMIT": committing.read_before_commit,
    "O4: nudges without poll": reading.no_nudges,
    "O6: a cursor over row numbers": reading.committed_out_of_order,
    "O8: the same keys twice in a short time are one change": reading.changed_twice,
    "O9: who was forgotten reads on": reading.forgotten,
    "O11: the start is a time, by the host's clock": reading.clock_ahead,
    "O12: what was committed without an answer is taken for rolled back": committing.answer_lost,
    "O13: an operation's id is forgotten": committing.sent_twice,
    "O17: what was not read is trimmed": reading.trimmed,
    "O19: a session's commit publishes, and not the operation's": committing.read_between_commits,
    "O12: what is in doubt is forgotten": committing.committed_late,
    "D15: what a host stored itself counts as applied": committing.sent_to_another,
    "D15: a change counts as heard of before the log is read": reading.heard_of,
    "D15: who asks late shares a read that began before": reading.asked_late,
}
"""By the mutant that it finds."""

ONLY_POSTGRES: Final = frozenset({"O6: a cursor over row numbers"})
"""SQLite has one writer, whose commits are in the order of its rows."""
