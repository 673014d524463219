"""Names from elsewhere, offered under other names."""

from fusionrt import compute as cached

from .kinds import Either, Maybe, Names, Node
from .kinds import Order as Sorting

__all__ = ["Either", "Maybe", "Names", "Node", "Sorting", "cached"]
