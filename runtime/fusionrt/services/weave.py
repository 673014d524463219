"""Weaving: what an instance of a generated `…Service` really is.

Making a `MyCarts` gives an instance of a subclass `(CartsProxy, MyCarts)`: every call of a compute
method or command, `self.get(…)` in the bodies included, goes through the proxy, while
`super().get(…)` reaches the raw body.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

from typing_extensions import deprecated

from ..table import Command, Compute, Contract, Plain, Stream, deprecation
from .hot_path import hot_path, hot_table

__all__ = ["woven"]


class _Unannounced:
    """First base of a woven class, of which the `__init_subclass__` of users is not told."""

    __slots__ = ()

    def __init_subclass__(cls) -> None:
        pass


def woven(cls: type, proxy: type, contract: Contract) -> type:
    """The subclass of `cls` whose instances are cached; made once for each class.

    Raises:
        TypeError: the class implements several contracts.
    """
    made: type | None = cls.__dict__.get("_fusion_woven")
    if made is None:
        stubs = [base.__name__ for base in cls.__mro__ if "_fusion_contract" in vars(base)]
        if len(stubs) > 1:
            raise TypeError(
                f"{cls.__name__} implements several contracts ({', '.join(stubs)}): "
                "write a class for each"
            )
        namespace: dict[str, Any] = {
            "__module__": cls.__module__,
            "__qualname__": cls.__qualname__,
            "__doc__": cls.__doc__,
            "_fusion_raw": cls,
            # Not in `__dict__`: what is copied by hand, compared or shown is what users wrote.
            "__slots__": (
                "_fusion",
                *(hot_table(each.name) for each in contract.methods if isinstance(each, Compute)),
            ),
        }
        for method in contract.methods:
            name = method.name
            if isinstance(method, Plain | Stream):
                namespace[name] = _while_hosted(getattr(cls, name))
            if isinstance(method, Compute):
                namespace[name] = hot_path(contract, name)
            message = deprecation(getattr(contract.protocol, name))
            if message is not None:
                outer = proxy if isinstance(method, Command) else cls
                namespace[name] = deprecated(message)(namespace.get(name) or getattr(outer, name))
        made = type(cls)(cls.__name__, (_Unannounced, proxy, cls), namespace)
        cls._fusion_woven = made  # type: ignore[attr-defined]
    return made


def _while_hosted(body: Callable[..., Any]) -> Callable[..., Any]:
    """A plain method or a stream, which calls its body unless its host has stopped (G29)."""
    if inspect.iscoroutinefunction(body):

        @functools.wraps(body)
        async def plain(self: Any, /, *args: Any, **kwargs: Any) -> Any:
            self._fusion.check_host()
            return await body(self, *args, **kwargs)

        return plain

    @functools.wraps(body)
    def call(self: Any, /, *args: Any, **kwargs: Any) -> Any:
        self._fusion.check_host()
        return body(self, *args, **kwargs)

    return call
