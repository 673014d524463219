"""Shards: which host serves which part of a service's keys (D20)."""

from __future__ import annotations

from .lease import LeaseLost, NotOwned, Owned, fencing_token, under_lease
from .ownership import Keeper, Ownership, OwnershipStatistics
from .routing import Routing

__all__ = [
    "Keeper",
    "LeaseLost",
    "NotOwned",
    "Owned",
    "Ownership",
    "OwnershipStatistics",
    "Routing",
    "fencing_token",
    "under_lease",
]
