"""What can be wrong with a project, and where: nothing that a user writes ends in a traceback."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

__all__ = [
    "ContractError",
    "Diagnostic",
    "GenerationError",
    "NoBaseline",
    "Span",
    "Violation",
    "not_installed",
]

_PARTS = ("typer", "libcst", "jinja2")
"""What the generator is made with, and a deployed service has not."""


def not_installed(error: ModuleNotFoundError) -> str | None:
    """What to do about a part of the generator that is not there; `None` for any other module."""
    if error.name not in _PARTS:
        return None
    return "the generator is not installed: pip install 'fusiongen[gen]'"


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A place in a file: its path relative to the project, and line and column counted from 1."""

    path: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True, order=True)
class Diagnostic:
    """One thing that a contract rule refuses, why, and how to mend it."""

    span: Span
    rule: str
    message: str
    fix: str

    def __str__(self) -> str:
        return f"{self.span}: {self.rule} {self.message}. {self.fix}"


class GenerationError(Exception):
    """Raised when a project cannot be generated; the message says what to do."""


class ContractError(GenerationError):
    """Raised when contracts break rules: every diagnostic there is, in the order of the files."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(sorted(set(diagnostics)))
        super().__init__("\n".join(map(str, self.diagnostics)))


class NoBaseline(GenerationError):
    """Raised when there is no lock to compare with where one was named."""


class Violation(Exception):
    """Raised inside the reader where reading on makes no sense; carries the one diagnostic."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        self.diagnostic = diagnostic
        super().__init__(str(diagnostic))
