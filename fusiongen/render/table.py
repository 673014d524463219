"""The data of `proxy.py`: the types of every method, and the table of methods."""

from __future__ import annotations

from collections.abc import Iterator

from ..contract import Contract, Method, MethodKind
from .keys import keys_of
from .layout import Doc, Joined, call_of, lay_out, tuple_of
from .names import Names
from .types import type_of

__all__ = ["raises_of", "shard_of", "signatures_of", "table_of"]

_ABI = "fusionrt.abi"
_CLASSES = {
    MethodKind.COMPUTE: "Compute",
    MethodKind.COMMAND: "Command",
    MethodKind.PLAIN: "Plain",
    MethodKind.ONEWAY: "OneWay",
    MethodKind.STREAM: "Stream",
}


def signatures_of(contract: Contract, names: Names, signature: str) -> list[str]:
    """The entries of `signatures`; `names` is the scope of the function that holds them."""
    return [
        lay_out(Joined((f'"{method.name}": ', _signature(method, names, signature))), 12, after=1)
        for method in contract.methods
    ]


def _signature(method: Method, names: Names, signature: str) -> Doc:
    parameters = tuple_of(type_of(parameter.type, names) for parameter in method.parameters)
    parts: list[Doc] = [parameters, type_of(method.result, names)]
    if method.head is not None:
        parts.append(Joined(("head=", type_of(method.head, names))))
    return call_of(signature, parts)


def raises_of(contract: Contract, names: Names) -> str | None:
    """The exceptions that travel by code, as a tuple."""
    if not contract.raises:
        return None
    return lay_out(tuple_of(map(names.use, contract.raises)), 8, before=len("raises="), after=1)


def shard_of(contract: Contract, names: Names) -> str | None:
    """How calls are routed."""
    shard = contract.shard
    if shard is None:
        return None
    arguments = (f'"{shard.parameter}"', str(shard.count))
    return lay_out(call_of(names.own(_ABI, "Shard"), arguments), 4, before=len("shard="), after=1)


def table_of(contract: Contract, names: Names) -> str:
    """The tuple of methods, one a line."""
    entries = [
        call_of(names.own(_ABI, _CLASSES[method.kind]), _entry(method, names))
        for method in contract.methods
    ]
    if len(entries) < 2:  # formatters take the comma of a tuple with one item for part of it
        return lay_out(tuple_of(entries), 4, before=len("methods="), after=1)
    lines = "".join(f"        {lay_out(entry, 8, after=1)},\n" for entry in entries)
    return f"(\n{lines}    )"


def _entry(method: Method, names: Names) -> Iterator[Doc]:
    yield f'"{method.name}"'
    given = [f"{name}={text}" for name, text in method.options.given()]
    flags = {
        "headed": method.head is not None,
        "skip": method.skip,
        "transient": method.transient,
        "sends": method.sends,
    }
    if method.parameters or given:
        yield tuple_of(f'"{parameter.name}"' for parameter in method.parameters)
    if given:
        yield call_of(names.own(_ABI, "ComputeOptions"), given)
    if method.filled:
        yield Joined(("filled=", tuple_of(f'"{name}"' for name in method.filled)))
    if method.idempotent:
        yield "idempotent=True"
    for keys in keys_of(method):
        yield f"{keys.entry}={keys.name}"
    yield from (f"{name}=True" for name, is_set in flags.items() if is_set)
