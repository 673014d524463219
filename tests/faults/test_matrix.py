"""Calls of every kind at every stage under every fault: `python -m tests.faults` plays them all."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from fusionrt.transport import link
from tests.sizes import size

from .cell import CELLS, Call, Cell, Fault, Outage, Stage, played

STRIDE = 61
"""Through all cells in steps of a prime, so that few are of all kinds."""
AT_A_TIME = 4


def chosen(count: int) -> list[Cell]:
    return [CELLS[index * STRIDE % len(CELLS)] for index in range(count)]


def test_the_matrix_is_whole() -> None:
    """Every call at every stage meets every fault, short and long; a few cells are of all kinds."""
    assert len(set(CELLS)) == len(Call) * len(Stage) * len(Fault) * len(Outage)
    assert set(chosen(len(CELLS))) == set(CELLS)
    few = chosen(12)
    assert {cell.fault for cell in few} == set(Fault)
    assert {cell.call for cell in few} == set(Call)
    assert {cell.stage for cell in few} == set(Stage)


@pytest.mark.search
@pytest.mark.timeout(600)
async def test_D14_calls_under_faults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Results are right, or errors say what is known; no command runs twice, no strict read is
    staler than the bound, all converges, nothing is left on either end (D13, D14, D17, D18, D26).
    """
    monkeypatch.setattr(link, "PING_PERIOD", 0.4)
    monkeypatch.setattr(link, "PING_TIMEOUT", 1)
    gate = asyncio.Semaphore(AT_A_TIME)
    failures: list[str] = []

    async def one(cell: Cell) -> None:
        async with gate:
            folder = tmp_path / str(cell)
            folder.mkdir()
            try:
                await played(cell, folder, CELLS.index(cell))
            except AssertionError as error:
                failures.append(f"{cell}: {error}")

    async with asyncio.TaskGroup() as group:
        for cell in chosen(size(12, 60)):
            group.create_task(one(cell))
    assert not failures
