"""Every error that the runtime raises. Facts are attributes; the message says what to do next.

FusionError
├── FrameworkError            never cached (G22)
│   ├── CycleError
│   ├── ServiceDisposed
│   ├── ArgumentError         (TypeError)
│   │   └── BadOperation
│   ├── CommandInComputeError
│   ├── ForeignCancellation
│   ├── NotBoundError
│   ├── NotInCommand
│   ├── LogMissing
│   ├── MissingTables         (LookupError)
│   ├── OldTables
│   ├── UnknownShard          (LookupError)
│   ├── WrongThread           (RuntimeError)
│   ├── AbiMismatch           (ImportError)
│   ├── StaleCode             (ImportError)
│   └── UnsupportedType       (TypeError)
├── WireError                 (ValueError)
├── ClockError                (ValueError)
├── KeyRefused                (ValueError)
├── SessionUsed               (ValueError)
├── BrokerUnavailable         (ConnectionError)
│   ├── AuthorizationFailed   (PermissionError)
│   └── JetStreamUnavailable
├── CacheUnavailable          (OSError)
├── NotPermitted              (PermissionError)
├── BadCredentials            (ValueError)
├── RemoteUnavailable         (ConnectionError)
│   └── OutcomeUnknown
├── Overloaded                (ConnectionError)
├── Refused
├── CallTimeout               (TimeoutError)
└── RemoteError

Of those that a call of another process raises, each says whether it `may_have_run` there.
"""

from __future__ import annotations

import builtins

__all__ = [
    "AbiMismatch",
    "ArgumentError",
    "AuthorizationFailed",
    "BadCredentials",
    "BadOperation",
    "BrokerUnavailable",
    "CacheUnavailable",
    "CallTimeout",
    "ClockError",
    "CommandInComputeError",
    "CycleError",
    "EventExists",
    "ForeignCancellation",
    "FrameworkError",
    "FusionError",
    "InvalidSubject",
    "JetStreamUnavailable",
    "KeyRefused",
    "LogMissing",
    "MessageTooLarge",
    "MissingPackage",
    "MissingTables",
    "NotBoundError",
    "NotInCommand",
    "NotPermitted",
    "OldTables",
    "OutboxMissing",
    "OutcomeUnknown",
    "Overloaded",
    "PortTaken",
    "Refused",
    "RemoteError",
    "RemoteUnavailable",
    "ServiceDisposed",
    "SessionUsed",
    "StaleCode",
    "UnknownShard",
    "UnsupportedType",
    "WireError",
    "WrongThread",
]


class FusionError(Exception):
    """The root of every error that the runtime raises itself."""


class FrameworkError(FusionError):
    """Raised when the framework was used in a way that it cannot serve. Never cached (G22)."""


class CycleError(FrameworkError):
    """Raised when a compute call waits, directly or through others, for itself (G30, D24)."""

    def __init__(self, keys: tuple[str, ...]) -> None:
        self.keys = keys
        super().__init__(
            f"compute calls wait for each other in a cycle: {' → '.join(keys)}; "
            "break it by reading the shared part through a method of its own"
        )


class ServiceDisposed(FrameworkError):
    """Raised by a call on a service whose instance or host is gone (G29)."""

    def __init__(
        self, service: str, problem: str = "its instance was dropped, or its host has stopped"
    ) -> None:
        self.service = service
        self.problem = problem
        super().__init__(f"the service {service} is gone: {problem}")


class ArgumentError(FrameworkError, builtins.TypeError):
    """Raised when an argument does not have its declared type."""

    def __init__(self, method: str, problem: str) -> None:
        self.method = method
        self.problem = problem
        super().__init__(f"{method} was called with a wrong argument: {problem}")


class BadOperation(ArgumentError):
    """Raised when the id of an operation is another command's, or no text of 1 to 200 characters
    without a NUL.
    """


class CommandInComputeError(FrameworkError):
    """Raised when a compute body calls a command: reading must not change state."""

    def __init__(self, command: str, body: str) -> None:
        self.command = command
        self.body = body
        super().__init__(
            f"{body} called the command {command} while it was computed; "
            "a compute method only reads: call the command from outside of it"
        )


class ForeignCancellation(FrameworkError):
    """Raised when a body was cancelled, twice, by something that is not its caller (G20)."""

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(
            f"{key} was cancelled from within, twice; something that its body awaits is cancelled "
            "by somebody else: await a future of its own, or shield it"
        )


class NotBoundError(FrameworkError):
    """Raised when a service or client is used where it belongs to no graph, or to another one."""


class NotInCommand(FrameworkError):
    """Raised by `operation` where no command runs.

    member: what was asked of it.
    """

    def __init__(self, member: str) -> None:
        self.member = member
        super().__init__(
            f"{member} was used outside of a command: it belongs into the body of one, "
            "or into what that awaits"
        )


class LogMissing(FrameworkError):
    """Raised by the first `begin()` of a command whose host has not the log of that database.

    command: its name.
    """

    def __init__(self, command: str) -> None:
        self.command = command
        super().__init__(
            f"{command} writes to a database whose operation log its host does not have, so that "
            "nobody would hear of it: write `Host(…, log=db.log())`, and serve the service there"
        )


class OutboxMissing(FrameworkError):
    """Raised where an event is to be stored or handled by a host whose log keeps none.

    subject: the command, or the type of the events.
    """

    def __init__(self, subject: str) -> None:
        self.subject = subject
        super().__init__(
            f"{subject}: events are stored in the transaction of a database, whose operation log "
            "this host does not have: write `Host(…, log=db.log())`, and serve the service there"
        )


class EventExists(FusionError, builtins.LookupError):
    """Raised when an event is stored whose id is there: an earlier one, for which it may be too
    late to be changed.

    id: of both.
    """

    def __init__(self, id: str) -> None:
        self.id = id
        super().__init__(
            f"there is an event {id} already, or was a short time ago: take another id, or say "
            'what is to become of it, `conflict="skip"` or `"update"`, which must be in time'
        )


class MissingTables(FrameworkError, builtins.LookupError):
    """Raised when a host is entered whose operation log has no tables in its database.

    table: the first that was looked for.
    """

    def __init__(self, table: str) -> None:
        self.table = table
        super().__init__(
            f"the database has no table {table}: call `await db.create_all()` once, or add it to "
            "your Alembic project by `fusiongen migrations`, and let `alembic upgrade head` make it"
        )


class OldTables(FrameworkError):
    """Raised when a host is entered whose operation log has tables of an earlier version.

    version: theirs. needed: that of this release.
    """

    def __init__(self, version: int, needed: int) -> None:
        self.version = version
        self.needed = needed
        super().__init__(
            f"the tables of the operation log are of version {version}, and this release needs "
            f"{needed}: run `fusiongen migrations`, and then `alembic upgrade head`"
        )


class UnknownShard(FrameworkError, builtins.LookupError):
    """Raised when a session is asked for on a shard that its database does not have.

    shard: its name; empty if none was named. known: those that there are.
    """

    def __init__(self, shard: str, known: tuple[str, ...]) -> None:
        self.shard = shard
        self.known = known
        asked = f"has no shard {shard!r}" if shard else "has several shards, and none was named"
        names = f"name one of its {len(known)}" if any(known) else "it has one, without a name"
        super().__init__(f"the database {asked}: {names}")


class WrongThread(FrameworkError, builtins.RuntimeError):
    """Raised when a graph is used outside of its event loop's thread.

    Also by `Graph.call_from_thread` inside of that thread, which would wait for itself.
    """

    def __init__(self, problem: str) -> None:
        self.problem = problem
        super().__init__(f"a graph belongs to the thread of its event loop: {problem}")


class AbiMismatch(FrameworkError, builtins.ImportError):
    """Raised at import when generated code and runtime do not fit each other."""

    def __init__(self, package: str, generated: object, runtime: int) -> None:
        self.package = package
        self.generated = generated
        self.runtime = runtime
        super().__init__(
            f"{package} was generated for ABI {generated}, this fusionrt has ABI {runtime}: "
            "run `fusiongen generate` with the fusiongen that is installed beside it"
        )


class StaleCode(FrameworkError, builtins.ImportError):
    """Raised at import when a contract has changed since its code was generated."""

    def __init__(self, service: str, methods: tuple[str, ...]) -> None:
        self.service = service
        self.methods = methods
        super().__init__(
            f"the generated code of {service} is not what its contract says "
            f"({', '.join(methods)} differ): run `fusiongen generate`"
        )


class UnsupportedType(FrameworkError, builtins.TypeError):
    """Raised when a type cannot travel or name a result, or a value is not of a type that can.

    subject: the type, as it is written.
    problem: why not, and what to declare instead.
    """

    def __init__(self, subject: str, problem: str) -> None:
        self.subject = subject
        self.problem = problem
        super().__init__(f"{subject} {problem}")


class WireError(FusionError, builtins.ValueError):
    """Raised when bytes from the wire are not what the contract declares (D21)."""


class ClockError(FusionError, builtins.ValueError):
    """Raised when a clock is asked for what no clock can tell.

    call: what it was asked. problem: why not, and what to ask instead.
    """

    def __init__(self, call: str, problem: str) -> None:
        self.call = call
        self.problem = problem
        super().__init__(f"the clock cannot tell {call}: {problem}")


class KeyRefused(FusionError, builtins.ValueError):
    """Raised when a key-value store is asked for what is no key, or to keep what it cannot.

    key: which it was. problem: why not.
    """

    def __init__(self, key: str, problem: str) -> None:
        self.key = key
        self.problem = problem
        super().__init__(f"the store refuses {key!r}: {problem}")


class SessionUsed(FusionError, builtins.ValueError):
    """Raised when somebody signs in by a session that was signed in before (W1)."""

    def __init__(self, session: object) -> None:
        self.session = session
        super().__init__(
            f"{session} was signed in before: give whoever signs in another one, as "
            "`gateway.renew(request, response)` does"
        )


class InvalidSubject(FusionError, builtins.ValueError):
    """Raised when a subject has a blank, an empty token, or a wildcard."""

    def __init__(self, subject: str) -> None:
        self.subject = subject
        super().__init__(
            f"{subject!r} cannot be a NATS subject: name services, principals and the prefix "
            "without blanks and wildcards, and without dots at their ends"
        )


class MessageTooLarge(FusionError, builtins.ValueError):
    """Raised when a payload exceeds what the broker takes. Sizes are bytes."""

    def __init__(self, subject: str, size: int, limit: int) -> None:
        self.subject = subject
        self.size = size
        self.limit = limit
        super().__init__(
            f"a message of {size} bytes to {subject} exceeds the broker's limit of {limit}: "
            "send less at once, or raise max_payload in the broker's configuration"
        )


class BrokerUnavailable(FusionError, builtins.ConnectionError):
    """Raised when no NATS server answers at the URL."""

    def __init__(self, url: str, problem: str) -> None:
        self.url = url
        self.problem = problem
        super().__init__(
            f"no NATS server answers at {url} ({problem}): start one (`fusiongen server`), "
            "or name another with NATS_URL or --nats"
        )


class AuthorizationFailed(BrokerUnavailable, builtins.PermissionError):
    """Raised when a NATS server refuses to let this process sign in (D30)."""

    def __init__(self, url: str, problem: str) -> None:
        self.url = url
        self.problem = problem
        Exception.__init__(
            self,
            f"the NATS server at {url} refuses this process ({problem}): give the right "
            "`Host(credentials=…)`, or name them in the environment (NATS_USER and NATS_PASSWORD, "
            "NATS_TOKEN, NATS_NKEY, NATS_CREDS; NATS_CERT and NATS_KEY)",
        )


class BadCredentials(FusionError, builtins.ValueError):
    """Raised when credentials cannot be used, whatever the broker: a file that is not there, two
    ways to sign in (D30)."""

    def __init__(self, problem: str) -> None:
        self.problem = problem
        super().__init__(f"{problem}; see `Credentials`, and NATS_… in the environment")


class NotPermitted(FusionError, builtins.PermissionError):
    """Raised when the broker's permissions do not let this process do what it tries (D30).

    action: `publish` or `subscribe`. subject: to what; where the broker is the source, it is in
    small letters.
    """

    def __init__(self, action: str, subject: str, url: str) -> None:
        self.action = action
        self.subject = subject
        self.url = url
        Exception.__init__(
            self,
            f"the NATS server at {url} does not let this process {action} to {subject}: sign in "
            "as a user who may, or give this one what `fusiongen permissions` prints for its role",
        )


class JetStreamUnavailable(BrokerUnavailable):
    """Raised when the broker has no JetStream, or it is silent, and something is kept there: who
    owns which shard, or the operation log.

    url: the name of the key-value bucket, or of the stream.
    """

    def __init__(self, kept: str, problem: str) -> None:
        self.url = kept
        self.problem = problem
        super(BrokerUnavailable, self).__init__(
            f"JetStream keeps {kept}, which cannot be used now ({problem}): start the server with "
            "JetStream (`nats-server -js`), or use the embedded one"
        )


class PortTaken(FusionError, builtins.OSError):
    """Raised when a port cannot be listened on: that of the embedded broker, for something that is
    no NATS server uses it; or that of the health endpoint.
    """

    def __init__(
        self,
        host: str,
        port: int,
        problem: str = (
            "is taken by something that is not a NATS server: stop that, "
            "or name the address of a broker with NATS_URL or --nats"
        ),
    ) -> None:
        self.host = host
        self.port = port
        super().__init__(f"port {port} on {host} {problem}")


class CacheUnavailable(FusionError, builtins.OSError):
    """Raised when the file of a `ClientCache` cannot be used."""

    def __init__(self, path: str, problem: str) -> None:
        self.path = path
        self.problem = problem
        super().__init__(
            f"{path} cannot be a client's cache: {problem}; name another file, in a folder that "
            "exists and can be written"
        )


class MissingPackage(FusionError, builtins.ImportError):
    """Raised when an optional package is needed and not installed."""

    def __init__(self, purpose: str, requirement: str) -> None:
        self.purpose = purpose
        self.requirement = requirement
        super().__init__(
            f"{purpose} needs a package that is not installed: run `pip install '{requirement}'`"
        )


class RemoteUnavailable(FusionError, builtins.ConnectionError):
    """Raised when no host of a service can be reached. Transient.

    may_have_run: false if the call never reached a host. It is true of a body that ran, and could
        not reach what it depends on itself.
    """

    def __init__(self, service: str, problem: str, *, may_have_run: bool = False) -> None:
        self.service = service
        self.problem = problem
        self.may_have_run = may_have_run
        super().__init__(f"the service {service} cannot be reached: {problem}{self._advice}")

    _advice = ""


class OutcomeUnknown(RemoteUnavailable):
    """Raised when the host of a call that runs at most once was lost before it answered: it may
    have run, or not (D13).
    """

    _advice = (
        "; the call may have run: look whether it did before you make it again (a plain method "
        "that may run twice is declared `@idempotent`; a command runs once for an id of yours, "
        "`with_options(operation=…)`, where its hosts have a log)"
    )

    def __init__(self, service: str, problem: str) -> None:
        super().__init__(service, problem, may_have_run=True)


class Overloaded(FusionError, builtins.ConnectionError):
    """Raised at once when a call could not be served in time (D27). Transient.

    service, method: what is overloaded; a body's own call of another service may be.
    retry_after: seconds in which it is expected to have room again.
    may_have_run: false if the call itself was refused; true of a body whose own call was.
    """

    def __init__(
        self, service: str, method: str, retry_after: float, *, may_have_run: bool = False
    ) -> None:
        self.service = service
        self.method = method
        self.retry_after = retry_after
        self.may_have_run = may_have_run
        super().__init__(
            f"{service}.{method} was refused: more calls wait for {service} than it can serve in "
            f"time; try again in {retry_after:.1f} s, call less at once, or add a host"
        )


class Refused(FusionError):
    """Raised when a call is none that the service takes, however often it is made: it did not run.

    code: why, from a closed list: `unknown_method`, `bad_request` (there is such a method, but it
    is called in another way) or `too_large` (its arguments exceed a message).
    """

    may_have_run = False

    def __init__(self, method: str, code: str, problem: str) -> None:
        self.method = method
        self.code = code
        self.problem = problem
        advice = (
            "pass less at once"
            if code == "too_large"
            else "its host has another version of the contract: update it, or this client"
        )
        super().__init__(f"{method} was refused: {problem}; {advice}")


class CallTimeout(FusionError, builtins.TimeoutError):
    """Raised when a remote call had no answer in time. Transient.

    may_have_run: false if it never left this process.
    """

    def __init__(self, method: str, timeout: float, *, may_have_run: bool = True) -> None:
        self.method = method
        self.timeout = timeout
        self.may_have_run = may_have_run
        super().__init__(
            f"{method} had no answer within {timeout:g} s; "
            "give it longer with .with_options(timeout=…), or look at the service's host"
        )


class RemoteError(FusionError):
    """Raised when a remote body ran, and failed with an error that its contract does not declare.

    code: the kind of failure, from a closed list: `internal` for an exception of the body,
        `cancelled` if it was cancelled there, `too_large` if its result exceeds a message.
    reference: an id that the serving host logged together with the whole exception.
    """

    may_have_run = True

    def __init__(self, code: str, message: str, reference: str = "") -> None:
        self.code = code
        self.reference = reference
        super().__init__(message)
