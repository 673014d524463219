"""What the command line says of an error, and with which code it ends."""

from __future__ import annotations

from pathlib import Path

from ..errors import ContractError, GenerationError, NoBaseline, not_installed
from ..show.report import of_diagnostic

__all__ = ["told"]


def told(error: Exception) -> tuple[str, int, str]:
    """The sentence for an error, the exit code, and what stands before it."""
    if isinstance(error, ContractError):
        reports = (str(of_diagnostic(each, "error")) for each in error.diagnostics)
        return "\n".join(reports), 1, ""
    if isinstance(error, GenerationError):
        return str(error), 2 if isinstance(error, NoBaseline) else 1, "error: "
    from fusionrt import FusionError

    from .call import UsageProblem

    if isinstance(error, FusionError):
        return str(error), 2 if isinstance(error, UsageProblem) else 1, "error: "
    return _sentence(error), 1, "error: "


def _sentence(error: Exception) -> str:
    """What is told of an error that is none of ours."""
    match error:
        case OSError() if str(error):
            text = error.strerror or str(error)
            return f"{text}: {error.filename}" if error.filename else str(error)
        case ModuleNotFoundError() if (problem := not_installed(error)) is not None:
            return problem
    from fusionrt.applications import place_of

    place = place_of(error)
    what = f"{type(error).__name__}: {error}".removesuffix(": ")
    where = f"{Path(place.filename).name}:{place.lineno}"
    return f"{what} ({where}); `fusiongen --debug …` shows the traceback"
