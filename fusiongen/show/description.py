"""What a project offers, to be shown: services, methods, who invalidates what, types."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Literal

from pydantic import BaseModel, ConfigDict

from ..contract import Contract, Method, MethodKind
from ..output.contents import lock_of
from ..output.lock import Lock, LockedField, LockedMethod, LockedParameter, LockedType
from ..output.referenced import referenced
from ..reader.contracts import Reading
from .spelling import names_in

__all__ = [
    "Description",
    "Invalidation",
    "MethodDescription",
    "ServiceDescription",
    "TypeDescription",
    "description_json",
    "description_of",
]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class MethodDescription(_Model):
    """One method; options in seconds. The result of a stream is the type of its items."""

    kind: MethodKind
    parameters: tuple[LockedParameter, ...]
    result: str
    generator: bool
    """It is a stream that is declared as an `AsyncGenerator`."""
    idempotent: bool
    """It is a plain method or a stream that may run twice."""
    head: str | None
    """The type of what comes before a stream, as a tuple."""
    skip: bool
    """It is a stream whose slow reader gets the newest items only."""
    transient: bool
    """It is a command of which nothing is stored in the operation log."""
    options: dict[str, float]
    doc: str | None
    deprecated: str | None
    """What to do instead."""
    file: str
    line: int
    types: tuple[str, ...]
    """The types of the project that its signature names."""


class ServiceDescription(_Model):
    """One service: its contract, and where that is, relative to the project."""

    protocol: str
    file: str
    line: int
    version: int | None
    internal: bool
    sharded: str | None
    raises: tuple[str, ...]
    doc: str | None
    methods: dict[str, MethodDescription]


class Invalidation(_Model):
    """What one command declares to invalidate: `products.put` results of `products.get`, those that
    `key` names."""

    command: str
    method: str
    key: str


class FieldDescription(LockedField):
    """One field of a type, or one member of an enum with its value as default."""

    doc: str | None


class TypeDescription(LockedType):
    """One type that the source roots define."""

    name: str
    """Without its module."""
    doc: str | None
    fields: tuple[FieldDescription, ...]


class Description(_Model):
    """What `fusiongen describe --json` prints. Names of types are written out in full."""

    format: Literal[1] = 1
    services: dict[str, ServiceDescription]
    invalidations: tuple[Invalidation, ...]
    types: dict[str, TypeDescription]

    def invalidated_by(self, command: str) -> tuple[Invalidation, ...]:
        """What a command invalidates."""
        return tuple(each for each in self.invalidations if each.command == command)

    def invalidating(self, method: str) -> tuple[Invalidation, ...]:
        """What invalidates results of a method."""
        return tuple(each for each in self.invalidations if each.method == method)


def description_of(reading: Reading) -> Description:
    """The description of these contracts."""
    lock = lock_of(reading)
    return Description(
        services={
            contract.name: _service(contract, lock.contracts[contract.name].methods, lock)
            for contract in reading.contracts
        },
        invalidations=tuple(_invalidations(reading)),
        types=dict(sorted(_types(reading, lock))),
    )


def description_json(description: Description) -> str:
    """Its text as JSON."""
    return json.dumps(description.model_dump(mode="json"), indent=2, ensure_ascii=False)


def _service(
    contract: Contract, methods: dict[str, LockedMethod], lock: Lock
) -> ServiceDescription:
    locked = lock.contracts[contract.name]
    return ServiceDescription(
        protocol=locked.protocol,
        file=contract.file,
        line=contract.span.line,
        version=locked.version,
        internal=locked.internal,
        sharded=None
        if locked.shard is None
        else f"sharded by `{locked.shard.parameter}`: {locked.shard.count} shards",
        raises=tuple(locked.raises.values()),
        doc=contract.doc,
        methods={each.name: _method(each, methods[each.name], lock) for each in contract.methods},
    )


def _method(method: Method, locked: LockedMethod, lock: Lock) -> MethodDescription:
    texts = (
        *(parameter.type for parameter in locked.parameters),
        locked.head or "",
        locked.result,
    )
    return MethodDescription(
        kind=method.kind,
        parameters=locked.parameters,
        result=locked.result,
        generator=locked.generator,
        idempotent=locked.idempotent,
        head=locked.head,
        skip=locked.skip,
        transient=locked.transient,
        options=locked.options,
        doc=method.doc,
        deprecated=locked.deprecated,
        file=method.span.path,
        line=method.span.line,
        types=tuple(dict.fromkeys(name for text in texts for name in names_in(text, lock.types))),
    )


def _invalidations(reading: Reading) -> Iterator[Invalidation]:
    for contract in reading.contracts:
        for method in contract.methods:
            for call in method.invalidates:
                yield Invalidation(
                    command=f"{contract.name}.{method.name}",
                    method=f"{call.service}.{call.method}",
                    key=str(call),
                )


def _types(reading: Reading, lock: Lock) -> Iterator[tuple[str, TypeDescription]]:
    for structure in referenced(reading):
        name = str(structure.ref)
        locked = lock.types[name]
        fields = zip(locked.fields, structure.fields, strict=True)
        described = TypeDescription(
            **locked.model_dump(exclude={"fields"}),
            fields=tuple(
                FieldDescription(**shown.model_dump(), doc=field.doc) for shown, field in fields
            ),
            name=structure.ref.name,
            doc=structure.doc,
        )
        yield name, described
