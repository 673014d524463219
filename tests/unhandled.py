"""Nothing that a test sets off may fail with nobody told: asyncio logs such errors, and goes on."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import Generator, Iterator
from typing import Final

import pytest

__all__ = ["Unhandled"]


class Unhandled(logging.Handler):
    """Fails a test in which asyncio reported an error to its logger, or a task failed and nobody
    took its exception: it would be logged as that task is collected, in whatever test runs then.

    A test that wants such a report takes it, by `loop.set_exception_handler` or `caplog`.
    """

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self._logged: Final[list[str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self._logged.append(logging.Formatter().format(record))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self) -> Generator[None, object, object]:
        logger = logging.getLogger("asyncio")
        logger.addHandler(self)
        try:
            return (yield)
        finally:
            logger.removeHandler(self)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_teardown(self, nextitem: pytest.Item | None) -> Generator[None, None, None]:
        yield
        if nextitem is None:
            gc.collect()
        told = [*self._logged, *_never_taken()]
        self._logged.clear()
        if told:
            pytest.fail("nobody was told of:\n" + "\n".join(told), pytrace=False)


def _never_taken() -> Iterator[str]:
    """Those that the collector has not found; from Python 3.14 on asyncio knows them no more."""
    for name in ("_all_tasks", "_scheduled_tasks"):
        yield from _failed(list(getattr(asyncio.tasks, name, ())))


def _failed(tasks: list[asyncio.Task[object]]) -> Iterator[str]:
    for task in tasks:
        if task.done() and task._log_traceback:
            task._log_traceback = False
            yield f"{task!r}"
