"""`UsersOf`: who is signed in, in a store of texts.

An entry for each session says whose it is, and which mark its user had at the sign-in. Signing out
everywhere is one write, of another mark: no session can be forgotten, and everything that was made
from one of them depends on it.
"""

from __future__ import annotations

from asyncio import gather
from datetime import datetime
from typing import Final

import msgspec

from ..errors import SessionUsed
from ..identity import Session
from ..primitives import new_id, utc_now
from .contracts import KeyValueStore
from .generated.users import UsersService
from .owners import digest_of, segment_of
from .people import SignIn, User

__all__ = ["LONGEST", "UsersOf"]

LONGEST: Final = 30 * 86_400.0
"""Seconds that somebody is signed in; a browser keeps its cookie as long."""
_ENDED: Final = ""
"""Kept of a session that was signed out, for it is worth nothing any more."""


class _Entry(msgspec.Struct, frozen=True, array_like=True):
    user: User
    device: str
    since: datetime
    mark: str


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(_Entry).decode


class UsersOf(UsersService):
    """Its entries are in `store`, below `@sign-ins` and `@users`, with digests of sessions.

    It may be served, or be used by other services of its process, or both; any number of processes
    may have one over the same store:

        users = UsersOf(host.client(KeyValueStoreClient))
        await host.serve(Orders(users))             # there: `await self.users.get(session)`
    """

    def __init__(self, store: KeyValueStore) -> None:
        self._store: Final = store

    async def sign_in(self, session: Session, user: User, device: str = "") -> None:
        """Somebody has proven to the application who they are. No client can call this.

            response = RedirectResponse("/", 303)
            await users.sign_in(gateway.renew(request, response), User("github/1", "Ann"))

        session: a new one, so that none that was known before is worth anything (W1).
        device: what it is shown as to its user, such as `Firefox on Linux`.

        Raises:
            SessionUsed: it was signed in before.
            KeyRefused: the user has no id, or one that is too long.
        """
        key = digest_of(session)
        if await self._store.get(_sign_in(key)) is not None:
            raise SessionUsed(session)
        mark = await self._mark(user)
        await self._store.set(f"{_sign_ins(user)}/{key}", "", expires_in=LONGEST)
        entry = _encode(_Entry(user, device, utc_now(), mark)).decode()
        await self._store.set(_sign_in(key), entry, expires_in=LONGEST)

    async def get(self, session: Session) -> User | None:
        entry = await self._entry(digest_of(session))
        return None if entry is None else entry.user

    async def sessions(self, session: Session) -> tuple[SignIn, ...]:
        mine = digest_of(session)
        entry = await self._entry(mine)
        if entry is None:
            return ()
        listed = await self._store.list(_sign_ins(entry.user))
        keys = [each.rpartition("/")[2] for each in listed]
        entries = await gather(*map(self._entry, keys))
        found = [
            SignIn(key, each.device, each.since, key == mine)
            for key, each in zip(keys, entries, strict=True)
            if each is not None
        ]
        return tuple(sorted(found, key=lambda each: each.since, reverse=True))

    async def sign_out(self, session: Session, key: str | None = None) -> None:
        entry = await self._entry(mine := digest_of(session))
        if entry is None:
            return
        if key is None:
            key = mine
        elif key not in [each.key for each in await self.sessions(session)]:
            return
        await self._store.set(_sign_in(key), _ENDED, expires_in=LONGEST)
        await self._store.remove(f"{_sign_ins(entry.user)}/{key}")

    async def sign_out_everywhere(self, session: Session) -> None:
        entry = await self._entry(digest_of(session))
        if entry is None:
            return
        await self._store.set(_marked(entry.user), new_id())
        for key in await self._store.list(_sign_ins(entry.user)):
            await self._store.remove(key)

    async def ended(self, session: Session) -> bool:
        """Whether somebody was signed in by it, and is not any more: for `Gateway(ended=…)`."""
        key = digest_of(session)
        return await self._store.get(_sign_in(key)) is not None and await self._entry(key) is None

    async def _entry(self, key: str) -> _Entry | None:
        """Of a session that is signed in."""
        text = await self._store.get(_sign_in(key))
        if not text:
            return None
        entry = _decode(text)
        return entry if entry.mark == await self._mark(entry.user) else None

    async def _mark(self, user: User) -> str:
        return await self._store.get(_marked(user)) or ""


def _sign_in(key: str) -> str:
    return f"@sign-ins/{key}"


def _sign_ins(user: User) -> str:
    return f"@users/{segment_of(user.id)}/sign-ins"


def _marked(user: User) -> str:
    return f"@users/{segment_of(user.id)}/mark"
