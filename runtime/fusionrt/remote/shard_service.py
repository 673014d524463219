"""`ShardService`: a sharded service on a host: what it owns of it, and who may come (D20, D22)."""

from __future__ import annotations

from typing import Any, Final

from ..errors import NotBoundError
from ..graph import Origin, OriginKind, notify
from ..primitives import background
from ..rpc import Responder
from ..services.binding import Binding
from ..shards import Ownership, OwnershipStatistics, Routing
from ..transport import Subscription, Table
from ..wire.limits import Timing
from .servant import Probed
from .shard_servant import ShardServant

__all__ = ["ShardService"]


class ShardService:
    """Keeps the shards that its host owns: callers find an owner by its subscription.

    servant: for the responder, which is to call `check` before each message.
    """

    def __init__(
        self, binding: Binding, iid: str, table: Table, timing: Timing, probed: Probed
    ) -> None:
        """probed: see `ServiceServant`."""
        contract = binding.contract
        self._binding = binding
        self._routing = Routing(contract)
        self._ownership = Ownership(contract.name, iid, self._routing.count, table, timing, self)
        self.servant: Final = ShardServant(binding, iid, self._ownership, self._routing, probed)
        self.check: Final = self._ownership.check
        binding.guard = self._guard
        self._responder: Responder | None = None
        self._subscriptions: dict[int, Subscription] = {}

    async def open(self, responder: Responder) -> None:
        """Take part in serving the shards.

        Raises:
            BrokerUnavailable: the broker has no JetStream, or cannot be reached.
        """
        self._responder = responder
        await self._ownership.open()

    async def drain(self) -> None:
        """Hand every shard over to other hosts (D22)."""
        await self._ownership.drain()

    async def close(self) -> None:
        """Serve no shard any more."""
        await self._ownership.close()

    def statistics(self) -> OwnershipStatistics:
        """What is owned."""
        return self._ownership.statistics()

    def _guard(self, method: str, arguments: tuple[Any, ...]) -> None:
        shard = self._routing.of(method, arguments)
        if not self._ownership.holds(shard):
            name = self._binding.contract.name
            raise NotBoundError(
                f"{name}.{method} was called on the service itself, and its host does not own "
                f"shard {shard}: call {name} through `host.client(…)`, which finds the owner"
            )

    # -- as the keeper of what is owned --

    async def gained(self, shard: int) -> None:
        """See `shards.Keeper`."""
        assert self._responder is not None
        self._subscriptions[shard] = await self._responder.listen(shard)

    def lost(self, shard: int) -> None:
        """See `shards.Keeper`."""
        subscription = self._subscriptions.pop(shard, None)
        if subscription is not None:
            background(subscription.unsubscribe(), f"leave shard {shard}")
        text = f"shard {shard} of {self._binding.contract.name} moved to another host"

        def is_of_it(method: str, arguments: tuple[Any, ...]) -> bool:
            return self._routing.of(method, arguments) == shard

        origin = Origin(OriginKind.DISPOSED, text, outline=text)
        notify(self._binding.mark_where(is_of_it, origin))
