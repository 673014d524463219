"""`ShardPeer`: the way to a sharded service: each call goes to the host that owns its shard (D20).

Whoever owns a shard listens on its subject. A client asks there who that is, and opens one session
with each host that it needs, for all shards that this owns. A call that comes to another host than
the owner is refused before it runs, and goes to the owner.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Final, Unpack

from ...errors import FusionError, RemoteUnavailable
from ...transport import Transport
from ...wire.envelopes import HostEnvelope, encode_client_envelope
from ...wire.frames import VERSION, Ending, Hello, Welcome
from ...wire.refusals import moved_shard, refusal
from ...wire.runs import Request
from ..subjects import Place, Subjects
from .answer import Ask, Pending
from .owner import Call
from .peer import CLOSED, PATIENCE, Options, Peer
from .registration import Registration
from .search import ANYBODY, PAUSE, Patience, Search, ShardIncoming, ShardPending
from .session import Session
from .stream import Incoming
from .upload import Upload

__all__ = ["ShardPeer"]

HELLOS: Final = 2
"""So many hellos without an answer, and the shard is looked for anew."""


class ShardPeer(Peer):
    """See above."""

    def __init__(
        self,
        service: str,
        transport: Transport,
        place: Place,
        *,
        subjects: Subjects,
        **options: Unpack[Options],
    ) -> None:
        super().__init__(service, transport, place, **options)
        self._subjects = subjects
        owner = self._timing.lease + PATIENCE  # so long it may take until a lease has lapsed
        self._patience = Patience(self._timing.hello, owner, PATIENCE)
        self._owners: dict[int, str] = {}
        self._by_host: dict[str, Session] = {}
        self._searches: dict[int, Search] = {}

    # -- calls --

    def ask(
        self,
        ask: Ask,
        arguments: bytes,
        operation: str = "",
        registration: Registration | None = None,
        shard: int | None = None,
    ) -> Pending:
        """See `Peer`. shard: whose owner is asked; None: any host, which may know."""
        deadline = self._now() + ask.timeout
        answer = self._loop.create_future()
        call = ShardPending(ask, arguments, deadline, operation, answer, shard=shard)
        call.registration = registration
        if registration is None:
            call.due = deadline
            session = self._by_host.get(self._owners.get(-1 if shard is None else shard, ""))
            if session is not None and (seconds := session.refuses(ask.timeout)):
                self._fail_soon(partial(call.fail, ask.error(refusal(seconds))))
                return call
        self._send(call)
        return call

    def stream(
        self, request: Request, upload: Upload | None = None, shard: int | None = None
    ) -> Incoming:
        """See `Peer`."""
        incoming = ShardIncoming(request, upload)
        incoming.shard = shard
        self._send(incoming)
        return incoming

    async def call(self, request: Request, registration: Registration | None = None) -> Any:
        """See `Peer`; for who does not know the contract, and so no shard."""
        ask = request.ask
        assert isinstance(ask, Ask)
        call = ShardPending(
            ask, *request[1:], self._loop.create_future(), registration=registration
        )
        self._send(call)
        try:
            return await call.answer
        except BaseException:
            call.give_up()
            raise

    def _session_for(self, call: Call) -> Session | None:
        assert isinstance(call, ShardPending | ShardIncoming)
        if call.shard is None:
            return super()._session_for(call)
        iid = self._owners.get(call.shard)
        if iid is None:
            self._search(call.shard).add(call)
            return None
        session = self._by_host.get(iid)
        if session is None:
            session = self._by_host[iid] = self._open(_Line(self, iid))
        return session

    # -- finding the owner --

    def _search(self, shard: int, *, after: float = 0.0) -> Search:
        search = self._searches.get(shard)
        if search is None:
            search = self._searches[shard] = Search(shard, self, self._patience, after=after)
        return search

    def look(self, search: Search) -> None:
        self._who_is_at(self._subjects.shard(self.service, search.shard), search.gen)
        if search.asked > 1:
            self._who_is_at(self._place.found, search.hosts_gen)

    def _who_is_at(self, subject: str, gen: int) -> None:
        hello = (Hello(1, VERSION, ANYBODY),)
        data = encode_client_envelope(self._cid, self._principal, gen, 0, hello)
        self._transport.publish(subject, data, self._place.answered)

    def no_owner(self, search: Search) -> FusionError:
        if search.hosts:
            problem = f"no host owns shard {search.shard}"
        else:
            problem = "no host serves it; start one that does (`fusiongen run MODULE:ATTR`)"
        return RemoteUnavailable(self.service, problem)

    def given_up(self, search: Search) -> None:
        self._searches.pop(search.shard, None)

    def _found(self, search: Search, iid: str) -> None:
        del self._searches[search.shard]
        self._owners[search.shard] = iid
        for call in search.take():
            self._send(call)

    def _stranger(self, envelope: HostEnvelope) -> None:
        if any(isinstance(frame, Welcome) for frame in envelope.frames):
            for search in list(self._searches.values()):
                if envelope.gen == search.gen:
                    self._found(search, envelope.iid)
                elif envelope.gen == search.hosts_gen:
                    search.hosts = True

    def _nobody_listens(self, subject: str) -> None:
        super()._nobody_listens(subject)
        nowhere = subject == self._place.found
        for search in list(self._searches.values()):
            if nowhere:
                search.hosts = False
            elif subject == self._subjects.shard(self.service, search.shard):
                search.nobody()
        for iid, session in list(self._by_host.items()):
            if session.iid is None and subject == self._place.host(iid):
                self._abandon(session)

    def _abandon(self, session: Session) -> None:
        """Its host was gone before it answered: look again for the owners of its shards."""
        if session.iid is None and not session.over:
            self._forget(session)
            for call in session.abandon():
                self._send(call)

    def moved(self, call: Call, failure: Ending) -> None:
        assert isinstance(call, ShardPending | ShardIncoming)
        session, call.session = call.session, None
        if call.shard is None:
            call.shard = moved_shard(failure.data)
        if call.shard is None:
            super().moved(call, failure)
            return
        if session is not None and self._owners.get(call.shard) == session.iid:
            del self._owners[call.shard]
        call.moves += 1
        if call.shard not in self._owners and self._closed is None:
            # At once it would find the same host, which is about to leave the shard.
            pause = min(PAUSE[0] * 2 ** min(call.moves - 1, 10), PAUSE[1])
            self._search(call.shard, after=pause)
        self._send(call)

    # -- sessions --

    def publish_to(self, target: str, iid: str | None, data: bytes) -> None:
        """Send for the session with a host, which pushes it. What asks whether there is another one
        goes to whoever owns its shards now, too.
        """
        subject = self._place.host(target)
        self._transport.publish(subject, data, self._place.answered, held=True)
        session = self._by_host.get(target)
        if iid is None and session is not None and session.iid is not None:
            for shard, owner in self._owners.items():
                if owner == target:
                    subject = self._subjects.shard(self.service, shard)
                    self._transport.publish(subject, data, self._place.answered, held=True)

    def unanswered(self, target: str) -> None:
        """A host did not answer so far."""
        session = self._by_host.get(target)
        if session is not None:  # later, for it is sending just now
            self._loop.call_soon(self._abandon, session)

    def draining(self, session: Session) -> None:
        super().draining(session)
        self._leave(session)

    def _forget(self, session: Session) -> None:
        super()._forget(session)
        self._leave(session)

    def _leave(self, session: Session) -> None:
        for iid in [iid for iid, other in self._by_host.items() if other is session]:
            del self._by_host[iid]
            self._owners = {shard: owner for shard, owner in self._owners.items() if owner != iid}

    # -- the connection --

    def close(self, reason: str = CLOSED) -> None:
        super().close(reason)
        assert self._closed is not None
        self._fail_searches(self._closed)

    def cut_off(self) -> None:
        super().cut_off()
        self._fail_searches(self._outage.error(self.service))

    def reconnected(self) -> None:
        super().reconnected()
        for search in self._searches.values():
            search.again(0.0)

    def _fail_searches(self, error: FusionError) -> None:
        searches, self._searches = self._searches, {}
        for search in searches.values():
            for call in search.take():
                call.fail(error)

    def _forget_all(self) -> list[Session]:
        self._owners.clear()
        self._by_host.clear()
        return super()._forget_all()


class _Line:
    """Sends for the session with one host."""

    def __init__(self, peer: ShardPeer, target: str) -> None:
        self._peer = peer
        self._target = target
        self._hellos = 0

    def __call__(self, iid: str | None, data: bytes) -> None:
        self._peer.publish_to(self._target, iid, data)
        if iid is None:
            self._hellos += 1
            if self._hellos > HELLOS:
                self._peer.unanswered(self._target)
