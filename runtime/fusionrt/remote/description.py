"""What a service says of itself to the command line: its methods, and what it has done so far."""

from __future__ import annotations

import inspect
from typing import Final

import msgspec

from ..table import Command, Compute, Contract, Method, OneWay, Stream
from ..wire.frames import Kind

__all__ = ["DESCRIBE", "MethodDescription", "ServiceDescription", "describe"]

DESCRIBE: Final = "$describe"
"""The method that every service has; no contract can name one so."""


class MethodDescription(msgspec.Struct, frozen=True):
    """One method. required: how many of its parameters have no default. sends: the last one is a
    stream, which its caller sends.
    """

    name: str
    kind: Kind
    parameters: tuple[str, ...]
    required: int
    sends: bool = False


class ServiceDescription(msgspec.Struct, frozen=True):
    """One service on one host. bodies: how many compute bodies ran; calls: how many came.
    sharded: whether a call goes to the owner of its shard.
    """

    service: str
    iid: str
    methods: tuple[MethodDescription, ...]
    bodies: int
    calls: int
    sharded: bool = False


def describe(contract: Contract, iid: str, bodies: int, calls: int) -> ServiceDescription:
    """The description of a service at this moment."""
    methods = tuple(_method(contract, method) for method in contract.methods)
    sharded = contract.shard is not None
    return ServiceDescription(contract.name, iid, methods, bodies, calls, sharded)


def _method(contract: Contract, method: Method) -> MethodDescription:
    parameters = contract.signature(method.name).parameters.values()
    required = sum(p.default is inspect.Parameter.empty for p in parameters)
    return MethodDescription(method.name, _kind(method), method.parameters, required, method.sends)


def _kind(method: Method) -> Kind:
    """As what it is called on the wire."""
    if method.sends:
        return Kind.STREAM
    match method:
        case Compute():
            return Kind.COMPUTE
        case Command():
            return Kind.COMMAND
        case Stream():
            return Kind.STREAM
        case OneWay():
            return Kind.ONEWAY
    return Kind.PLAIN
