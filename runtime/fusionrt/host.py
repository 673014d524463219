"""`Host`: a process's place among the others: its connection, its graph, services and clients."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Collection, Iterable
from contextlib import AsyncExitStack, suppress
from functools import partial
from types import TracebackType
from typing import Any, Final, Self, TypeVar

from .blocking import Blockable, Blocking, LoopThread
from .broker import Broker
from .cache import ClientCache
from .errors import (
    ArgumentError,
    FrameworkError,
    InvalidSubject,
    NotBoundError,
    OutboxMissing,
    RemoteUnavailable,
)
from .front import Front
from .graph import (
    MAX_COMPUTEDS,
    Classifier,
    Graph,
    Rooted,
    inspect_ending,
    is_transient,
    let_unused_go,
)
from .identity import Asker, Session
from .interceptors import Interceptor, Side, attach, checked, name_of
from .observing.discovery import Announced, Discovery
from .observing.health import STOPPED, Health, health_of
from .observing.meter import Meter
from .observing.statistics import HostStatistics
from .operations import (
    TRIES,
    Applier,
    EventHandler,
    HostCommitter,
    Nudges,
    OperationLog,
    Reflection,
    event_name,
    relay,
)
from .options import count, principals, seconds
from .primitives import background, new_id, running_loop
from .remote.client import Client
from .remote.cycles import Cycles
from .remote.for_browsers import RemoteForBrowsers, ShardRemoteForBrowsers
from .remote.last_known import LastKnown
from .remote.remote import Remote
from .remote.servant import ServiceServant
from .remote.shard_remote import ShardRemote
from .remote.shard_service import ShardService
from .rpc import (
    ANONYMOUS,
    CONSOLE,
    OUTAGE_GRACE,
    TOKEN,
    Caller,
    Clients,
    Loose,
    Outlet,
    Responder,
    Subjects,
)
from .services.binding import Binding
from .services.pipeline import Pipeline, kinds_of
from .services.service import Service
from .signals import stop_signals
from .table import Contract
from .transport import Listener, Outbound, Table, Transport
from .transport.credentials import Credentials
from .transport.nats import NatsTransport
from .transport.signing import public_url
from .wire.limits import Quota, Timing
from .wire.packing import Packing

__all__ = ["Host", "HostStatistics"]

_C = TypeVar("_C", bound=Client)
_B = TypeVar("_B", bound=Blocking[Any])
_E = TypeVar("_E")

_log = logging.getLogger("fusionrt")

GRACE: Final = 10.0
"""Seconds that running calls get to end when the host stops."""


class Host(Rooted):
    """Serves services and makes clients, over one NATS connection.

        async with Host("nats://127.0.0.1:4222") as host:
            await host.serve(CartsInMemory(host.client(ProductsClient)))
            await host.run_forever()

    A process that has no event loop enters it by `with`: it runs in a thread of its own then, and
    its clients are those of `blocking`. Not before a fork: a thread is not taken along.

    nats_url: the broker; without one, the environment's `NATS_URL`; without that, the embedded
        broker, which is started if nobody did, and stopped with whoever started it.
    credentials: how to sign in there, and TLS; without them, those that the environment names
        (`NATS_USER`, `NATS_CREDS`, `NATS_CA` …, see `Credentials`). A user in the URL signs in
        instead.
    transport: instead of a broker, for tests; it is closed with the host.
    prefix: the first token of every subject; hosts with different ones do not meet.
    principal: who this process is, in the subjects that its clients listen on, and to methods that
        take a `Principal` (W1); one word of letters, digits, `_` and `-`. Without one, the
        environment's `FUSION_PRINCIPAL`; without that, `anonymous`. A broker with permissions knows
        it as the user that signs in (D30).
    confidants: principals that are told in full why a result was invalidated, by which arguments
        and in which line. This host's own is; others read names of services and methods only (D28).
        `fusiongen watch` is `console`; a host that names no principal confides in it.
    gateways: principals whose calls are made for browsers, where they say so: of processes that run
        a `Gateway`. Methods that take a `Session` get that of the browser (W1). This process needs
        no such trust in itself.
    log: where the operations of its commands are stored, and those of other hosts are read:
        `database.log()`, `JetStreamLog()`. All hosts of a service have the same. Without one they
        tell each other as best they can, and what is not told in time is not known (O4).
    interceptors: around the bodies of the services that it serves, whoever calls them; the
        outermost first. `async def audit(call, next)`; see `Interceptor`. Those of one service,
        `serve(service, interceptors=[…])`, come within; their order is in `statistics()`.
    client_interceptors: around the calls of other processes that its clients make.
    metrics: measure bodies, calls, and recomputations that changed nothing, for
        `statistics().measured`; a few microseconds a body, nothing a hit.
    quota: what one principal may have of each service that is served here, over all its processes;
        beyond that it is refused with `Overloaded`, and nobody else is.
    timing: of the sessions; every process of a system has the same.
    outage_grace: seconds that the connection to the broker may be lost before watchers are told
        of it, and calls fail with it as their cause (D26).
    unused_after: seconds after which replicas that nobody used are let go, and what was made from
        them: its host need not tell of them any more (D25).
    compress: make messages of 4 KiB and more smaller where that is worth it, between processes that
        both do; needs the extra `zstd`. It costs processor time and saves bytes: for slow or dear
        networks. Who can see the length of what is encrypted, and choose a part of it, may guess
        the rest.
    cache: last known results of services, kept from one process to the next; see `ClientCache`.
    max_computeds: how many results are kept here, replicas included; see `Graph`.
    is_transient: tells errors that may be gone at the next try from others; see `Graph`.

    Raises:
        InvalidSubject: the prefix cannot begin a subject, or the principal is no such word.
        ArgumentError: a time or a number is out of bounds, or names are one text.
        TypeError: an interceptor is none.

    Raises, when it is entered:
        BrokerUnavailable: no broker answers at the URL.
        AuthorizationFailed: it does not let this process in.
        NotPermitted: it does not let this process hear answers as this principal.
        BadCredentials: the credentials cannot be used.
        CacheUnavailable: the file of `cache` cannot be used.
        PortTaken: the embedded broker's port is used by something else.
        MissingPackage: the embedded broker is not installed; or what compresses, if that is asked.
    """

    def __init__(
        self,
        nats_url: str | None = None,
        *,
        credentials: Credentials | None = None,
        transport: Transport | None = None,
        prefix: str = "fusion",
        principal: str | None = None,
        confidants: Collection[str] = (),
        gateways: Collection[str] = (),
        log: OperationLog | None = None,
        interceptors: Iterable[Interceptor] = (),
        client_interceptors: Iterable[Interceptor] = (),
        metrics: bool = False,
        quota: Quota = Quota(),  # noqa: B008 - immutable
        timing: Timing = Timing(),  # noqa: B008 - immutable
        outage_grace: float = OUTAGE_GRACE,
        unused_after: float = 60.0,
        compress: bool = False,
        cache: ClientCache | None = None,
        max_computeds: int = MAX_COMPUTEDS,
        is_transient: Classifier = is_transient,
    ) -> None:
        self._url = nats_url
        self._credentials = credentials
        self._is_transient = is_transient
        self._max_computeds = count("Host", "max_computeds", max_computeds, 1)
        self._given = transport
        self._subjects = Subjects(prefix)
        if principal is None:
            principal = os.environ.get("FUSION_PRINCIPAL") or ANONYMOUS
        if not TOKEN.fullmatch(principal):
            raise InvalidSubject(principal)
        self._principal = principal
        console = {CONSOLE} if principal == ANONYMOUS else set()
        named = principals("Host", "confidants", confidants)
        self._confidants = frozenset({principal, *named, *console})
        self._gateways = principals("Host", "gateways", gateways)
        self._interceptors = checked(interceptors)
        self._client_interceptors = checked(client_interceptors)
        self._metrics = metrics
        self._log = log
        self._timing = timing
        self._quota = quota
        self._outage_grace = seconds("Host", "outage_grace", outage_grace, zero=True)
        self._unused_after = seconds("Host", "unused_after", unused_after)
        self._compress = compress
        self._cache = cache
        self._entered: _Entered | None = None
        self._thread: LoopThread | None = None

    @property
    def iid(self) -> str:
        """This process's instance id, never reused."""
        return self._open().iid

    @property
    def url(self) -> str:
        """The broker's URL, without a password; empty over another transport."""
        return self._open().url

    @property
    def graph(self) -> Graph:
        """The graph of the services and clients of this host."""
        return self._open().graph

    async def __aenter__(self) -> Self:
        if self._entered is not None:
            raise NotBoundError("the host is running: make another `Host` for another block")
        self._entered = await _Entered.enter(self)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        entered, self._entered = self._open(), None
        await entered.leave(drain=error is None or isinstance(error, asyncio.CancelledError))

    def __enter__(self) -> Self:
        if self._thread is not None:
            raise NotBoundError("the host is running: make another `Host` for another block")
        thread = LoopThread(self)
        thread.start()
        self._thread = thread
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        thread, self._thread = self._thread, None
        assert thread is not None
        thread.stop()

    async def serve(self, service: Service, *, interceptors: Iterable[Interceptor] = ()) -> None:
        """Make a service reachable, and keep it alive until the host stops.

        interceptors: around its bodies, within those of the host; the outermost first.

        Raises:
            NotBoundError: it was used before, or another one of its name is served here.
            NotPermitted: the broker does not let this process serve it.
            TypeError: an interceptor is none.
        """
        await self._open().serve(service, interceptors)

    async def offer(self, service: Service, *, interceptors: Iterable[Interceptor] = ()) -> None:
        """Make a service reachable for the hosts of which this process is a client, and for nobody
        else; they find it with `client(…, of=session)`.

        interceptors: around its bodies, within those of the host; the outermost first.

        Raises:
            NotBoundError: it was used before, or another one of its name is offered here.
            TypeError: an interceptor is none.
        """
        self._open().offer(service, interceptors)

    def client(self, cls: type[_C], *, of: Session | None = None) -> _C:
        """A client of a service, wherever it is served; clients of one class share replicas.

        of: the `Session` of a client of this host, as a method was told it: what that one process
            offers. It is the same client as long as that has a session with this host.

        Raises:
            RemoteUnavailable: the client that is named has left.
        """
        return self._open().client(cls) if of is None else self._open().reach(cls, of.id)

    def table(self, name: str) -> Table:
        """A small table that hosts share, not open yet: over NATS, a JetStream key-value bucket.

        name: that of no sharded service.
        """
        return self._open().table(name)

    def front(self, outbound: Outbound, quota: Quota) -> Front:
        """Let in who does not come over the broker: what gateways are made of, see `Front`.

        outbound: takes what is said to them. quota: of each principal that comes in there.
        """
        return self._open().front(outbound, quota)

    def blocking(self, cls: type[Blockable[_B]]) -> _B:
        """A client for code that does not await, in threads other than that of the host's loop.

            with Host("nats://127.0.0.1:4222") as host:
                print(host.blocking(CartsClient).total("1"))

        Raises:
            FrameworkError: it was generated without: set `blocking = true` in `[tool.fusiongen]`.
        """
        entered = self._open()
        if not (hasattr(cls, "_fusion_blocking") and issubclass(cls, Client)):
            raise FrameworkError(
                f"{cls.__name__} has no form that blocks: set `blocking = true` in "
                "[tool.fusiongen], and run `fusiongen generate`"
            )
        make = partial(entered.client, cls)
        in_loop = running_loop() is entered.graph.loop
        client = make() if in_loop else entered.graph.call_from_thread(make)
        return cls._fusion_blocking()(client, entered.graph)

    def on(
        self,
        event: type[_E],
        handler: Callable[[_E, str], Awaitable[object]],
        *,
        tries: int = TRIES,
    ) -> None:
        """From now on do what events of a type ask for, that commands stored (`operation.event`).

            host.on(ReminderDue, todos.remind_of)    # async def remind_of(event, id) -> None

        Serve first what the handler calls. Of all hosts of the database that have one, one runs it
        at a time; at least once, for this process may die before that is written down, so it has to
        bear to be called again with the same `id`: see `operation.once`. If it fails it is tried
        again, later and later; then the event is kept as dead (`Database.outbox`). It is cancelled
        if the database cannot be told within 30 s that it still runs. It is called outside of
        commands, up to 16 at a time, also for events that others stored before this host began.

        tries: how often; 5 take some six minutes.

        Raises:
            OutboxMissing: the host has no log that keeps events.
            FrameworkError: this type has a handler here, or a relay.
            ArgumentError: no class of one's own, no function, or no number of tries.
        """
        count("Host.on", "tries", tries, 1)
        if not callable(handler):
            raise ArgumentError("Host.on", f"handler: expected a function, not {handler!r}")
        self._open().handle(EventHandler(event_name(event), event, handler, tries))

    def relay(self, event: type[Any], subject: str | None = None) -> None:
        """From now on tell other systems of events of a type: as JSON, in the JetStream stream
        `<prefix>-events`, at `<prefix>.events.<subject>`, with the event's id as `Nats-Msg-Id`.

        The stream is made if it is not there, for a week and 1 GiB. While there is no JetStream
        they wait. A type is relayed or handled, by all hosts alike: each event goes to one of them.

        subject: words with dots; the name of the type without one.

        Raises:
            OutboxMissing, FrameworkError, ArgumentError: as `on`.
        """
        entered = self._open()
        entered.handle(relay(event, subject, entered._transport, self._subjects))

    def statistics(self) -> HostStatistics:
        """What this process did as a part of the system since the host was entered, and what it
        holds now. Counts of a session end with it.

        Raises:
            NotBoundError: the host is not running.
        """
        return self._open().statistics()

    @property
    def ready(self) -> bool:
        """Whether calls may be sent here: it runs, is not stopping, has its broker, and the hosts
        of the services that it calls answer. `health()` tells why not.
        """
        return self.health().ready

    def health(self) -> Health:
        """How it stands with its broker and with the services that it calls; also of a host that
        does not run.
        """
        return STOPPED if self._entered is None else self._entered.health()

    async def run_forever(self) -> None:
        """Return on SIGTERM or SIGINT; leaving the `async with` block then ends what runs.

        One signal ends every `run_forever` of the process, and those that its loops begin later.
        In another thread than the main one it hears what a `run_forever` (or `python -m fusionrt`)
        in the main thread receives; handlers that were installed before are called, too.
        """
        with stop_signals() as stop:
            await stop.wait()

    def _open(self) -> _Entered:
        if self._entered is None:
            raise NotBoundError(
                "the host is not running: enter it with `async with Host() as host`"
            )
        return self._entered


class _News(Listener):
    """Tells the log of losses, which cost freshness and nothing else."""

    def disconnected(self, broker: str) -> None:
        _log.warning("the connection to the broker %s is lost; looking for it again", broker)

    def reconnected(self) -> None:
        _log.warning("the connection to the broker is back")


class _Entered:
    """What a host has while it runs."""

    _exits: AsyncExitStack

    def __init__(self, transport: Transport, url: str, host: Host) -> None:
        self.url = url
        self.iid: Final = new_id()
        self.graph = Graph(max_computeds=host._max_computeds, is_transient=host._is_transient)
        self._transport = transport
        self._subjects = host._subjects
        self._confidants = host._confidants
        self._gateways = host._gateways
        self._principal = host._principal
        self._meter = Meter() if host._metrics else None
        meters = () if self._meter is None else (self._meter,)
        self._interceptors = (*meters, *host._interceptors)
        self._client_interceptors = (*meters, *host._client_interceptors)
        self._attached: dict[int, Interceptor] = {}
        self._attach((*self._interceptors, *self._client_interceptors))
        self._timing = host._timing
        self._packing = Packing(transport.max_payload) if host._compress else None
        self._quota = host._quota
        self._cache = host._cache
        loose = Loose()
        self._caller = Caller(
            transport,
            subjects=host._subjects,
            principal=host._principal,
            timing=host._timing,
            outage_grace=host._outage_grace,
            loose=loose,
            packing=self._packing,
        )
        self._loose = loose
        self._outlet = Outlet(transport, loose)
        transport.add_listener(_News())
        self._applier = Applier(self.graph, self.iid, transport, host._subjects)
        self._nudges = Nudges(self._applier, loose)
        self._committer = HostCommitter(
            self.graph, self._applier, self._nudges, self._outlet.hasten
        )
        self._cycles = Cycles(self.graph, self._caller)
        self._reflection = Reflection(self.graph, self._nudges, self._caller)
        self._caller.writes.on_wrote = self.graph.wrote
        self._caller.writes.here = self._reflection.here
        self._caller.writes.on_sources(self._tell_sources)
        self._discovery = Discovery(transport, self.iid, host._subjects, self.statistics)
        self._services: dict[str, Service] = {}
        self._offered: set[str] = set()
        self._responders: list[Responder] = []
        self._fronts: list[Front] = []
        self._shards: dict[str, ShardService] = {}
        self._clients: dict[type[Client], Client] = {}
        self._callers = Clients(self._left)
        self._reached: dict[tuple[str, str], dict[type[Client], Client]] = {}
        """What clients of this host offer, as long as they have sessions."""

    @classmethod
    async def enter(cls, host: Host) -> Self:
        async with AsyncExitStack() as exits:
            url = host._url or os.environ.get("NATS_URL") or ""
            transport = host._given
            if transport is None:
                if not url:
                    broker = await exits.enter_async_context(await Broker.start())
                    url = broker.url
                transport = await NatsTransport.connect(
                    url, credentials=host._credentials, inbox=f"_INBOX_{host._principal}"
                )
            exits.push_async_callback(transport.close)
            if host._cache is not None:
                await host._cache.open(f"{host._subjects.prefix} {host._principal}")
                exits.push_async_callback(host._cache.close)
            entered = cls(transport, public_url(url), host)
            if entered._meter is not None:
                exits.callback(entered._meter.close)
            exits.push_async_callback(entered._caller.close)
            exits.callback(entered.graph.close)
            exits.push_async_callback(entered._discovery.close)
            await entered._caller.open()
            if host._given is None:
                await transport.flush()
            if host._log is not None:
                opened = host._log.open(entered._applier)
                entered._nudges.log = await exits.enter_async_context(opened)
                exits.callback(entered._nudges.close)
            sweeping = background(
                let_unused_go(entered.graph, host._unused_after), name="fusion unused"
            )
            exits.callback(sweeping.cancel)
            entered._exits = exits.pop_all()
            return entered

    def _attach(self, interceptors: Iterable[Interceptor]) -> None:
        """Each gets the graph once, in however many lists it stands."""
        for each in interceptors:
            if id(each) not in self._attached:
                self._attached[id(each)] = each
                attach(each, self.graph)

    def _adopt(self, service: Service, interceptors: Iterable[Interceptor]) -> Binding:
        if not isinstance(service, Service):
            raise NotBoundError(f"serve takes an instance of a generated …Service, not {service!r}")
        binding = service._fusion
        name = binding.contract.name
        if name in self._services:
            raise NotBoundError(f"this host serves {name} already: one instance a host")
        every = (*self._interceptors, *checked(interceptors))
        if binding.graph is None:  # else it is refused
            binding.pipeline = self._pipeline(binding.contract, Side.HOST, every)
        binding.adopt(self.graph)
        self._attach(every)
        if not self._services:
            watching = background(self._cycles.watch(), name="fusion cycles")
            self._exits.callback(watching.cancel)
        self._services[name] = service
        return binding

    def offer(self, service: Service, interceptors: Iterable[Interceptor]) -> None:
        binding = self._adopt(service, interceptors)
        cid = self._caller.cid
        responder = self._responder(ServiceServant(binding, cid), binding.contract.name, cid)
        self._exits.push_async_callback(responder.close)
        self._exits.callback(responder.offer(self._transport, self._caller.offer))
        self._offered.add(responder.service)

    def reach(self, cls: type[_C], session: str) -> _C:
        principal, _, cid = session.rpartition(".")
        contract = self._contract_of(cls)
        if (principal, cid) not in self._callers:
            raise RemoteUnavailable(contract.name, "the client has left")
        clients = self._reached.setdefault((principal, cid), {})
        if cls not in clients:
            peer = self._caller.reach(contract.name, (principal, cid))
            clients[cls] = cls(Remote(contract, peer, self.graph, self._pipeline_to(contract)))
        client = clients[cls]
        assert isinstance(client, cls)
        return client

    def _left(self, principal: str, cid: str) -> None:
        """A client has no session here any more."""
        self._reached.pop((principal, cid), None)
        self._caller.left(principal, cid)

    async def serve(self, service: Service, interceptors: Iterable[Interceptor]) -> None:
        binding = self._adopt(service, interceptors)
        binding.committer = self._committer
        subscription = await self._nudges.listen(binding.contract)
        self._exits.push_async_callback(subscription.unsubscribe)
        servant, shards = ServiceServant(binding, self.iid, self._cycles.came), None
        log = self._nudges.log
        checks = [] if log is None else [log.check]
        if binding.contract.shard is not None:
            table = self.table(binding.contract.name)
            shards = ShardService(binding, self.iid, table, self._timing, self._cycles.came)
            servant = shards.servant
            checks.append(shards.check)
        name = binding.contract.name
        responder = self._responder(servant, name, self.iid, self._callers, checks)
        self._exits.push_async_callback(responder.close)
        await responder.open(self._transport)
        await self._transport.flush()
        if shards is not None:
            self._shards[responder.service] = shards
            self._exits.push_async_callback(shards.close)
            await shards.open(responder)
        await self._announce(binding.contract, servant)

    def table(self, name: str) -> Table:
        return self._transport.table(self._subjects.table(name))

    def handle(self, handler: EventHandler) -> None:
        if self._nudges.log is None:
            raise OutboxMissing(handler.name)
        self._nudges.log.handle(handler)

    async def _announce(self, contract: Contract, servant: ServiceServant) -> None:
        name, kinds = contract.name, kinds_of(contract)
        await self._discovery.announce(Announced(name, contract.version, kinds, servant.requests))

    def _responder(
        self,
        servant: ServiceServant,
        name: str,
        iid: str,
        clients: Clients | None = None,
        checks: Iterable[Callable[[], None]] = (),
    ) -> Responder:
        responder = Responder(
            name,
            iid,
            servant,
            self._transport,
            self._outlet,
            subjects=self._subjects,
            timing=self._timing,
            confidants=self._confidants,
            packing=self._packing,
            clients=clients,
            asker=self._asker,
            quota=self._quota,
            checks=checks,
            reflect=partial(self._reflection.reflect, name),
        )
        self._responders.append(responder)
        self._tell_sources()
        return responder

    def front(self, outbound: Outbound, quota: Quota) -> Front:
        def responder(servant: ServiceServant, name: str) -> Responder:
            return Responder(
                name,
                self.iid,
                servant,
                outbound,
                outlet,
                subjects=self._subjects,
                timing=self._timing,
                confidants=(),
                asker=lambda principal, cid: Asker.browser(principal),
                quota=quota,
                reflect=partial(self._reflection.reflect, name),
            )

        outlet = Outlet(outbound, self._loose)
        remote = self._remote_for_browsers
        front = Front(self.graph, self.iid, remote, responder, self._tell_sources)
        self._fronts.append(front)
        self._exits.push_async_callback(front.close)
        return front

    def _remote_for_browsers(self, cls: type[Client]) -> Remote:
        contract = self._contract_of(cls)
        if contract.for_clients is contract:
            return self._remote(contract)
        name, pipeline = contract.name, self._pipeline_to(contract)
        if contract.shard is not None:
            owners = self._caller.shard_peer(name)
            return ShardRemoteForBrowsers(contract, owners, self.graph, pipeline)
        return RemoteForBrowsers(contract, self._caller.peer(name), self.graph, pipeline)

    def _asker(self, principal: str, cid: str) -> Asker:
        is_gateway = principal in self._gateways or cid == self._caller.cid
        return Asker(principal, cid, is_gateway=is_gateway)

    def _tell_sources(self) -> None:
        """Also of what is served beside them: other hosts of that may change it, too (D15)."""
        fronted = (each for front in self._fronts for each in front.responders)
        for responder in (*self._responders, *fronted):
            beside = frozenset(self._services) - {responder.service}
            responder.sources(self._caller.writes.sources | beside)

    def _contract_of(self, cls: type[Client]) -> Contract:
        if not (isinstance(cls, type) and issubclass(cls, Client)):
            raise NotBoundError(f"client takes a generated …Client class, not {cls!r}")
        return cls._fusion_contract

    def client(self, cls: type[_C]) -> _C:
        contract = self._contract_of(cls)
        client = self._clients.get(cls)
        if client is None:
            client = self._clients[cls] = cls(self._remote(contract))
        assert isinstance(client, cls)
        return client

    def _remote(self, contract: Contract) -> Remote:
        pipeline = self._pipeline_to(contract)
        if contract.shard is not None:
            peer = self._caller.shard_peer(contract.name)
            return ShardRemote(contract, peer, self.graph, pipeline)
        known = None if self._cache is None else LastKnown(self._cache, contract)
        return Remote(contract, self._caller.peer(contract.name), self.graph, pipeline, known)

    def _pipeline_to(self, contract: Contract) -> Pipeline | None:
        return self._pipeline(contract, Side.CLIENT, self._client_interceptors)

    def _pipeline(
        self, contract: Contract, side: Side, interceptors: tuple[Interceptor, ...]
    ) -> Pipeline | None:
        return Pipeline(contract, side, self._principal, interceptors) if interceptors else None

    def statistics(self) -> HostStatistics:
        log = self._nudges.log
        return HostStatistics(
            graph=self.graph.statistics(),
            transport=self._transport.statistics(),
            services={each.service: each.statistics() for each in self._responders},
            shards={name: each.statistics() for name, each in self._shards.items()},
            outlet=self._outlet.statistics(),
            caller=self._caller.statistics(),
            interceptors={name: _around(each) for name, each in self._services.items()},
            measured=None if self._meter is None else self._meter.measured(),
            log=None if log is None else log.statistics(),
        )

    def health(self, *, starting: bool = False, stopping: bool = False) -> Health:
        services = tuple(name for name in self._services if name not in self._offered)
        told = self._caller.statistics()
        return health_of(told, services, starting=starting, stopping=stopping)

    async def leave(self, drain: bool) -> None:
        """Stop: with drain, what runs gets some time to end (D22)."""
        async with self._exits:
            if drain:
                await inspect_ending(self.graph)
                with suppress(TimeoutError):
                    async with asyncio.timeout(GRACE):
                        fronts = [front.drain() for front in self._fronts]
                        await asyncio.gather(*fronts, *map(self._drain, self._responders))

    async def _drain(self, responder: Responder) -> None:
        if responder.service in self._shards:
            await self._shards[responder.service].drain()
        await responder.drain()


def _around(service: Service) -> tuple[str, ...]:
    """What is around its bodies, the outermost first."""
    pipeline = service._fusion.pipeline
    return () if pipeline is None else tuple(map(name_of, pipeline.interceptors))
