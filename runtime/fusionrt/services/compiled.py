"""Methods compiled from a contract: what a call of a compute method or a command runs.

A call must be all that the call of a hand-written coroutine function is (G38), a hit as well as a
miss. So each is a real `async def` with the Protocol's own signature: Python 3.11 knows a coroutine
function only by its code (later ones have a mark for others), and mocks and frameworks ask. Being
compiled from text, it takes any spelling of the arguments at no cost.

The hot path of a compute method looks its hits up before all else. Where the compiled core runs, it
stands before that function, and does the same at less cost: see `runtime/core`. What was tried: to
return the hit itself, a finished future that passes for a coroutine. It was 15 ns cheaper on 3.11
and dearer on the others, and `asyncio.wait`, names and cancellation of tasks found it out.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from threading import get_ident
from typing import Any

from ..graph import AT_HOME, SCOPE
from ..native import core
from ..primitives import running_loop
from ..table import Contract, parameters_of

__all__ = ["command_path", "hot_path", "hot_table"]

# No parameter of a contract begins with two underscores (FG027).
# Nothing is awaited in the `except`: errors of bodies would take what was missed for their context.
_HOT_PATH = """\
async def {method}(__fusion_self{signature}):
    try:
        __fusion_hit = __fusion_self.{table}[{key}]
    except __fusion_errors:
        pass
    else:
        __fusion_in = __fusion_scope()
        if {fresh} and (
            __fusion_in is None
            or __fusion_in in __fusion_hit.dependants
            or __fusion_in.track(__fusion_hit.computed)
        ):
            __fusion_hit.used += 1
            return __fusion_hit.value
    return await __fusion_self._fusion.compute("{method}", ({arguments}))
"""
_LEASED = "__fusion_hit.lease.now() < __fusion_hit.lease.good_until"
_COMMAND_PATH = """\
async def {method}(__fusion_self{signature}):
    return await __fusion_self._fusion.command("{method}", ({arguments}))
"""


def hot_table(method: str) -> str:
    """The attribute of an instance that holds the hits of a compute method."""
    return f"_fusion_hot_{method}"


def hot_path(contract: Contract, method: str, *, leased: bool = False) -> Callable[..., Any]:
    """A compute method of a contract, behind a look-up of its hits by raw arguments.

    leased: of a client, whose hits are as fresh as their leases (D6).
    """
    fresh, table = f"{AT_HOME} and {_LEASED}" if leased else AT_HOME, hot_table(method)
    function = _compiled(_HOT_PATH, contract, method, fresh=fresh, table=table)
    if core is None:
        return function
    parameters = contract.signature(method).parameters.values()
    by_place = all(each.kind is not each.KEYWORD_ONLY for each in parameters)
    native: Callable[..., Any] = core.Method(
        function, table, len(parameters) if by_place else -1, leased
    )
    return native


def command_path(contract: Contract, method: str) -> Callable[..., Any]:
    """A command of a contract, which runs as an operation."""
    return _compiled(_COMMAND_PATH, contract, method)


def _compiled(template: str, contract: Contract, method: str, **parts: str) -> Callable[..., Any]:
    declared = inspect.unwrap(getattr(contract.protocol, method))  # `@deprecated` wraps it
    parameters = list(contract.signature(method).parameters.values())
    names = [parameter.name for parameter in parameters]
    source = template.format(
        method=method,
        key=names[0] if len(names) == 1 else f"({', '.join(names)})",
        arguments="".join(f"{name}, " for name in names),
        signature="".join(f", {part}" for part in _signature(parameters)),
        **parts,
    )
    namespace: dict[str, Any] = {
        "__fusion_errors": Exception,  # no table, no hit, or what hashing raises (G37)
        "__fusion_running": running_loop,
        "__fusion_scope": SCOPE.get,
        "__fusion_thread": get_ident,
    }
    namespace |= {f"__fusion_default_{p.name}": p.default for p in parameters}
    exec(compile(source, f"<the call of {declared.__qualname__}>", "exec"), namespace)
    function: Callable[..., Any] = namespace[method]
    functools.update_wrapper(function, declared, updated=())  # not that it is abstract
    if contract.method[method].parameters != parameters_of(declared):  # see `for_clients`
        function.__signature__ = _with_self(contract.signature(method))  # type: ignore[attr-defined]
    return function


def _with_self(signature: inspect.Signature) -> inspect.Signature:
    own = inspect.Parameter("self", inspect.Parameter.POSITIONAL_ONLY)
    return signature.replace(parameters=[own, *signature.parameters.values()])


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
