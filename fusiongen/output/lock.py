"""`fusion.lock.json`: the contracts and every type of the project that they refer to.

It is what `check --against` compares, and what a review shows of a change of contracts.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from ..contract import (
    Annotated,
    Contract,
    Expression,
    Kind,
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
from ..reader.contracts import Reading
from ..reader.literals import normal
from ..reader.shapes import Structure
from ..reader.structures import Structures
from .stamp import digest
from .unions import Unions

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
    """As it is spelled."""
    value: str | None = None
    """What the default comes down to, if it is spelled otherwise."""

    @property
    def given(self) -> str | None:
        """What a caller that leaves the argument out passes."""
        return _given(self.default, self.value)


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
    raises: dict[str, str] = {}
    """The exceptions that travel, by the names that they travel under."""
    methods: dict[str, LockedMethod] = {}


class LockedField(_Model):
    """One field of a type, or one member of an enum with its value as default."""

    name: str
    type: str = ""
    keyword: bool = False
    """It stands below `_: KW_ONLY`."""
    attribute: bool = False
    """It is an exception's that is no dataclass, and no attrs class: it travels as what it is."""
    default: str | None = None
    """As it is spelled."""
    value: str | None = None
    """What the default comes down to, if it is spelled otherwise."""

    @property
    def given(self) -> str | None:
        """What there is if the field is left out."""
        return _given(self.default, self.value)


class LockedType(_Model):
    """One type that the source roots define."""

    kind: Kind
    frozen: bool = False
    bases: tuple[str, ...] = ()
    fields: tuple[LockedField, ...] = ()
    target: str | None = None
    text: str | None = None
    """How it is made, where that cannot be read any further."""
    options: dict[str, str] = {}
    """What decides its form on the wire, and how its fields are given, beside the fields:
    `array_like`, `rename`, …"""


class Lock(_Model):
    """The lock file. Names of types are written out in full; in metadata and options, constants
    stand as their values."""

    format: Literal[2] = 2
    hash: str = Field(pattern="^[0-9a-f]{32}$")
    """Of all the rest, so that an edit by hand shows."""
    contracts: dict[str, LockedContract] = {}
    types: dict[str, LockedType] = {}
    unions: dict[str, str] = {}
    """Unions whose members travel in another order than they are spelled in, in that order, with
    the members of aliases in their places."""


def lock_of(reading: Reading) -> Lock:
    """The lock of these contracts."""
    structures = reading.structures
    writer = _Writer(structures)
    return Lock.model_construct(
        contracts={contract.name: writer.contract(contract) for contract in reading.contracts},
        types={str(each.ref): writer.type(each) for each in referenced(reading)},
        unions=writer.unions,
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
        self._order = Unions(structures)
        self.unions: dict[str, str] = {}

    def contract(self, contract: Contract) -> LockedContract:
        return LockedContract(
            protocol=str(contract.ref),
            version=contract.version,
            internal=contract.internal,
            raises={
                cls.name.rpartition(".")[2]: str(cls)
                for cls in map(self._structures.exception, contract.raises)
            },
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
            **self._default(default),
        )

    def _default(self, default: Expression | None) -> dict[str, str]:
        if default is None:
            return {}
        shown = str(self._named(default))
        return {
            "default": shown,
            **_differing(shown, self._structures.values.of_expression(default)),
        }

    def type(self, structure: Structure) -> LockedType:
        return LockedType(
            kind=structure.kind,
            frozen=structure.frozen,
            bases=tuple(map(str, structure.bases)),
            fields=tuple(
                LockedField(
                    name=field.name,
                    type=self._text(field.type) if field.type is not None else field.text,
                    keyword=field.after_mark,
                    attribute=field.attribute,
                    default=field.default,
                    **_differing(field.default, field.value),
                )
                for field in structure.fields
            ),
            target=self._text(structure.target) if structure.target is not None else None,
            text=structure.text,
            options=_options(structure),
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
                union = Union(members=tuple(map(self._canonical, members)))
                self._note(union, tuple(map(self._canonical, self._order.members(type_))))
                return union
            case Annotated(base=base, metadata=metadata):
                return Annotated(
                    base=self._canonical(base), metadata=tuple(map(self._expression, metadata))
                )
            case Literals(values=values):
                return Literals(values=tuple(map(self._expression, values)))
        return type_

    def _note(self, union: Union, members: tuple[Type, ...]) -> None:
        as_spelled, travelling = (
            normal(" | ".join(map(str, each))) for each in (union.members, members)
        )
        if as_spelled != travelling:
            self.unions[as_spelled] = travelling

    def _expression(self, expression: Expression) -> Expression:
        """The expression by what it comes down to; but the member of an enum by its name."""
        match expression.parts:
            case (Ref() as ref,) if (found := self._structures.enum_member(ref)) is not None:
                return Expression(parts=(f"{found[0].ref}.{found[1].name}",))
        named = self._named(expression)
        value = self._structures.values.of_expression(expression)
        return named if value == normal(str(named)) else Expression(parts=(value,))

    def _named(self, expression: Expression) -> Expression:
        """The expression as it is spelled, every name traced to where it is defined."""
        return Expression(
            parts=tuple(
                self._structures.origin(part) if isinstance(part, Ref) else part
                for part in expression.parts
            )
        )


def _given(default: str | None, value: str | None) -> str | None:
    return value if value is not None or default is None else normal(default)


def _differing(default: str | None, value: str | None) -> dict[str, str]:
    """What a default comes down to, if it does not say so itself."""
    same = default is None or value is None or value == normal(default)
    return {} if same or value is None else {"value": value}


def _options(structure: Structure) -> dict[str, str]:
    """The options; a Struct that is told by its own name says it."""
    options = dict(structure.options)
    tagged = options.get("tag", "True" if "tag_field" in options else None)
    name = structure.ref.name.rpartition(".")[2]
    if structure.kind is Kind.STRUCT and tagged not in (None, "None", "False"):
        known = tagged != "True" and tagged[:1] in "'\"-0123456789"
        options["tag"] = (
            tagged if known else repr(name) if tagged == "True" else f"{tagged}({name!r})"
        )
    return options
