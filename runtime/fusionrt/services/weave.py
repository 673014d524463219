"""Weaving: what an instance of a generated `…Service` really is.

Making a `MyCarts` gives an instance of a subclass `(CartsProxy, MyCarts)`: every call of a compute
method or command, `self.get(…)` in the bodies included, goes through the proxy, while
`super().get(…)` reaches the raw body.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Hashable
from types import MappingProxyType
from typing import Any

from ..graph import SCOPE, Hit
from .table import Compute, Contract

__all__ = ["hot_table", "woven"]

_NOTHING_YET: MappingProxyType[Hashable, Hit] = MappingProxyType({})


def woven(cls: type, proxy: type, contract: Contract) -> type:
    """The subclass of `cls` whose instances are cached; made once for each class."""
    made: type | None = cls.__dict__.get("_fusion_woven")
    if made is None:
        namespace: dict[str, Any] = {
            "__module__": cls.__module__,
            "__qualname__": cls.__qualname__,
            "__doc__": cls.__doc__,
            "_fusion_raw": cls,
        }
        for method in contract.methods:
            if isinstance(method, Compute):
                namespace[hot_table(method.name)] = _NOTHING_YET
                namespace[method.name] = _hot_path(getattr(proxy, method.name))
        made = type(cls)(cls.__name__, (proxy, cls), namespace)
        cls._fusion_woven = made  # type: ignore[attr-defined]
    return made


def hot_table(method: str) -> str:
    """The attribute of an instance that holds the hits of a compute method."""
    return f"_fusion_hot_{method}"


_HOT_PATH = """\
def {name}(self, {signature}):
    try:
        hit = self.{table}[{key}]
    except (KeyError, TypeError):
        return miss(self, {call})
    scope = current_scope()
    if scope is not None and scope not in hit.dependants and not scope.track(hit.computed):
        return miss(self, {call})
    hit.used = True
    return hit
"""


def _hot_path(miss: Callable[..., Any]) -> Callable[..., Any]:
    """`miss`, the generated method, behind a look-up of its hits by raw arguments.

    Compiled from text, so that a call with any spelling of the arguments costs one look-up.
    """
    parameters = list(inspect.signature(miss).parameters.values())[1:]
    names = [parameter.name for parameter in parameters]
    source = _HOT_PATH.format(
        name=miss.__name__,
        table=hot_table(miss.__name__),
        key=names[0] if len(names) == 1 else f"({', '.join(names)})",
        call=", ".join(
            f"{p.name}={p.name}" if p.kind is inspect.Parameter.KEYWORD_ONLY else p.name
            for p in parameters
        ),
        signature=_signature_text(parameters),
    )
    namespace = {"miss": miss, "current_scope": SCOPE.get}
    namespace |= {f"default_{p.name}": p.default for p in parameters}
    exec(compile(source, f"<hot path of {miss.__qualname__}>", "exec"), namespace)
    function: Any = namespace[miss.__name__]
    function.__module__ = miss.__module__
    function.__qualname__ = miss.__qualname__
    function.__doc__ = miss.__doc__
    function.__wrapped__ = miss
    return function  # type: ignore[no-any-return]


def _signature_text(parameters: list[inspect.Parameter]) -> str:
    parts: list[str] = []
    for parameter in parameters:
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY and "*" not in parts:
            parts.append("*")
        default = parameter.default is not inspect.Parameter.empty
        parts.append(f"{parameter.name}=default_{parameter.name}" if default else parameter.name)
    return ", ".join(parts)
