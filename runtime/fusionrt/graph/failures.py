"""Errors as cached values (G22)."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

from ..errors import FrameworkError

__all__ = [
    "Classifier",
    "Judge",
    "is_cacheable",
    "is_transient",
]

Classifier = Callable[[Exception], bool]
"""Tells whether an error is transient: likely to be gone at the next try."""


def parts(error: Exception) -> Iterator[Exception]:
    """It, or what is in it if it is a group, however deep."""
    pending = [error]
    while pending:
        each = pending.pop()
        if isinstance(each, ExceptionGroup):
            pending += reversed(each.exceptions)
        else:
            yield each


def is_cacheable(error: Exception) -> bool:
    """Whether an error tells of what it is the outcome of.

    One of the framework does not, and a `RecursionError` tells of its caller's stack.
    """
    return not any(isinstance(part, FrameworkError | RecursionError) for part in parts(error))


def is_transient(error: Exception) -> bool:
    """The default classifier: what the network and the operating system may recover from; a group
    if that is all that is in it.
    """
    return all(isinstance(part, OSError | TimeoutError) for part in parts(error))


class Judge:
    """What a graph makes of errors. A classifier or a `retry_after` that raises is reported once
    for each class of errors, and says nothing (G37).
    """

    def __init__(
        self, classifier: Classifier, report: Callable[[str, BaseException], None]
    ) -> None:
        self._classifier = classifier
        self._report = report
        self._told: set[str] = set()

    def is_transient(self, error: Exception) -> bool:
        """Whether it is transient; a group is, too, if every part is (G22)."""
        try:
            if self._classifier(error):
                return True
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as problem:  # a CancelledError, too: nothing is awaited here
            self._tell("the classifier of transient errors raised for", error, problem)
        group = isinstance(error, ExceptionGroup)
        return group and all(self.is_transient(part) for part in parts(error))

    def retry_after(self, error: Exception) -> float:
        """The seconds that the error itself asks to wait before the next try; 0 if it does not.

        A group asks for the longest time that one of its parts does.
        """
        return max(self._asked_by(each) for each in (error, *parts(error)))

    def _asked_by(self, error: Exception) -> float:
        try:
            # Of some libraries it is a text or a date.
            seconds = getattr(error, "retry_after", None)
            if isinstance(seconds, int | float) and math.isfinite(seconds):
                return float(seconds)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as problem:
            self._tell("the `retry_after` raised of", error, problem)
        return 0.0

    def _tell(self, what: str, error: Exception, problem: BaseException) -> None:
        message = f"{what} {type(error).__qualname__}"
        if message not in self._told:
            self._told.add(message)
            self._report(message, problem)
