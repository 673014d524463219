"""`SandboxedKeyValueStoreOf`: each client's own part of a store."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from ..errors import KeyRefused
from ..identity import Principal, Session
from ..rpc.subjects import ANONYMOUS
from .contracts import KeyValueStore, Sandbox
from .generated.sandboxed_key_value_store import SandboxedKeyValueStoreService
from .keys import DELIMITER, checked_key
from .owners import digest_of, segment_of

__all__ = ["LONGEST_LIFE", "SandboxedKeyValueStoreOf"]

LONGEST_LIFE: Final = 30 * 86_400.0
"""Seconds; a session does not say when it has ended."""


class SandboxedKeyValueStoreOf(SandboxedKeyValueStoreService):
    """Its entries are in `store`, below a prefix that is made of who asks (W1), and of nothing that
    a client says.
    """

    def __init__(self, store: KeyValueStore) -> None:
        self._store: Final = store

    async def get(
        self, session: Session, principal: Principal, sandbox: Sandbox, key: str
    ) -> str | None:
        mine = _Prefix(session, principal, sandbox, key)
        with _as_asked(key):
            return await self._store.get(mine.key(key))

    async def list(
        self,
        session: Session,
        principal: Principal,
        sandbox: Sandbox,
        prefix: str = "",
        *,
        after: str = "",
        limit: int = 1000,
    ) -> tuple[str, ...]:
        mine = _Prefix(session, principal, sandbox, prefix)
        last = mine.key(after) if after else ""
        with _as_asked(prefix):
            keys = await self._store.list(mine.prefix(prefix), after=last, limit=limit)
        return tuple(map(mine.without, keys))

    async def count(
        self, session: Session, principal: Principal, sandbox: Sandbox, prefix: str = ""
    ) -> int:
        mine = _Prefix(session, principal, sandbox, prefix)
        with _as_asked(prefix):
            return await self._store.count(mine.prefix(prefix))

    async def set(
        self,
        session: Session,
        principal: Principal,
        sandbox: Sandbox,
        key: str,
        value: str,
        *,
        expires_in: float | None = None,
    ) -> None:
        mine = _Prefix(session, principal, sandbox, key)
        if sandbox is Sandbox.SESSION:
            expires_in = min(LONGEST_LIFE if expires_in is None else expires_in, LONGEST_LIFE)
        with _as_asked(key):
            await self._store.set(mine.key(key), value, expires_in=expires_in)

    async def remove(
        self, session: Session, principal: Principal, sandbox: Sandbox, key: str
    ) -> None:
        mine = _Prefix(session, principal, sandbox, key)
        with _as_asked(key):
            await self._store.remove(mine.key(key))


class _Prefix:
    """Two segments: whoever asks is one of them, whatever the name is made of.

    asked: what an error names.
    """

    def __init__(
        self, session: Session, principal: Principal, sandbox: Sandbox, asked: str
    ) -> None:
        if sandbox is Sandbox.USER and principal.name == ANONYMOUS:
            raise KeyRefused(asked, "an anonymous client is no user: Host(principal=…) says who is")
        owner = digest_of(session) if sandbox is Sandbox.SESSION else segment_of(principal.name)
        self._prefix: Final = f"@{sandbox.value}{DELIMITER}{owner}"

    def key(self, key: str) -> str:
        """As the store has it."""
        return f"{self._prefix}{DELIMITER}{checked_key(key)}"

    def prefix(self, prefix: str) -> str:
        """The same of a prefix, which may be empty."""
        return self.key(prefix) if prefix else self._prefix

    def without(self, key: str) -> str:
        """As its owner has it."""
        return key.removeprefix(self._prefix + DELIMITER)


@contextmanager
def _as_asked(asked: str) -> Iterator[None]:
    """What the store refuses is refused by the name that its owner has for it."""
    try:
        yield
    except KeyRefused as refused:
        raise KeyRefused(asked, refused.problem) from None
