"""The typed table of a contract, as the generated proxy declares it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import CodeType
from typing import Any, Protocol, TypeVar

import typing_extensions

from .annotations import signature_of
from .contract import ComputeOptions
from .errors import AbiMismatch, StaleCode

__all__ = [
    "ABI",
    "Command",
    "Compute",
    "Contract",
    "Keys",
    "Method",
    "OneWay",
    "Plain",
    "Shard",
    "Signature",
    "Stream",
    "Types",
    "deprecated_like",
    "parameters_of",
]

_Call = TypeVar("_Call", bound=Callable[..., Any])

ABI = 2
"""Generated code and runtime fit each other if they have the same number."""


class Keys(Protocol):
    """Takes the keys that a command invalidates."""

    def add(self, contract: Contract, method: str, arguments: tuple[object, ...]) -> None:
        """Add the results of a method for these arguments; `ANY` matches every value."""


@dataclass(frozen=True, slots=True)
class Signature:
    """The types of one method. Of a stream, in a parameter or as the result, it is the type of the
    items.

    head: the type of what comes before the items of a result, as a tuple; see `Stream`.
    """

    parameters: tuple[Any, ...]
    result: Any
    head: Any = None


@dataclass(frozen=True, slots=True)
class Types:
    """Every type that a contract's methods name."""

    signatures: Mapping[str, Signature]
    raises: tuple[type[Exception], ...] = ()


@dataclass(frozen=True, slots=True)
class Method:
    """A method of a contract and the names of its parameters.

    filled: those that the transport fills in, and no client sends (W1).
    sends: the last parameter is an asynchronous iterator, whose items its caller sends (D18).
    """

    name: str
    parameters: tuple[str, ...] = ()
    filled: tuple[str, ...] = field(default=(), kw_only=True)
    sends: bool = field(default=False, kw_only=True)

    @property
    def repeats(self) -> bool:
        """Whether a call may run twice, on several hosts (D13)."""
        return False


@dataclass(frozen=True, slots=True)
class _Marked(Method):
    idempotent: bool = False

    @property
    def repeats(self) -> bool:
        return self.idempotent


@dataclass(frozen=True, slots=True)
class Plain(_Marked):
    """An RPC call, neither cached nor tracked. idempotent: it may run twice."""


@dataclass(frozen=True, slots=True)
class OneWay(Method):
    """An RPC call of which nobody waits for the end."""


@dataclass(frozen=True, slots=True)
class Stream(_Marked):
    """An asynchronous iterator. idempotent: it may be started twice.

    headed: it is awaited, and gives a tuple, whose last part is the iterator.
    skip: its slow reader wants the newest: items that it has no credit for are left out.
    """

    headed: bool = False
    skip: bool = False


@dataclass(frozen=True, slots=True)
class Compute(Method):
    """A compute method and its options; see `ComputeOptions`."""

    options: ComputeOptions = field(default_factory=ComputeOptions)

    @property
    def repeats(self) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class Command(Method):
    """A command and what evaluates the keys that it declares.

    keys: those that its arguments tell, `keys(keys, *arguments)`.
    keys_by_result: those that its result tells, `keys_by_result(keys, result, *arguments)`.
    transient: it is told to the other hosts, and not stored.
    """

    keys: Callable[..., None] | None = None
    keys_by_result: Callable[..., None] | None = None
    transient: bool = False


@dataclass(frozen=True, slots=True)
class Shard:
    """How calls are routed (D20). parameter: by whose value. count: of the shards."""

    parameter: str
    count: int


@dataclass(frozen=True)
class Contract:
    """One contract: its name on the wire, its methods, and their types, read at the first call.

    Raises:
        AbiMismatch: the package was generated for another runtime.
        StaleCode: the Protocol has changed since.
    """

    abi: int
    name: str
    protocol: type
    types: Callable[[], Types]
    methods: tuple[Method, ...]
    version: int | None = None
    internal: bool = False
    shard: Shard | None = None

    def __post_init__(self) -> None:
        if self.abi != ABI:
            raise AbiMismatch(f"the package of {self.name}", self.abi, ABI)
        declared = {
            name: parameters_of(method)
            for base in reversed(self.protocol.__mro__[:-1])
            for name, method in vars(base).items()
            if inspect.isfunction(method) and not name.startswith("_")
        }
        generated = {method.name: method.parameters for method in self.methods}
        if declared != generated:
            differing = sorted(dict(declared.items() ^ generated.items()))
            raise StaleCode(self.name, tuple(differing))
        _uncover_initialisers(self.protocol)

    @cached_property
    def method(self) -> Mapping[str, Method]:
        """The methods by name."""
        return {method.name: method for method in self.methods}

    @cached_property
    def for_clients(self) -> Contract:
        """The same contract as a client calls it: without what the transport fills in (W1)."""
        if not any(method.filled for method in self.methods):
            return self
        return _ForClients(
            self.abi,
            self.name,
            self.protocol,
            self._sent,
            tuple(map(_for_clients, self.methods)),
            self.version,
            self.internal,
            self.shard,
        )

    def _sent(self) -> Types:
        signatures = {
            method.name: _without(method, self.resolved.signatures[method.name])
            for method in self.methods
        }
        return replace(self.resolved, signatures=signatures)

    def signature(self, method: str) -> inspect.Signature:
        """How a method is called on an instance; its annotations say nothing."""
        return self._signatures[method]

    @cached_property
    def _signatures(self) -> Mapping[str, inspect.Signature]:
        return {
            name: _bound(getattr(self.protocol, name), method.parameters)
            for name, method in self.method.items()
        }

    def positional(self, method: str) -> int:
        """How many parameters of a method can be passed by position; the rest is keyword-only."""
        return self._positional[method]

    @cached_property
    def _positional(self) -> Mapping[str, int]:
        return {name: _by_position(signature) for name, signature in self._signatures.items()}

    @cached_property
    def resolved(self) -> Types:
        """The types; the first use imports the modules that define them."""
        return self.types()


class _ForClients(Contract):
    """Its methods take less than the Protocol's."""

    def __post_init__(self) -> None:
        pass  # the contract that it was made from was checked


def _for_clients(method: Method) -> Method:
    sent = tuple(name for name in method.parameters if name not in method.filled)
    return replace(method, parameters=sent, filled=())


def _without(method: Method, signature: Signature) -> Signature:
    pairs = zip(method.parameters, signature.parameters, strict=True)
    return replace(
        signature, parameters=tuple(tp for name, tp in pairs if name not in method.filled)
    )


def deprecated_like(method: Callable[..., object], call: _Call) -> _Call:
    """What is called for a method of a Protocol: it warns if that is under `@deprecated`."""
    message: str | None = getattr(method, "__deprecated__", None)
    return call if message is None else typing_extensions.deprecated(message)(call)


def _uncover_initialisers(protocol: type) -> None:
    """Take off the `__init__` that `typing_extensions` gives a Protocol: it does nothing, and hides
    that of every class behind it. (That of `typing` steps aside by itself.)"""
    for base in protocol.__mro__:
        own = vars(base).get("__init__")
        if getattr(base, "_is_protocol", False) and own is getattr(
            typing_extensions, "_no_init", 0
        ):
            del base.__init__  # type: ignore[misc]


def _bound(method: Callable[..., object], names: tuple[str, ...]) -> inspect.Signature:
    declared = signature_of(method)
    return declared.replace(parameters=[declared.parameters[name] for name in names])


def _by_position(signature: inspect.Signature) -> int:
    parameters = signature.parameters.values()
    return sum(each.kind is not inspect.Parameter.KEYWORD_ONLY for each in parameters)


def parameters_of(method: Callable[..., object]) -> tuple[str, ...]:
    """The names of a method's parameters, without `self`."""
    code: CodeType = inspect.unwrap(method).__code__  # `@deprecated` wraps it
    names: tuple[str, ...] = code.co_varnames
    return names[1 : code.co_argcount + code.co_kwonlyargcount]
