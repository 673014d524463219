"""Whose an entry of a store is, as a segment of its key."""

from __future__ import annotations

import hashlib
from urllib.parse import quote

from ..identity import Session

__all__ = ["digest_of", "segment_of"]


def digest_of(session: Session) -> str:
    """Whoever knows the id of a session may be taken for it, so no store has it."""
    id = session.id.encode(errors="surrogatepass")
    return hashlib.blake2b(id, digest_size=16).hexdigest()


def segment_of(name: str) -> str:
    """Another one for each name, without a delimiter, and never `.` or `..`."""
    return quote(name, safe="", errors="surrogatepass").replace(".", "%2E")
