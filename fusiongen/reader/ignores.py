"""`# fusiongen: ignore[FG060]`: warnings that a comment silences."""

from __future__ import annotations

import re

from ..errors import Diagnostic
from .sources import Sources

__all__ = ["is_ignored"]

_COMMENT = re.compile(r"#\s*fusiongen:\s*ignore\[([^\]]*)\]")


def is_ignored(sources: Sources, warning: Diagnostic) -> bool:
    """Whether the warning's line says so, or a decorator or a comment directly above it."""
    span = warning.span
    if _names(sources.line(span.path, span.line), warning.rule):
        return True
    above = sources.line(span.path, span.line - 1)
    return above.lstrip().startswith(("#", "@")) and _names(above, warning.rule)


def _names(line: str, rule: str) -> bool:
    return any(
        rule in map(str.strip, found.group(1).split(",")) for found in _COMMENT.finditer(line)
    )
