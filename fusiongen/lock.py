"""`fusion.lock.json`: the contracts and every type of the project that they refer to.

It is what `check --against` compares, and what a review shows of a change of contracts.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from .contract import (
    Annotated,
    Contract,
    Expression,
    Literals,
    Method,
    MethodKind,
    Named,
    Parameter,
    ParameterKind,
    Ref,
    Type,
    Union,
    parts,
)
from .owned import digest
from .reader.contracts import Reading
from .reader.structures import Structure, Structures

__all__ = [
    "LOCK_FILE",
    "Lock",
    "LockedContract",
    "LockedField",
    "LockedMethod",
    "LockedParameter",
    "LockedType",
    "lock_is_intact",
    "lock_of",
    "lock_text",
    "referenced",
]

LOCK_FILE = "fusion.lock.json"


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class LockedParameter(_Model):
    """One parameter of a method."""

    name: str
    type: str
    kind: ParameterKind = ParameterKind.ORDINARY
    default: str | None = None


class LockedMethod(_Model):
    """One method; options in seconds."""

    kind: MethodKind
    parameters: tuple[LockedParameter, ...] = ()
    result: str
    generator: bool = False
    options: dict[str, float] = {}
    invalidates: tuple[str, ...] = ()
    deprecated: str | None = None


class LockedContract(_Model):
    """One contract, by the name of its service."""

    protocol: str
    version: int | None = None
    internal: bool = False
    raises: tuple[str, ...] = ()
    methods: dict[str, LockedMethod] = {}


class LockedField(_Model):
    """One field of a type, or one member of an enum with its value as default."""

    name: str
    type: str = ""
    default: str | None = None


class LockedType(_Model):
    """One type that the source roots define."""

    kind: str
    frozen: bool = False
    bases: tuple[str, ...] = ()
    fields: tuple[LockedField, ...] = ()
    target: str | None = None
    options: dict[str, str] = {}
    """What decides its form on the wire beside the fields: `array_like`, `rename`, …"""


class Lock(_Model):
    """The lock file. Names of types are written out in full."""

    format: Literal[1] = 1
    hash: str = Field(pattern="^[0-9a-f]{32}$")
    """Of all the rest, so that an edit by hand shows."""
    contracts: dict[str, LockedContract] = {}
    types: dict[str, LockedType] = {}


def lock_of(reading: Reading) -> Lock:
    """The lock of these contracts."""
    structures = reading.structures
    writer = _Writer(structures)
    return Lock.model_construct(
        contracts={contract.name: writer.contract(contract) for contract in reading.contracts},
        types={str(each.ref): writer.type(each) for each in referenced(reading)},
    )


def lock_text(lock: Lock) -> str:
    """The lock file's text: canonical JSON, hashed."""
    content = lock.model_dump(mode="json", exclude_defaults=True)
    content["format"] = lock.format
    content["hash"] = digest(_json(content))
    return _json(content)


def lock_is_intact(text: str) -> bool:
    """Whether a lock file is as it was generated."""
    try:
        content = json.loads(text)
        found = content.pop("hash")
    except (ValueError, AttributeError, KeyError, TypeError):
        return False
    return bool(found == digest(_json(content)))


def _json(content: object) -> str:
    return json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def referenced(reading: Reading) -> Iterator[Structure]:
    """Every type of the source roots that the contracts refer to, directly or through others."""
    structures = reading.structures
    queue: deque[Ref] = deque()
    for contract in reading.contracts:
        queue.extend(contract.raises)
        for type_ in contract.types():
            queue.extend(_refs(type_))
    seen: set[Ref] = set()
    while queue:
        structure = structures.of(queue.popleft())
        if structure is None or structure.ref in seen:
            continue
        seen.add(structure.ref)
        yield structure
        queue.extend(structure.bases)
        for shown in (structure.target, *(field.type for field in structure.fields)):
            queue.extend(_refs(shown) if shown is not None else ())


def _refs(type_: Type) -> Iterator[Ref]:
    for part in parts(type_):
        if isinstance(part, Named):
            yield part.ref
        elif isinstance(part, Literals):
            for value in part.values:
                for member in value.parts:
                    if isinstance(member, Ref):
                        enum, _, _ = member.name.rpartition(".")
                        yield Ref(module=member.module, name=enum or member.name)


class _Writer:
    def __init__(self, structures: Structures) -> None:
        self._structures = structures

    def contract(self, contract: Contract) -> LockedContract:
        return LockedContract(
            protocol=str(contract.ref),
            version=contract.version,
            internal=contract.internal,
            raises=tuple(str(self._structures.exception(ref)) for ref in contract.raises),
            methods={method.name: self._method(method) for method in contract.methods},
        )

    def _method(self, method: Method) -> LockedMethod:
        return LockedMethod(
            kind=method.kind,
            parameters=tuple(map(self._parameter, method.parameters)),
            result=self._text(method.result),
            generator=method.generator,
            options={name: float(text) for name, text in method.options.given()},
            invalidates=tuple(map(str, method.invalidates)),
            deprecated=method.deprecated,
        )

    def _parameter(self, parameter: Parameter) -> LockedParameter:
        default = parameter.default
        return LockedParameter(
            name=parameter.name,
            type=self._text(parameter.type),
            kind=parameter.kind,
            default=str(self._expression(default)) if default is not None else None,
        )

    def type(self, structure: Structure) -> LockedType:
        return LockedType(
            kind=structure.kind.value,
            frozen=structure.frozen,
            bases=tuple(map(str, structure.bases)),
            fields=tuple(
                LockedField(
                    name=field.name,
                    type=self._text(field.type) if field.type is not None else field.text,
                    default=field.default,
                )
                for field in structure.fields
            ),
            target=self._text(structure.target) if structure.target is not None else None,
            options=dict(structure.options),
        )

    def _text(self, type_: Type) -> str:
        return str(self._canonical(type_))

    def _canonical(self, type_: Type) -> Type:
        """The type with every name traced to where it is defined."""
        match type_:
            case Named(ref=ref, arguments=arguments):
                inner = None if arguments is None else tuple(map(self._canonical, arguments))
                return Named(ref=self._structures.origin(ref), arguments=inner)
            case Union(members=members):
                return Union(members=tuple(map(self._canonical, members)))
            case Annotated(base=base, metadata=metadata):
                return Annotated(
                    base=self._canonical(base), metadata=tuple(map(self._expression, metadata))
                )
            case Literals(values=values):
                return Literals(values=tuple(map(self._expression, values)))
        return type_

    def _expression(self, expression: Expression) -> Expression:
        return Expression(
            parts=tuple(
                self._structures.origin(part) if isinstance(part, Ref) else part
                for part in expression.parts
            )
        )
