"""`Client`: base of the generated typed clients."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from ..graph import Rooted
from ..table import Contract
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

    def __init__(self, remote: Remote) -> None:
        self._fusion = remote

    def with_options(self, *, timeout: float | None = None, stale_ok: bool | None = None) -> Self:
        """The same client with other options; what is not given stays as it is.

        timeout: seconds that a call may take; 10 to begin with.
        stale_ok: reads take a value whose freshness cannot be proven at the moment (D7).
        """
        view = object.__new__(type(self))
        vars(view).update(vars(self))
        view._fusion = self._fusion.with_options(timeout, stale_ok)
        return view
