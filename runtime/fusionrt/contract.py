"""The contract language: decorators that mark a Protocol, and the options that they carry.

The decorators change nothing at run time: `fusiongen` reads them as text and writes what they mean
into the generated package. Imports nothing of ours, so that a contract module stays light.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, TypeVar, overload

__all__ = [
    "ANY",
    "AnyArgument",
    "ComputeOptions",
    "Secret",
    "command",
    "compute",
    "idempotent",
    "oneway",
    "service",
    "stream",
]

_C = TypeVar("_C", bound=type)
_F = TypeVar("_F", bound=Callable[..., Any])


class AnyArgument(Enum):
    """The type of `ANY`."""

    ANY = "ANY"

    def __repr__(self) -> str:
        return self.value


ANY: Final = AnyArgument.ANY
"""Stands for every value of an argument in an invalidation: `invalidate.ids(owner, ANY)`."""


class Secret:
    """Marks what no text may show: `Annotated[str, Secret]`.

    In logs, reasons, traces, errors and on the command line it is masked, as pydantic's `SecretStr`
    is; in keys and on the wire it is what it is.
    """


@dataclass(frozen=True, slots=True)
class ComputeOptions:
    """How one compute method caches. Times are seconds; `None` takes the default.

    min_cache: a result stays findable at least this long after its last use (G23).
    error_ttl: how long an error is served from the cache; default 30 (G22).
    transient_error_ttl: the same for transient errors; default 1 (G22).
    auto_invalidate: a result is invalidated by itself after this long; default never.
    invalidation_delay: invalidations of one window become one, at first + delay (G25).
    consolidate: dependants are invalidated only if the recomputed result differs (G26).
    """

    min_cache: float | None = None
    error_ttl: float | None = None
    transient_error_ttl: float | None = None
    auto_invalidate: float | None = None
    invalidation_delay: float | None = None
    consolidate: float | None = None


@overload
def service(cls: _C, /) -> _C: ...
@overload
def service(
    *,
    name: str | None = None,
    version: int | None = None,
    internal: bool = False,
    raises: Sequence[type[Exception]] = (),
    shard: str | None = None,
    shards: int = 64,
) -> Callable[[_C], _C]: ...
def service(
    cls: _C | None = None,
    /,
    *,
    name: str | None = None,
    version: int | None = None,
    internal: bool = False,
    raises: Sequence[type[Exception]] = (),
    shard: str | None = None,
    shards: int = 64,
) -> _C | Callable[[_C], _C]:
    """Mark a Protocol as a contract.

    name: the service's name on the wire and the generated package's; default: the class name in
        snake_case.
    version: the contract's version, for `describe` and discovery.
    internal: for services only: never reachable for client roles, nor through a gateway (W2).
    raises: exception classes that travel to the caller as themselves; every other exception
        reaches it as `RemoteError`.
    shard: the parameter, which every method has, by whose value calls are routed: one host at a
        time serves all calls of a value (D20).
    shards: how many parts the values are divided into; each belongs to one host. Have several times
        as many as there will ever be hosts.
    """
    return cls if cls is not None else _unchanged


@overload
def compute(method: _F, /) -> _F: ...
@overload
def compute(
    *,
    min_cache: float | None = None,
    error_ttl: float | None = None,
    transient_error_ttl: float | None = None,
    auto_invalidate: float | None = None,
    invalidation_delay: float | None = None,
    consolidate: float | None = None,
) -> Callable[[_F], _F]: ...
def compute(
    method: _F | None = None,
    /,
    *,
    min_cache: float | None = None,
    error_ttl: float | None = None,
    transient_error_ttl: float | None = None,
    auto_invalidate: float | None = None,
    invalidation_delay: float | None = None,
    consolidate: float | None = None,
) -> _F | Callable[[_F], _F]:
    """Mark a compute method: cached, tracked, invalidatable. Times are seconds; for what each
    option means see `ComputeOptions`.
    """
    return method if method is not None else _unchanged


def command(*, invalidates: Sequence[str], transient: bool = False) -> Callable[[_F], _F]:
    """Mark a command: it changes state and declares what it invalidates.

    invalidates: call expressions over compute methods, such as `"get(cart.id)"`,
        `"ids(result.owner, ANY)"` or `"get(c.id) for c in carts"`; see the reference for the
        grammar. They are evaluated once, after the command succeeded.
    transient: nothing of it is stored in the operation log, so it costs that nothing: other hosts
        are told of its keys as best it goes, as without a log. For what need not outlive the
        processes, such as who is typing. A repeat of its operation id is known only to the host
        that ran it (O13).
    """
    return _unchanged


def idempotent(method: _F, /) -> _F:
    """Mark a plain method that may run twice, on several hosts: its call is made again at another
    host if its own is lost. Without it a call runs at most once, and ends in `OutcomeUnknown` if
    it may have run (D13). A stream so marked is started again as long as no item of it has come.
    """
    return method


def oneway(method: _F, /) -> _F:
    """Mark a plain method of which nobody waits for the end: its call returns when it was sent, and
    runs at most once. What its body raises is counted and logged by its host.
    """
    return method


def stream(*, skip: bool = False) -> Callable[[_F], _F]:
    """Set options of a stream, an undecorated `def … -> AsyncIterator[T]`.

    skip: its reader wants the newest item, not each of them: those that a slow reader in another
        process has no credit for are left out, `fusionrt.skipped(stream)` counts them.
    """
    return _unchanged


def _unchanged(decorated: Any) -> Any:
    return decorated
