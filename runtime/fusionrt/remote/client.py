"""`Client`: base of the generated typed clients."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, Self

from ..graph import Rooted
from ..interceptors import Interceptor
from ..options import count, seconds
from ..services.compiled import hot_path, hot_table
from ..table import Compute, Contract, deprecated_like
from .remote import Remote

__all__ = ["Client"]


class Client(Rooted):
    """A service in another process. Its compute methods are replicas: cached and live here, too.

    Get one with `host.client(CartsClient)`.
    """

    _fusion_contract: ClassVar[Contract]

    def __init_subclass__(cls, contract: Contract | None = None, **options: Any) -> None:
        super().__init_subclass__(**options)
        if contract is not None:
            cls._fusion_contract = contract
            for method in contract.methods:
                if isinstance(method, Compute):
                    _weave(cls, contract, method.name)

    def __init__(self, remote: Remote) -> None:
        self._fusion = remote
        for method, hits in remote.hits.items():
            setattr(self, hot_table(method), hits)

    def with_options(
        self,
        *,
        timeout: float | None = None,
        stale_ok: bool | None = None,
        retries: int | None = None,
        interceptors: Iterable[Interceptor] = (),
        operation: str | None = None,
    ) -> Self:
        """The same client with other options; what is not given stays as it is.

        timeout: seconds that a call may take, with all its tries; 10 to begin with.
        stale_ok: reads take a value whose freshness cannot be proven at the moment (D7).
        retries: how often a call is made again that was refused for want of time (`Overloaded`) or
            found no host (`RemoteUnavailable`), later and later, not before its `retry_after`; none
            to begin with. A plain call or command is so only if it cannot have run (D13).
        interceptors: around its calls, the outermost first; within those that it has already. What
            a replica answers, it answers without them.
        operation: the id of the one command that is called with this; the same id says that it is
            the same command, which may have run before: it runs once, and what it returned first
            is the result (O13). Without an operation log only the host that ran it remembers it,
            for a while.

        Raises:
            TypeError: an interceptor is none.
            ArgumentError: the time is none, or the number of retries; or the id is empty, too long,
                or has a NUL.
        """
        if timeout is not None:
            seconds("with_options", "timeout", timeout)
        if retries is not None:
            count("with_options", "retries", retries, 0)
        view = object.__new__(type(self))
        vars(view).update(vars(self))
        view._fusion = self._fusion.with_options(
            timeout, stale_ok, retries, interceptors, operation
        )
        return view


def _weave(cls: type, contract: Contract, method: str) -> None:
    """Let the class answer hits by itself; all other calls do what its text says."""
    function = hot_path(contract.for_clients, method, leased=True)
    setattr(cls, method, deprecated_like(getattr(contract.protocol, method), function))
