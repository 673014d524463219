"""`Host`, as users see it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable
from functools import partial
from types import TracebackType
from typing import Any, Self, TypeVar

from ..blocking import Blockable, Blocking, LoopThread
from ..cache import ClientCache
from ..errors import ArgumentError, FrameworkError, NotBoundError
from ..front import Front
from ..graph import MAX_COMPUTEDS, Classifier, Graph, Rooted, is_transient
from ..identity import Session
from ..interceptors import Interceptor, checked
from ..observing.health import STOPPED, Health
from ..observing.statistics import HostStatistics
from ..operations import TRIES, EventHandler, OperationLog, event_name, relay
from ..options import count, principals, seconds
from ..primitives import running_loop
from ..remote.client import Client
from ..rpc import OUTAGE_GRACE, Subjects
from ..services.service import Service
from ..signals import stop_signals
from ..transport import Outbound, Table, Transport
from ..transport.credentials import Credentials
from ..wire.limits import Quota, Timing
from .entered import Entered
from .settings import Settings, confided, named

__all__ = ["Host"]

_C = TypeVar("_C", bound=Client)
_B = TypeVar("_B", bound=Blocking[Any])
_E = TypeVar("_E")


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
        me = named(principal)
        self._settings = Settings(
            url=nats_url,
            credentials=credentials,
            transport=transport,
            subjects=Subjects(prefix),
            principal=me,
            confidants=confided(me, confidants),
            gateways=principals("Host", "gateways", gateways),
            log=log,
            interceptors=checked(interceptors),
            client_interceptors=checked(client_interceptors),
            metrics=metrics,
            quota=quota,
            timing=timing,
            outage_grace=seconds("Host", "outage_grace", outage_grace, zero=True),
            unused_after=seconds("Host", "unused_after", unused_after),
            compress=compress,
            cache=cache,
            max_computeds=count("Host", "max_computeds", max_computeds, 1),
            is_transient=is_transient,
        )
        self._entered: Entered | None = None
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
        self._entered = await Entered.enter(self._settings)
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
        await self._open().serving.serve(service, interceptors)

    async def offer(self, service: Service, *, interceptors: Iterable[Interceptor] = ()) -> None:
        """Make a service reachable for the hosts of which this process is a client, and for nobody
        else; they find it with `client(…, of=session)`.

        interceptors: around its bodies, within those of the host; the outermost first.

        Raises:
            NotBoundError: it was used before, or another one of its name is offered here.
            TypeError: an interceptor is none.
        """
        self._open().serving.offer(service, interceptors)

    def client(self, cls: type[_C], *, of: Session | None = None) -> _C:
        """A client of a service, wherever it is served; clients of one class share replicas.

        of: the `Session` of a client of this host, as a method was told it: what that one process
            offers. It is the same client as long as that has a session with this host.

        Raises:
            RemoteUnavailable: the client that is named has left.
        """
        calling = self._open().calling
        return calling.client(cls) if of is None else calling.reach(cls, of.id)

    def table(self, name: str) -> Table:
        """A small table that hosts share, not open yet: over NATS, a JetStream key-value bucket.

        name: that of no sharded service.
        """
        return self._open().serving.table(name)

    def front(self, outbound: Outbound, quota: Quota) -> Front:
        """Let in who does not come over the broker: what gateways are made of, see `Front`.

        outbound: takes what is said to them. quota: of each principal that comes in there.
        """
        return self._open().serving.front(outbound, quota)

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
        make = partial(entered.calling.client, cls)
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
        self._open().commits.handle(EventHandler(event_name(event), event, handler, tries))

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
        transport = entered.wires.transport
        entered.commits.handle(relay(event, subject, transport, self._settings.subjects))

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

    def _open(self) -> Entered:
        if self._entered is None:
            raise NotBoundError(
                "the host is not running: enter it with `async with Host() as host`"
            )
        return self._entered
