"""A type as JavaScript and TypeScript have it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

__all__ = ["Shown", "Tag", "Unsupported"]


class Unsupported(Exception):
    """Raised for a type that JavaScript cannot be given; says which, and why."""

    def __init__(self, type_: str, reason: str) -> None:
        super().__init__(f"`{type_}` {reason}")


@dataclass(frozen=True, slots=True)
class Shown:
    """One type.

    codec: the JavaScript that makes its codec. script: its spelling in TypeScript.
    forms: what its values are in JavaScript.
    """

    codec: str
    script: str
    forms: frozenset[str]


class Tag(NamedTuple):
    """The field by which a record names itself, and what that says."""

    field: str
    value: str | int
