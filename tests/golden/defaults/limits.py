from enum import IntEnum

TOP = 7


class Depth(IntEnum):
    SHALLOW = 1
    FULL = 2
