"""The types that the cases change, in a contract that uses them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...rule import Case
from ..cases import USE

if TYPE_CHECKING:
    pass

__all__ = ["FIELD", "case"]

FIELD = "\n    id: str"


def case(old: str, new: str) -> Case:
    """Two definitions of `Cart`, each with a contract that returns one."""
    return old + USE, new + USE
