"""Decorators, `ANY`, types and modules under other names."""

# ruff: noqa: UP006, UP007, UP045
import datetime
import typing as t
from typing import Protocol as Interface

import fusionrt as f
from fusionrt import ANY as EVERY
from fusionrt import compute as c
from fusionrt.contract import command as change

from . import kinds as k
from .kinds import Kind as Sort
from .kinds import Wrapper


@f.service(name="renamed", version=3, internal=True)
class AliasedThings(Interface):
    @c
    async def a(self, kind: k.Kind, when: datetime.date) -> t.Optional[Sort]: ...

    @f.compute()
    async def b(self, x: t.Union[int, str, None]) -> t.List[t.Dict[str, k.Kind]]: ...

    @c(error_ttl=2, auto_invalidate=60)
    async def d(self, inner: Wrapper.Inner) -> t.Sequence[Wrapper.Inner]: ...

    @change(invalidates=["a(kind, EVERY)", "b(f.ANY)", "d(inner)"])
    async def put(self, kind: Sort, inner: Wrapper.Inner) -> None: ...


__all__ = ["EVERY", "AliasedThings"]
