"""`Pipeline`: the interceptors of one service or client, and what they are told of its calls."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final

from ..interceptors import Call, CallKind, Interceptor, Next, Side, checked, incoming, intercepted
from ..table import Command, Compute, Contract, Method, OneWay, Plain, Stream

__all__ = ["Pipeline", "kinds_of"]

_KINDS: Final[dict[type[Method], CallKind]] = {
    Compute: CallKind.COMPUTE,
    Plain: CallKind.PLAIN,
    OneWay: CallKind.ONEWAY,
    Command: CallKind.COMMAND,
    Stream: CallKind.STREAM,
}


def kinds_of(contract: Contract) -> dict[str, CallKind]:
    """What each of its methods is."""
    return {each.name: _KINDS[type(each)] for each in contract.methods}


class Pipeline:
    """There is one only where there are interceptors: what has none pays for a look at `None`."""

    def __init__(
        self,
        contract: Contract,
        side: Side,
        principal: str,
        interceptors: Iterable[Interceptor],
    ) -> None:
        """interceptors: the outermost first. principal: of this process.

        Raises:
            TypeError: one of them is none.
        """
        self.interceptors: Final = checked(interceptors)
        self._contract = contract
        self._kinds = kinds_of(contract)
        self._side = side
        self._principal = principal

    def extended(self, interceptors: Iterable[Interceptor]) -> Pipeline:
        """With more of them, within those that are here."""
        every = (*self.interceptors, *interceptors)
        return Pipeline(self._contract, self._side, self._principal, every)

    def sent(
        self,
        method: str,
        arguments: tuple[Any, ...],
        due: float | None,
        operation: str | None = None,
    ) -> Call:
        """A call that is made of another process, up to that time."""
        facts = {"is_remote": True, "due": due, "operation": operation}
        return self._call(method, arguments, self._principal, **facts)

    def served(
        self,
        method: str,
        arguments: tuple[Any, ...] | Callable[[], tuple[Any, ...]],
        operation: str | None = None,
    ) -> Call:
        """A call that is served here, for another process or for code in this one."""
        came, facts = incoming(), dict[str, Any](operation=operation)
        if came is None:
            return self._call(method, arguments, self._principal, is_remote=False, **facts)
        headers, came.headers = came.headers, None
        facts |= {"is_remote": headers is not None, "headers": headers, "due": came.due}
        return self._call(method, arguments, came.principal, **facts)

    def _call(
        self,
        method: str,
        arguments: tuple[Any, ...] | Callable[[], tuple[Any, ...]],
        principal: str,
        **facts: Any,
    ) -> Call:
        service, kind = self._contract.name, self._kinds[method]
        return Call(service, method, kind, self._side, arguments, principal=principal, **facts)

    def run(self, call: Call, body: Next) -> Awaitable[Any]:
        """The call, through all of them."""
        return intercepted(self.interceptors, call, body)

    def around(self, method: str, body: Callable[..., Any]) -> Callable[..., Any]:
        """The body of a method, which takes its service and one argument a parameter."""

        def call(service: object, *arguments: Any) -> Awaitable[Any]:
            return self.run(self.served(method, arguments), lambda: body(service, *arguments))

        return call
