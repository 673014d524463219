"""Whose answer it is, whatever ids a host names, in whatever order (D21)."""

from __future__ import annotations

from typing import Any, cast

import pytest

from fusionrt.rpc.client.answer import Ask
from fusionrt.rpc.client.lots import Lot, Lots
from fusionrt.rpc.client.session import Session
from fusionrt.wire.frames import Kind

ASK, OTHER = Ask(Kind.PLAIN, 1, timeout=2.0), Ask(Kind.PLAIN, 2, timeout=3.0)


class _Session:
    """All that a lot asks of one; no machine is so busy that a call comes too late to join it."""

    @staticmethod
    def now() -> float:
        return 100.0


class _Lot(Lot):
    def give_up(self, index: int, answer: object) -> None:
        """Nobody awaits calls here."""


def _lot(ask: Ask, first: int, count: int) -> Lot:
    lot = _Lot(cast("Session", _Session()), ask, count)
    for id in range(first, first + count):
        call: Any = lot.add(b"%d" % id)
        call.close()  # without the compiled core it is a coroutine
    lot.first = first
    return lot


@pytest.fixture
async def lots() -> tuple[Lots, list[Any]]:
    """Calls 2 to 5 of one way, 6 to 8 of another one; and what is awaited of each, by id."""
    lots = Lots()
    answers: list[Any] = [None, None]
    for lot in (_lot(ASK, 2, 4), _lot(OTHER, 6, 3)):
        answers += lot.answers
        lots.add(lot)
    return lots, answers


@pytest.mark.parametrize(
    ("ids", "ask", "left"),
    [
        ((2, 3, 4, 5), ASK, 3),
        ((3, 4), ASK, 5),
        ((1, 4, 5, 9), ASK, 5),
        ((1, 2, 3), ASK, 5),
        ((6, 7, 8), OTHER, 4),
        ((5, 3, 4), ASK, 4),
        ((2, 4, 5), ASK, 4),
        ((1,), None, 7),
        ((9, 10), None, 7),
        ((8, 9, 10), OTHER, 6),
    ],
)
async def test_those_that_are_named_are_over(
    lots: tuple[Lots, list[Any]], ids: tuple[int, ...], ask: Ask | None, left: int
) -> None:
    """In a row or not, with some before and behind that are of no lot; the others wait on."""
    books, answers = lots
    found = books.take(ids)
    others = [place for place, id in enumerate(ids) if id not in range(2, 9)]
    assert found == (ask, [answers[id] if id < len(answers) else None for id in ids], others)
    assert len(books) == left and [books.find(id) for id in ids] == [None] * len(ids)
    waiting = {id for id in range(2, 9)} - set(ids)
    assert books.all().keys() == waiting
    assert all(books.all()[id].answer is answers[id] for id in waiting)


async def test_what_is_named_twice_is_over_once(lots: tuple[Lots, list[Any]]) -> None:
    """In one message, or by the next one."""
    books, answers = lots
    assert books.take((3, 3, 4)) == (ASK, [answers[3], None, answers[4]], [])
    assert books.take((2, 3, 4, 5)) == (ASK, [answers[2], None, None, answers[5]], [])
    assert books.take((2, 3, 4, 5)) == (None, [None] * 4, [0, 1, 2, 3]) and len(books) == 3
    assert books.next_due() == books.late(float("inf"))[0].due


async def test_a_call_by_itself_is_over(lots: tuple[Lots, list[Any]]) -> None:
    """As what fails is; with its own arguments."""
    books, answers = lots
    call = books.pop(4)
    assert call is not None and call.answer is answers[4] and call.arguments == b"4"
    assert books.pop(4) is None and books.pop(1) is None and books.pop(9) is None
    assert [late.id for late in books.late(float("inf"))] == [2, 3, 5, 6, 7, 8]
    assert books.timed == len(books) == 6
    books.clear()
    assert len(books) == 0 and books.all() == {}
