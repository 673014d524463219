"""What `generate` and `check` print of problems, as text, as JSON, or for GitHub."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import Diagnostic

if TYPE_CHECKING:
    from ..output.drift import Finding

__all__ = ["FORMATS", "Report", "of_diagnostic", "of_finding"]


@dataclass(frozen=True, slots=True)
class Report:
    """One problem.

    kind: `stale`, `hand-edited`, `orphaned`, `old-abi`, `breaking`, `error` or `warning`.
    message: whole sentences, without the place.
    path: relative to the project, with `/`; None if there is no place for it.
    rule: the id of the rule that was broken.
    detail: what else to show as text, such as a diff.
    """

    kind: str
    message: str
    path: str | None = None
    line: int | None = None
    column: int | None = None
    rule: str | None = None
    detail: str = ""

    def __str__(self) -> str:
        if self.line is None:
            return f"{self.kind}: {self.message}"
        return f"{self.path}:{self.line}:{self.column}: {self.kind}: {self.message}"


def of_diagnostic(diagnostic: Diagnostic, kind: str) -> Report:
    """A broken rule."""
    span = diagnostic.span
    message = f"{diagnostic.rule} {diagnostic.message}. {diagnostic.fix}"
    return Report(kind, message, span.path, span.line, span.column, diagnostic.rule)


def of_finding(finding: Finding) -> Report:
    """A generated file that is not as it should be."""
    return Report(finding.kind.value, finding.message, finding.path, detail=finding.diff)


def _text(reports: Sequence[Report]) -> Iterator[str]:
    for report in reports:
        yield str(report)
        if report.detail:
            yield report.detail


def _json(reports: Sequence[Report]) -> Iterator[str]:
    """A list of objects; what does not apply is null."""
    yield json.dumps(
        [
            {
                "kind": each.kind,
                "rule": each.rule,
                "path": each.path,
                "line": each.line,
                "column": each.column,
                "message": each.message,
                "diff": each.detail or None,
            }
            for each in reports
        ],
        indent=2,
    )


def _github(reports: Sequence[Report]) -> Iterator[str]:
    for report in reports:
        command = "warning" if report.kind == "warning" else "error"
        where = {
            "file": report.path,
            "line": report.line,
            "col": report.column,
            "title": f"fusiongen: {report.rule or report.kind}",
        }
        properties = ",".join(
            f"{name}={_property(str(value))}" for name, value in where.items() if value is not None
        )
        yield f"::{command} {properties}::{_data(report.message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


FORMATS: Mapping[str, Callable[[Sequence[Report]], Iterator[str]]] = {
    "text": _text,
    "json": _json,
    "github": _github,
}
"""By name: turns reports into what is printed, piece by piece."""
