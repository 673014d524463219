"""The parameters that the cases change, and the pairs of parameters that rules look at."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...order import first_moved
from ...rule import Case

if TYPE_CHECKING:
    from ....output.lock import LockedParameter
    from ...comparison import MethodPair

__all__ = ["case", "kept", "moved_parameters", "renamed"]


def case(old: str, new: str) -> Case:
    """A method with the parameters of each side."""
    before, after = (f"    async def get(self, {each}) -> str: ..." for each in (old, new))
    return before, after


def kept(pair: MethodPair) -> Iterator[tuple[LockedParameter, LockedParameter]]:
    """The parameters that both versions have, by name; by position where one was renamed."""
    new = {each.name: each for each in pair.new.sent}
    for parameter in pair.old.sent:
        if parameter.name in new:
            yield parameter, new[parameter.name]
    yield from renamed(pair)


def renamed(pair: MethodPair) -> Iterator[tuple[LockedParameter, LockedParameter]]:
    """The parameters that stand where one of another name stood, which is gone."""
    if len(pair.old.sent) != len(pair.new.sent):
        return
    olds = {each.name for each in pair.old.sent}
    news = {each.name for each in pair.new.sent}
    for old, new in zip(pair.old.sent, pair.new.sent, strict=True):
        if old.name not in news and new.name not in olds:
            yield old, new


def moved_parameters(pair: MethodPair) -> tuple[str, str] | None:
    """The first of the parameters that stayed and moved, and the one that comes after it now."""
    old = [each.name for each in pair.old.sent]
    return first_moved(old, [each.name for each in pair.new.sent if each.name in old])
