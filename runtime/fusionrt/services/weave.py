"""Weaving: what an instance of a generated `…Service` really is.

Making a `MyCarts` gives an instance of a subclass of it, whose methods are made from the contract:
every call of a compute method or command, `self.get(…)` in the bodies included, goes through them,
while `super().get(…)` reaches the raw body.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

from ..table import Command, Compute, Contract, Method, deprecated_like
from .binding import Binding
from .closing import closing
from .compiled import command_path, hot_path, hot_table

__all__ = ["woven"]


class _Unannounced:
    """First base of a woven class, of which the `__init_subclass__` of users is not told."""

    __slots__ = ()

    def __init_subclass__(cls) -> None:
        pass


def woven(cls: type, contract: Contract) -> type:
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
            function = _method(cls, contract, method)
            declared = getattr(contract.protocol, method.name)
            namespace[method.name] = deprecated_like(declared, function)
        made = type(cls)(cls.__name__, (_Unannounced, cls), namespace)
        cls._fusion_woven = made  # type: ignore[attr-defined]
    return made


def _method(cls: type, contract: Contract, method: Method) -> Callable[..., Any]:
    """What a call of a method runs instead of its body."""
    match method:
        case Compute():
            return hot_path(contract, method.name)
        case Command():
            return command_path(contract, method.name)
        case _:
            body = getattr(cls, method.name)
            if method.sends:
                body = closing(contract, method.name, body)
            return _while_hosted(method.name, body)


def _while_hosted(name: str, body: Callable[..., Any]) -> Callable[..., Any]:
    """A plain method or a stream, which calls its body unless its host has stopped (G29)."""
    if inspect.iscoroutinefunction(body):

        @functools.wraps(body)
        async def plain(self: Any, /, *args: Any, **kwargs: Any) -> Any:
            binding: Binding = self._fusion
            binding.check_host()
            if binding.pipeline is not None:
                return await binding.local(name, body, args, kwargs)
            return await body(self, *args, **kwargs)

        return plain

    @functools.wraps(body)
    def call(self: Any, /, *args: Any, **kwargs: Any) -> Any:
        binding: Binding = self._fusion
        binding.check_host()
        if binding.pipeline is not None:
            return binding.local(name, body, args, kwargs)
        return body(self, *args, **kwargs)

    return call
