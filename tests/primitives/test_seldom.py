"""Lines that others can make happen as often as they like."""

from __future__ import annotations

import asyncio
import logging

import pytest

from fusionrt.seldom import PERIOD, Seldom
from tests.virtual import virtual


def test_D21_a_flood_is_one_line_in_a_while(caplog: pytest.LogCaptureFixture) -> None:
    """Of each kind; the next one says how many there were."""

    @virtual
    async def flood() -> None:
        seldom = Seldom(logging.getLogger("fusionrt"))
        for number in range(100):
            seldom.warning("%d came", number)
            seldom.warning("another thing")
        await asyncio.sleep(PERIOD)
        for number in range(3):
            seldom.warning("%d came", number)
        await asyncio.sleep(PERIOD)
        seldom.warning("another thing")

    flood()
    assert [each.getMessage() for each in caplog.records] == [
        "0 came",
        "another thing",
        "0 came (99 more like it since the last of these lines)",
        "another thing (99 more like it since the last of these lines)",
    ]


async def test_an_exception_is_told_with_its_traceback(caplog: pytest.LogCaptureFixture) -> None:
    """That which is handled, or the one that is given."""
    seldom = Seldom(logging.getLogger("fusionrt"))
    try:
        raise ValueError("this")
    except ValueError:
        seldom.exception("it failed")
    seldom.exception("it failed, too", exc_info=KeyError("that"))
    assert [each.exc_text for each in caplog.records] != [None, None]
    assert "ValueError: this" in caplog.text and "KeyError: 'that'" in caplog.text
