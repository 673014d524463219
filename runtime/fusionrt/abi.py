"""What generated code imports, and nothing else does.

A generated package is a table (`Contract`) and typed one-line bodies; everything that they do is
done in the rooms below, so that a fix needs no regeneration.
"""

from __future__ import annotations

from typing_extensions import deprecated

from .blocking import Blocking
from .contract import ANY, AnyArgument, ComputeOptions
from .errors import AbiMismatch
from .remote.client import Client
from .services.accessors import (
    Accessor,
    ChangesMethod,
    ComputedMethod,
    InvalidateAccessor,
    PeekMethod,
)
from .services.service import Service
from .table import (
    ABI,
    Command,
    Compute,
    Contract,
    Keys,
    OneWay,
    Plain,
    Shard,
    Signature,
    Stream,
    Types,
)
from .values.aliases import QuotedAlias

__all__ = [
    "ABI",
    "ANY",
    "Accessor",
    "AnyArgument",
    "Blocking",
    "ChangesMethod",
    "Client",
    "Command",
    "Compute",
    "ComputeOptions",
    "ComputedMethod",
    "Contract",
    "InvalidateAccessor",
    "Keys",
    "OneWay",
    "PeekMethod",
    "Plain",
    "QuotedAlias",
    "Service",
    "Shard",
    "Signature",
    "Stream",
    "Types",
    "deprecated",
]


def __getattr__(name: str) -> object:
    """Generated code of another ABI asks for names that are not here."""
    if name.startswith("__"):
        raise AttributeError(name)
    raise AbiMismatch("a generated package", f"that has {name}", ABI)
