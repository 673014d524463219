"""The typed descriptors behind `carts.computed`, `.peek`, `.changes` and `.invalidate`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine
from types import CoroutineType
from typing import Any, ClassVar, Concatenate, Generic, ParamSpec, Protocol, Self, TypeVar

from ..graph import Computed
from ..table import Contract, Keys, deprecated_like

__all__ = [
    "Accessor",
    "Bound",
    "ChangesMethod",
    "ComputedMethod",
    "InvalidateAccessor",
    "PeekMethod",
]

_P = ParamSpec("_P")
_R = TypeVar("_R")
_T = TypeVar("_T")


class Bound(Protocol):
    """What a service or a client can do with a compute method, by its name."""

    async def computed(
        self, method: str, args: tuple[object, ...], kwargs: dict[str, object]
    ) -> Computed[Any]: ...

    def peek(
        self, method: str, args: tuple[object, ...], kwargs: dict[str, object]
    ) -> Computed[Any] | None: ...

    def changes(
        self, method: str, args: tuple[object, ...], kwargs: dict[str, object]
    ) -> AsyncIterator[Computed[Any]]: ...


class Accessor:
    """Base of the generated accessors: found on a service or client, it is bound to that."""

    __slots__ = ("_bound", "_owner")

    _bound: Bound
    _owner: object

    def __get__(self, instance: Any, owner: type | None = None) -> Self:
        if instance is None:
            return self
        accessor = type(self)()
        accessor._bound = instance._fusion
        accessor._owner = instance  # which `_bound` does not keep alive
        return accessor


class _Method(Generic[_P, _T]):
    """Takes its name and its parameters from the method of the Protocol that it is made from."""

    def __init__(self, method: Callable[Concatenate[Any, _P], Coroutine[Any, Any, _T]]) -> None:
        self.name = method.__name__
        self._method = method

    def _told(self, call: Callable[_P, _R]) -> Callable[_P, _R]:
        """The call, which warns if the method is deprecated."""
        return deprecated_like(self._method, call)


class ComputedMethod(_Method[_P, _T]):
    """`await carts.computed.total("1")`: the `Computed` behind the value."""

    def __get__(
        self, accessor: Accessor, owner: type | None = None
    ) -> Callable[_P, CoroutineType[Any, Any, Computed[_T]]]:
        async def computed(*args: _P.args, **kwargs: _P.kwargs) -> Computed[_T]:
            return await accessor._bound.computed(self.name, args, kwargs)

        return self._told(computed)  # type: ignore[arg-type] # to mypy, any `Coroutine`


class PeekMethod(_Method[_P, _T]):
    """`carts.peek.total("1")`: the `Computed` if it is there; computes nothing (G21)."""

    def __get__(
        self, accessor: Accessor, owner: type | None = None
    ) -> Callable[_P, Computed[_T] | None]:
        def peek(*args: _P.args, **kwargs: _P.kwargs) -> Computed[_T] | None:
            return accessor._bound.peek(self.name, args, kwargs)

        return self._told(peek)


class ChangesMethod(_Method[_P, _T]):
    """`async for computed in carts.changes.total("1")`: now, and after each invalidation."""

    def __get__(
        self, accessor: Accessor, owner: type | None = None
    ) -> Callable[_P, AsyncIterator[Computed[_T]]]:
        def changes(*args: _P.args, **kwargs: _P.kwargs) -> AsyncIterator[Computed[_T]]:
            return accessor._bound.changes(self.name, args, kwargs)

        return self._told(changes)


class InvalidateAccessor:
    """Base of the generated `invalidate` accessors.

    Found on a service it invalidates that service's results; made with `Keys` it collects them.
    """

    __slots__ = ("_keys",)

    #: Set when the generated stub is defined.
    _contract: ClassVar[Contract]

    def __init__(self, keys: Keys | None = None) -> None:
        self._keys = keys

    def __get__(self, instance: Any, owner: type | None = None) -> Self:
        return self if instance is None else type(self)(instance._fusion)

    def _invalidate(self, method: str, arguments: tuple[object, ...]) -> None:
        if self._keys is None:
            raise TypeError("invalidate belongs to an instance of the service: call it on that")
        self._keys.add(self._contract, method, arguments)
