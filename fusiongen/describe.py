"""Contracts as text: `fusiongen describe`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .contract import Contract, Method, MethodKind, Parameter, ParameterKind

__all__ = ["lines"]


def lines(contracts: Iterable[Contract]) -> Iterator[str]:
    """Each contract with its methods, and what its commands invalidate."""
    for contract in contracts:
        yield f"{contract.name}  ({contract.ref.name}, {contract.file})"
        width = max((len(method.kind.value) for method in contract.methods), default=0)
        for method in contract.methods:
            yield f"  {method.kind.value:<{width}}  {_signature(method)}"
            options = ", ".join(f"{name}={value}" for name, value in method.options.given())
            if options:
                yield f"  {'':<{width}}    {options}"
            if method.deprecated is not None:
                yield f"  {'':<{width}}    deprecated: {method.deprecated}"
            for key in method.invalidates:
                yield f"  {'':<{width}}    invalidates {key}"
        yield ""


def _signature(method: Method) -> str:
    shown: list[str] = []
    for parameter in method.parameters:
        if parameter.kind is ParameterKind.KEYWORD and "*" not in shown:
            shown.append("*")
        shown.append(_parameter(parameter))
    result = (
        f"AsyncIterator[{method.result}]" if method.kind is MethodKind.STREAM else method.result
    )
    return f"{method.name}({', '.join(shown)}) -> {result}"


def _parameter(parameter: Parameter) -> str:
    default = "" if parameter.default is None else f" = {parameter.default}"
    return f"{parameter.name}: {parameter.type}{default}"
