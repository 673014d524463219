"""The pytest plugin: after a test, every cached read is computed again, and compared.

Not imported by `fusionrt.testing`, for it needs pytest; registered by `fusiongen.pytest_plugin`.
"""

from __future__ import annotations

import asyncio
import functools
import inspect
import unittest
import weakref
from collections.abc import Callable, Generator
from typing import Any

import pytest

from ..graph import Graph, inspectors
from ..primitives import running_loop
from .recompute import Stale, stale

__all__ = ["ForgottenInvalidations"]


class ForgottenInvalidations:
    """Fails tests that leave something stale in a cache.

    An asynchronous test is checked when it returned, before its fixtures are torn down: every graph
    of its event loop that is open. What ends before that is checked as it ends: hosts, and the
    loops of `asyncio.run` and its kin in synchronous tests. The services that a test uses are kept
    alive until then; they would be gone with its variables.

    is_checked: whether a test is to be checked.
    """

    def __init__(self, is_checked: Callable[[pytest.Item], bool]) -> None:
        self._is_checked = is_checked
        self._graphs: weakref.WeakSet[Graph] = weakref.WeakSet()
        self._runs = False
        """Whether a test runs that is checked."""
        self._services: list[object] = []
        self._found: list[Stale] = []

    # -- what pytest calls --

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self) -> Generator[None, object, object]:
        inspectors.append(self)
        try:
            return (yield)
        finally:
            inspectors.remove(self)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        if not self._is_checked(item):
            return (yield)
        self._runs = True
        try:
            with pytest.MonkeyPatch.context() as patch:
                self._check_at_its_end(item, patch)
                result = yield
            self._report()
            return result
        finally:
            self._runs = False
            self._services.clear()
            self._found.clear()

    # -- what graphs call --

    def opened(self, graph: Graph) -> None:
        self._graphs.add(graph)

    def joined(self, graph: Graph, service: object) -> None:
        if self._runs:
            self._services.append(service)

    async def ending(self, graph: Graph) -> None:
        if self._runs:
            self._found += await stale(graph)

    # -- the check --

    def _check_at_its_end(self, item: pytest.Item, patch: pytest.MonkeyPatch) -> None:
        """Let an asynchronous test end with a check, whichever plugin runs it."""
        if not isinstance(item, pytest.Function) or _is_unittest(item):
            return
        # Hypothesis calls the test for each example; plugins replace this one, too.
        owner, name = getattr(item.obj, "hypothesis", None), "inner_test"
        if owner is None:
            owner, name = item, "obj"
        test = getattr(owner, name)
        if not inspect.iscoroutinefunction(test):
            return

        @functools.wraps(test)
        async def checked(*args: Any, **kwargs: Any) -> object:
            result = await test(*args, **kwargs)
            if running_loop() is not None:  # else trio runs it
                await self._check(asyncio.get_running_loop())
            return result

        patch.setattr(owner, name, checked)

    async def _check(self, loop: asyncio.AbstractEventLoop) -> None:
        for graph in list(self._graphs):
            if graph.loop is loop and not graph.closed:
                self._found += await stale(graph)
        self._services.clear()
        self._report()

    def _report(self) -> None:
        if self._found:
            lines = "\n".join(f"- {one}" for one in self._found)
            self._found.clear()
            pytest.fail(f"an invalidation was forgotten:\n{lines}", pytrace=False)


def _is_unittest(item: pytest.Function) -> bool:
    """Its runner makes an event loop inside of the test, and ends it there."""
    return item.cls is not None and issubclass(item.cls, unittest.TestCase)
