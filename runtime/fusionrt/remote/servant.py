"""`ServiceServant`: answers the calls of other processes from a service's binding."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Final, TypeAlias

import msgspec

from ..graph import Computed
from ..identity import Asker
from ..rpc import Answer, Bodies, Call, Replies, Reply
from ..services.binding import Binding
from ..table import Method
from ..wire.digest import method_id
from ..wire.frames import Calls, Ending, Probe
from .declared import check_declared
from .description import DESCRIBE, describe
from .outcomes import Outcomes
from .served import Served

__all__ = ["Probed", "ServiceServant"]

_DESCRIBE = method_id(DESCRIBE)
_UNKNOWN: Final = Ending("unknown_method", "the service has no such method")

Probed: TypeAlias = Callable[[Computed[Any], int], None]
"""Takes a probe for what a result waits for (D24)."""


class ServiceServant:
    """One service instance, as its responder sees it."""

    def __init__(
        self,
        binding: Binding,
        iid: str,
        probed: Probed = lambda computed, probe: None,
    ) -> None:
        """probed: takes probes, by the results that they ask for (D24)."""
        outcomes = Outcomes()
        self._binding = binding
        self._iid = iid
        self._probed = probed
        self._unknown = 0
        """Calls of methods that it has not."""
        self._methods: dict[int, Served] = {}
        for cls in binding.contract.resolved.raises:
            check_declared(cls)
        for method in binding.contract.methods:
            served = self._serve(method, outcomes)
            if self._methods.setdefault(method_id(method.name), served) is not served:
                raise ValueError(f"{method.name}: another method has the same hash; rename it")

    def leaned(self) -> int:
        """See `Servant`."""
        graph = self._binding.graph
        return 0 if graph is None else graph.leaned

    def requests(self) -> Mapping[str, int]:
        """How many calls of each method came."""
        return {served.name: served.calls for served in self._methods.values()}

    def _serve(self, method: Method, outcomes: Outcomes) -> Served:
        return Served(self._binding, method, outcomes)

    def answer(self, calls: Calls, replies: Replies) -> Bodies | None:
        """Answer calls: hits at once, everything else by the returned bodies."""
        if calls.method == _DESCRIBE:
            replies.results(
                calls.kind, calls.method, calls.ids, [self._description() for _ in calls.ids]
            )
            return None
        served = self._methods.get(calls.method)
        if served is None:
            replies.answers(
                calls.kind, calls.method, [(id, Answer(failure=_UNKNOWN)) for id in calls.ids]
            )
            self._unknown += len(calls.arguments)
            return None
        served.calls += len(calls.arguments)
        return served.answer(calls, replies)

    def probed(self, probe: Probe, asker: Asker) -> None:
        """Hand a probe on, if its call is of a compute method and runs."""
        served = self._methods.get(probe.method)
        computed = served.found(probe, asker) if served is not None else None
        if computed is not None:
            self._probed(computed, probe.probe)

    def stream(self, call: Call, reply: Reply) -> Coroutine[Any, Any, None] | None:
        """What produces a stream."""
        served = self._methods.get(call.method)
        if served is None:
            reply.failure(_UNKNOWN)
            self._unknown += 1
            return None
        served.calls += 1
        return served.stream(call, reply)

    def _description(self) -> bytes:
        contract = self._binding.contract.for_clients
        calls = self._unknown + sum(self.requests().values())
        described = describe(contract, self._iid, self._binding.bodies, calls)
        return msgspec.json.encode(described)
