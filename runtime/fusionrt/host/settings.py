"""What a host was told when it was made."""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass

from ..cache import ClientCache
from ..errors import InvalidSubject
from ..graph import Classifier
from ..interceptors import Interceptor
from ..operations import OperationLog
from ..options import principals
from ..rpc import ANONYMOUS, CONSOLE, TOKEN, Subjects
from ..transport import Transport
from ..transport.credentials import Credentials
from ..wire.limits import Quota, Timing

__all__ = ["Settings", "confided", "named"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """As `Host` takes them, looked at.

    transport: the one that was given.
    confidants: this process's own principal among them.
    """

    url: str | None
    credentials: Credentials | None
    transport: Transport | None
    subjects: Subjects
    principal: str
    confidants: frozenset[str]
    gateways: frozenset[str]
    log: OperationLog | None
    interceptors: tuple[Interceptor, ...]
    client_interceptors: tuple[Interceptor, ...]
    metrics: bool
    quota: Quota
    timing: Timing
    outage_grace: float
    unused_after: float
    compress: bool
    cache: ClientCache | None
    max_computeds: int
    is_transient: Classifier


def named(principal: str | None) -> str:
    """Who this process is.

    Raises:
        InvalidSubject: it is no word that a subject can have.
    """
    if principal is None:
        principal = os.environ.get("FUSION_PRINCIPAL") or ANONYMOUS
    if not TOKEN.fullmatch(principal):
        raise InvalidSubject(principal)
    return principal


def confided(principal: str, confidants: Collection[str]) -> frozenset[str]:
    """Who is told in full why a result was invalidated (D28)."""
    console = {CONSOLE} if principal == ANONYMOUS else set()
    return frozenset({principal, *principals("Host", "confidants", confidants), *console})
