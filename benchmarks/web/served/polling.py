"""FastAPI: a page asks again and again for the texts of its keys."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import FastAPI, Query

from ..contracts import Written
from . import Server
from .told import hears, new_loop, serves

__all__ = ["SERVER"]


@asynccontextmanager
async def _serve(url: str) -> AsyncIterator[int]:
    texts: dict[int, Written] = {}
    app = FastAPI()

    async def read(keys: Annotated[str, Query()]) -> dict[int, Written]:
        return {key: texts[key] for key in map(int, keys.split(","))}

    async def changed(those: dict[int, Written]) -> None:
        pass

    app.get("/texts")(read)
    async with hears(url, texts, changed), serves(app) as port:
        yield port


SERVER = Server(_serve, new_loop)
