"""Where names are defined that the contract gets elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import Optional, TypeAlias, Union


class Order(Enum):
    OLDEST = auto()
    NEWEST = auto()


@dataclass(frozen=True)
class Node:
    name: str
    inner: tuple[Node, ...] = ()


Names: TypeAlias = "tuple[str, ...]"
Maybe = Optional[Node]  # noqa: UP045
Either = Union[str, Names]  # noqa: UP007
