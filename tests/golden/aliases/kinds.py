from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    ONE = 1


class Wrapper:
    @dataclass(frozen=True)
    class Inner:
        value: int
