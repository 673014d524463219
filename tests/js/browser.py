"""A real browser: the Chromium that npm brings, or one that the machine has."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from .node import HERE, NODE, installed

__all__ = ["IN_BROWSER", "NO_BROWSER", "browser", "chromium", "shared_chromium"]

IN_BROWSER = pytest.mark.asyncio(loop_scope="session")
"""Marks tests of which all that one worker runs have one browser: `chromium`."""

NO_BROWSER = "no Chromium"
"""What a test says that was skipped for lack of one."""
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_OPTIONS = ("--no-sandbox", "--no-zygote")


@cache
def _executable() -> str | None:
    if platform.system() == "Linux" and platform.machine() == "x86_64":
        installed()
        command = [NODE, HERE / "chromium.mjs"]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
        return done.stdout.strip()
    return next(filter(None, map(shutil.which, _NAMES)), None)


@asynccontextmanager
async def browser() -> AsyncIterator[Browser]:
    """Start it. Where there is none, the test is skipped; in CI it fails."""
    executable = _executable()
    if executable is None:
        reason = f"{NO_BROWSER} for {platform.system()} {platform.machine()}: install one"
        (pytest.fail if {"CI", "FUSION_CI"} & os.environ.keys() else pytest.skip)(reason)
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=executable, args=_OPTIONS)
        try:
            yield chromium
        finally:
            await chromium.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shared_chromium() -> AsyncIterator[Browser]:
    """That of all tests of this worker, in the loop that they share."""
    async with browser() as chromium:
        yield chromium


@pytest_asyncio.fixture(loop_scope="session")
async def chromium(shared_chromium: Browser) -> AsyncIterator[Browser]:
    """A browser without any page."""
    yield shared_chromium
    for context in list(shared_chromium.contexts):
        await context.close()
