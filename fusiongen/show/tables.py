"""Tables as text: aligned columns, wrapped to a terminal's width."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

__all__ = ["table"]

_GAP = "  "


def table(header: Sequence[str], rows: Sequence[Sequence[str]], width: int | None) -> Iterator[str]:
    """The lines of a table. Columns that are empty in all rows are left out.

    width: of the terminal, in characters; `None` to wrap nothing, so that each row is one line.
    """
    used = [index for index in range(len(header)) if any(row[index] for row in rows)]
    shown = [[row[index] for index in used] for row in (header, *rows)]
    widths = [max(len(row[place]) for row in shown) for place in range(len(used))]
    if width is not None:
        words = [
            max(len(word) for row in shown for word in row[place].split())
            for place in range(len(used))
        ]
        widths = _fitted(widths, words, width - len(_GAP) * (len(widths) - 1))
    for row in shown:
        yield from _lines(row, widths)


def _fitted(widths: list[int], words: list[int], room: int) -> list[int]:
    """Take from the widest columns until all fit; no column gets narrower than its longest word."""
    fitted = list(widths)
    while sum(fitted) > room:
        loose = [place for place, width in enumerate(fitted) if width > words[place]]
        if not loose:
            break
        fitted[max(loose, key=fitted.__getitem__)] -= 1
    return fitted


def _lines(row: list[str], widths: list[int]) -> Iterator[str]:
    cells = [
        textwrap.wrap(cell, width, break_on_hyphens=False, break_long_words=False)
        if len(cell) > width
        else [cell]
        for cell, width in zip(row, widths, strict=True)
    ]
    for number in range(max(map(len, cells), default=0)):
        line = _GAP.join(
            (cell[number] if number < len(cell) else "").ljust(width)
            for cell, width in zip(cells, widths, strict=True)
        )
        yield line.rstrip()
