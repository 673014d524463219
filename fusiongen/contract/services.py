"""Contracts: their methods, parameters and entries of `invalidates`."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import Annotated, Literal

from pydantic import Field

from ..errors import Span
from .identity import is_identity
from .types import Expression, Model, Ref, Type

__all__ = [
    "Argument",
    "Call",
    "Constant",
    "Contract",
    "Loop",
    "Method",
    "MethodKind",
    "Options",
    "Parameter",
    "ParameterKind",
    "Path",
    "Sharding",
    "Streamed",
    "Wildcard",
]


class ParameterKind(Enum):
    """How an argument may be passed."""

    POSITIONAL = "positional"
    ORDINARY = "ordinary"
    KEYWORD = "keyword"


class Streamed(Enum):
    """As what a parameter is declared whose items the caller sends."""

    ITERATOR = "AsyncIterator"
    ITERABLE = "AsyncIterable"


class Parameter(Model):
    """One parameter of a method, without `self`. The type of a stream is the type of its items."""

    name: str
    type: Type
    streamed: Streamed | None = None
    default: Expression | None = None
    kind: ParameterKind = ParameterKind.ORDINARY
    span: Span

    @property
    def filled(self) -> bool:
        """Whether it says who asks: the transport fills it in, and no client sends it (W1)."""
        return self.streamed is None and is_identity(self.type)


class Options(Model):
    """The options of `@compute`, as written: the text of a number of seconds, `None` = default."""

    min_cache: str | None = None
    error_ttl: str | None = None
    transient_error_ttl: str | None = None
    auto_invalidate: str | None = None
    invalidation_delay: str | None = None
    consolidate: str | None = None

    def given(self) -> tuple[tuple[str, str], ...]:
        """The options that differ from the default, in the order of declaration."""
        pairs = ((name, getattr(self, name)) for name in type(self).model_fields)
        return tuple((name, text) for name, text in pairs if text is not None)


class Path(Model):
    """`result.owner`: a parameter, `result` or the loop's variable, and attributes of it."""

    kind: Literal["path"] = "path"
    root: str
    attributes: tuple[str, ...] = ()
    guards: tuple[str, ...] = ()
    """The prefixes that may be `None`: if one is, the key is skipped."""

    def __str__(self) -> str:
        return ".".join((self.root, *self.attributes))


class Wildcard(Model):
    """`ANY`."""

    kind: Literal["any"] = "any"

    def __str__(self) -> str:
        return "ANY"


class Constant(Model):
    """A literal argument, in canonical spelling."""

    kind: Literal["constant"] = "constant"
    text: str

    def __str__(self) -> str:
        return self.text


class Argument(Model):
    """One argument of a call in `invalidates`; `name` if it was given by keyword."""

    name: str | None
    value: Annotated[Path | Wildcard | Constant, Field(discriminator="kind")]

    def __str__(self) -> str:
        return f"{self.name}={self.value}" if self.name else str(self.value)


class Loop(Model):
    """`for c in carts`."""

    variable: str
    iterable: Path


class Call(Model):
    """One entry of `invalidates`: the results of `service.method` for these arguments."""

    service: str
    """The name of the service whose results they are."""
    contract: Ref
    """Its class, for the name of the generated accessor."""
    method: str
    arguments: tuple[Argument, ...]
    loop: Loop | None = None

    @property
    def needs_result(self) -> bool:
        """Whether it can be evaluated only once the command has succeeded (O20)."""
        paths = [each.value for each in self.arguments if isinstance(each.value, Path)]
        roots = {path.root for path in paths}
        if self.loop is not None:
            roots = roots - {self.loop.variable} | {self.loop.iterable.root}
        return "result" in roots

    def __str__(self) -> str:
        call = f"{self.service}.{self.method}({', '.join(map(str, self.arguments))})"
        return f"{call} for {self.loop.variable} in {self.loop.iterable}" if self.loop else call


class MethodKind(Enum):
    """What a method is; see the glossary."""

    COMPUTE = "compute"
    COMMAND = "command"
    PLAIN = "plain"
    ONEWAY = "one-way"
    STREAM = "stream"


class Method(Model):
    """One method of a contract. The result of a stream is the type of its items."""

    name: str
    kind: MethodKind
    parameters: tuple[Parameter, ...]
    result: Type
    generator: bool = False
    """It is a stream that is declared as an `AsyncGenerator`."""
    idempotent: bool = False
    """It is a plain method or a stream that may run twice."""
    head: Type | None = None
    """It is a stream that comes as the last part of a tuple: the type of the others, as a tuple."""
    skip: bool = False
    """It is a stream whose slow reader gets the newest items only."""
    transient: bool = False
    """It is a command of which nothing is stored in the operation log."""
    doc: str | None = None
    deprecated: str | None = None
    """What to do instead, as `@deprecated` says it."""
    options: Options = Options()
    invalidates: tuple[Call, ...] = ()
    span: Span

    @property
    def filled(self) -> tuple[str, ...]:
        """The parameters that say who asks."""
        return tuple(each.name for each in self.parameters if each.filled)

    @property
    def sends(self) -> bool:
        """Whether its caller sends a stream."""
        return any(each.streamed is not None for each in self.parameters)

    def sent(self) -> Method:
        """The same as clients call it: without those that say who asks."""
        sent = tuple(each for each in self.parameters if not each.filled)
        return self.model_copy(update={"parameters": sent})


class Sharding(Model):
    """How calls are routed: by the value of a parameter, onto so many shards."""

    parameter: str
    count: int
    span: Span


class Contract(Model):
    """One contract: a Protocol that is decorated with `@service`."""

    ref: Ref
    file: str
    """Where it is declared, relative to the project, with `/`."""
    name: str
    version: int | None = None
    internal: bool = False
    raises: tuple[Ref, ...] = ()
    shard: Sharding | None = None
    doc: str | None = None
    methods: tuple[Method, ...]
    span: Span

    @property
    def asks(self) -> bool:
        """Whether a method depends on who asks: what clients call is not the Protocol then."""
        return any(method.filled for method in self.methods)

    def of_kind(self, *kinds: MethodKind) -> tuple[Method, ...]:
        """The methods of these kinds, in the order of the contract."""
        return tuple(method for method in self.methods if method.kind in kinds)

    def types(self) -> Iterator[Type]:
        """Every type that a method names."""
        for method in self.methods:
            for parameter in method.parameters:
                yield parameter.type
            yield method.result
            if method.head is not None:
                yield method.head
