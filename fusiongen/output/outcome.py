"""What a run of `generate` did."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..errors import Diagnostic

__all__ = ["Outcome"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What `generate` did; paths are absolute.

    warnings: sentences about what the user may not expect.
    diagnostics: what seldom is meant so in the contracts.
    """

    written: tuple[Path, ...]
    unchanged: tuple[Path, ...]
    deleted: tuple[Path, ...]
    warnings: tuple[str, ...]
    diagnostics: tuple[Diagnostic, ...] = ()
