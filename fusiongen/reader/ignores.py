"""`# fusiongen: ignore[FG060]`: warnings that a comment silences."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..errors import Diagnostic

__all__ = ["is_ignored"]

_COMMENT = re.compile(r"#\s*fusiongen:\s*ignore\[([^\]]*)\]")


def is_ignored(warning: Diagnostic, lines: Sequence[str]) -> bool:
    """Whether the warning's line says so, or a decorator or a comment directly above it.

    lines: of the warning's file.
    """
    line = warning.span.line
    above, own = ["", "", *lines[max(line - 2, 0) : line]][-2:]
    return _names(own, warning.rule) or (
        above.lstrip().startswith(("#", "@")) and _names(above, warning.rule)
    )


def _names(line: str, rule: str) -> bool:
    return any(
        rule in map(str.strip, found.group(1).split(",")) for found in _COMMENT.finditer(line)
    )
