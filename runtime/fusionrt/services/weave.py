"""Weaving: what an instance of a generated `…Service` really is.

Making a `MyCarts` gives an instance of a subclass `(CartsProxy, MyCarts)`: every call of a compute
method or command, `self.get(…)` in the bodies included, goes through the proxy, while
`super().get(…)` reaches the raw body.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Hashable, Iterator
from types import MappingProxyType
from typing import Any

from typing_extensions import deprecated

from ..graph import SCOPE, SHARES_HITS, Hit, given
from .table import Command, Compute, Contract, deprecation

__all__ = ["hot_table", "woven"]

_NOTHING_YET: MappingProxyType[Hashable, Hit] = MappingProxyType({})


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
        }
        for method in contract.methods:
            name = method.name
            if isinstance(method, Compute):
                namespace[hot_table(name)] = _NOTHING_YET
                namespace[name] = _hot_path(getattr(proxy, name))
            message = deprecation(getattr(contract.protocol, name))
            if message is not None:
                outer = proxy if isinstance(method, Compute | Command) else cls
                namespace[name] = deprecated(message)(namespace.get(name) or getattr(outer, name))
        made = type(cls)(cls.__name__, (_Unannounced, proxy, cls), namespace)
        cls._fusion_woven = made  # type: ignore[attr-defined]
    return made


def hot_table(method: str) -> str:
    """The attribute of an instance that holds the hits of a compute method."""
    return f"_fusion_hot_{method}"


# No parameter of a contract begins with two underscores (FG027).
_HOT_PATH = """\
def __fusion_call(__fusion_self{signature}):
    try:
        __fusion_hit = __fusion_self.{table}[{key}]
    except __fusion_errors:
        return __fusion_miss(__fusion_self{call})
    __fusion_in = __fusion_scope()
    if (
        __fusion_in is not None
        and __fusion_in not in __fusion_hit.dependants
        and not __fusion_in.track(__fusion_hit.computed)
    ):
        return __fusion_miss(__fusion_self{call})
    __fusion_hit.used += 1
    return {answer}
"""
_ANSWER = "__fusion_hit" if SHARES_HITS else "__fusion_given(__fusion_hit.value)"


def _hot_path(miss: Callable[..., Any]) -> Callable[..., Any]:
    """`miss`, the generated method, behind a look-up of its hits by raw arguments.

    Compiled from text, so that a call with any spelling of the arguments costs one look-up.
    """
    parameters = list(inspect.signature(miss).parameters.values())[1:]
    names = [parameter.name for parameter in parameters]
    source = _HOT_PATH.format(
        table=hot_table(miss.__name__),
        key=names[0] if len(names) == 1 else f"({', '.join(names)})",
        call="".join(f", {_passed(parameter)}" for parameter in parameters),
        signature="".join(f", {part}" for part in _signature(parameters)),
        answer=_ANSWER,
    )
    namespace: dict[str, Any] = {
        "__fusion_errors": (KeyError, TypeError),
        "__fusion_given": given,
        "__fusion_miss": miss,
        "__fusion_scope": SCOPE.get,
    }
    namespace |= {f"__fusion_default_{p.name}": p.default for p in parameters}
    exec(compile(source, f"<hot path of {miss.__qualname__}>", "exec"), namespace)
    function: Callable[..., Any] = namespace["__fusion_call"]
    return functools.update_wrapper(function, miss)


def _passed(parameter: inspect.Parameter) -> str:
    name = parameter.name
    return f"{name}={name}" if parameter.kind is inspect.Parameter.KEYWORD_ONLY else name


def _signature(parameters: list[inspect.Parameter]) -> Iterator[str]:
    kinds = [parameter.kind for parameter in parameters]
    positional = kinds.count(inspect.Parameter.POSITIONAL_ONLY)
    ordinary = kinds.count(inspect.Parameter.POSITIONAL_OR_KEYWORD)
    for index, parameter in enumerate(parameters):
        if positional and index == positional:
            yield "/"
        if index == positional + ordinary:
            yield "*"
        default = parameter.default is not inspect.Parameter.empty
        name = parameter.name
        yield f"{name}=__fusion_default_{name}" if default else name
    if positional and positional == len(parameters):
        yield "/"
