"""Aliases of types, re-exports, every kind of parameter, enum members as defaults."""

from __future__ import annotations

import typing as t
from typing import Protocol

from fusionrt import command, service

from . import offered
from .offered import Maybe, Names, Sorting, cached


@service
class Trees(Protocol):
    @cached
    async def find(
        self, name: str, /, depth: int = 1, *, by: Sorting = Sorting.OLDEST
    ) -> Maybe: ...

    @offered.cached
    async def names(self, of: t.Optional["offered.Node"] = None) -> Names: ...  # noqa: UP037, UP045

    @cached
    async def either(self, what: offered.Either, /) -> t.Union[int, Names, None]: ...  # noqa: UP007

    @command(invalidates=["find(root.name)", "names(root)", "either('all')"])
    async def put(self, root: offered.Node, /) -> None: ...
