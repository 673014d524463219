"""What a gateway tells of itself: facts of now, and counts since it began."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..rpc import ResponderStatistics

__all__ = ["GatewayStatistics"]


@dataclass(frozen=True, slots=True)
class GatewayStatistics:
    """pages: that are connected. waiting: bytes that wait for them.

    closed: how often a page was closed, by the name of the code that it was told (`slow`,
        `flooding` …). lost: messages to pages that were not there.
    posts: calls that came by requests, and run.
    services: what each does for its pages.
    """

    pages: int = 0
    waiting: int = 0
    closed: Mapping[str, int] = field(default_factory=dict)
    lost: int = 0
    posts: int = 0
    services: Mapping[str, ResponderStatistics] = field(default_factory=dict)
