"""`Service`: base of the generated server stubs."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, SupportsIndex

from ..table import Contract
from .accessors import InvalidateAccessor
from .binding import Binding
from .weave import woven

__all__ = ["Service"]


class Service:
    """A service without its bodies: subclass the generated `…Service` and write them.

    Every instance is woven: its compute calls go through the cache and its commands through their
    invalidations, also those that its own bodies make. It needs no host; `Host.serve` makes it
    reachable.
    """

    _fusion_contract: ClassVar[Contract]
    _fusion_raw: ClassVar[type]
    _fusion: Binding

    def __init_subclass__(cls, contract: Contract | None = None, **options: Any) -> None:
        super().__init_subclass__(**options)
        if contract is not None:
            cls._fusion_contract = contract
            accessor = inspect.getattr_static(cls, "invalidate")
            assert isinstance(accessor, InvalidateAccessor)
            type(accessor)._contract = contract

    if not TYPE_CHECKING:  # its signature would hide that of __init__

        def __new__(cls, *args: object, **kwargs: object) -> Service:
            if inspect.isabstract(cls):
                return super().__new__(cls)  # raises
            contract = cls._fusion_contract
            if not hasattr(cls, "_fusion_raw"):
                cls = woven(cls, contract)
            service = super().__new__(cls)
            # Not an assignment: a service may be a frozen dataclass.
            object.__setattr__(service, "_fusion", Binding(service, contract))
            return service

    def __getstate__(self) -> object:
        """What `copy` and `pickle` take: not the graph, which is this instance's alone (G39)."""
        state = super().__getstate__()
        if not isinstance(state, tuple):
            return state
        values, slots = state
        own = {name: value for name, value in slots.items() if not name.startswith("_fusion")}
        return (values, own) if own else values

    def __reduce_ex__(self, protocol: SupportsIndex) -> str | tuple[Any, ...]:
        """Makes another one of the class that was written, which is woven anew: nobody can import
        a woven one.
        """
        reduced = super().__reduce_ex__(max(int(protocol), 2))
        if isinstance(reduced, str):
            return reduced
        make, args, *rest = reduced
        written = (self._fusion_raw if each is type(self) else each for each in (make, *args))
        return (_made, tuple(written), *rest)


def _made(make: Callable[..., object], *args: object) -> object:
    """`pickle` refuses to make another class than the instance's with its own function."""
    return make(*args)
