"""`Service`: base of the generated server stubs."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, ClassVar

from .accessors import InvalidateAccessor
from .binding import Binding
from .table import Contract
from .weave import woven

__all__ = ["Service"]


class Service:
    """A service without its bodies: subclass the generated `…Service` and write them.

    Every instance is woven: its compute calls and commands go through the caching proxy, also
    those that its own bodies make. It needs no host; `Host.serve` makes it reachable.
    """

    _fusion_contract: ClassVar[Contract]
    _fusion_proxy: ClassVar[type]
    _fusion_raw: ClassVar[type]
    _fusion: Binding

    def __init_subclass__(cls, contract: Contract | None = None, **options: Any) -> None:
        super().__init_subclass__(**options)
        if contract is not None:
            stub = cls.__base__
            assert stub is not None and issubclass(stub, Service)
            stub._fusion_contract = contract
            stub._fusion_proxy = cls
            accessor = inspect.getattr_static(cls, "invalidate")
            assert isinstance(accessor, InvalidateAccessor)
            type(accessor)._contract = contract

    if not TYPE_CHECKING:  # its signature would hide that of __init__

        def __new__(cls, *args: object, **kwargs: object) -> Service:
            if inspect.isabstract(cls):
                return super().__new__(cls)  # raises
            contract = cls._fusion_contract
            if not issubclass(cls, cls._fusion_proxy):
                cls = woven(cls, cls._fusion_proxy, contract)
            service = super().__new__(cls)
            # Not an assignment: a service may be a frozen dataclass.
            service.__dict__["_fusion"] = Binding(service, contract)
            return service

    def __getstate__(self) -> object:
        """What `copy` and `pickle` take: not the results, which a copy must not share."""
        state = super().__getstate__()
        values, *slots = state if isinstance(state, tuple) else (state,)
        own = {
            name: value for name, value in (values or {}).items() if not name.startswith("_fusion")
        }
        return (own, *slots) if slots else own
