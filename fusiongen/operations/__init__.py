"""`fusiongen operations`: the tail of an operation log, and how far each host has read it."""

from .finding import found
from .show import shown

__all__ = ["found", "shown"]
