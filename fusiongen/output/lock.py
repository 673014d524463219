"""`fusion.lock.json`: the contracts and every type of the project that they refer to.

It is what `check --against` compares, and what a review shows of a change of contracts.
"""

from __future__ import annotations

import json
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from ..contract import IDENTITIES, Kind, MethodKind, ParameterKind, Streamed
from ..project import LOCK_FILE
from ..reader.literals import normal
from .stamp import digest

__all__ = [
    "LOCK_FILE",
    "Lock",
    "LockedContract",
    "LockedField",
    "LockedMethod",
    "LockedParameter",
    "LockedType",
    "lock_is_intact",
    "lock_text",
]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class LockedParameter(_Model):
    """One parameter of a method."""

    name: str
    type: str
    kind: ParameterKind = ParameterKind.ORDINARY
    streamed: Streamed | None = None
    """It is a stream: as what it is declared; the type is that of its items."""
    default: str | None = None
    """As it is spelled."""
    value: str | None = None
    """What the default comes down to, if it is spelled otherwise."""

    @property
    def given(self) -> str | None:
        """What a caller that leaves the argument out passes."""
        return _given(self.default, self.value)

    @property
    def filled(self) -> bool:
        """Whether it says who asks: the transport fills it in, and no client sends it (W1)."""
        return self.streamed is None and self.type in IDENTITIES


class LockedMethod(_Model):
    """One method; options in seconds."""

    kind: MethodKind
    parameters: tuple[LockedParameter, ...] = ()
    result: str
    generator: bool = False
    idempotent: bool = False
    head: str | None = None
    """The type of what comes before a stream, as a tuple."""
    skip: bool = False
    transient: bool = False
    options: dict[str, float] = {}
    invalidates: tuple[str, ...] = ()
    deprecated: str | None = None

    @property
    def sent(self) -> tuple[LockedParameter, ...]:
        """The parameters that clients send."""
        return tuple(each for each in self.parameters if not each.filled)

    @property
    def filled(self) -> tuple[LockedParameter, ...]:
        """Those that say who asks."""
        return tuple(each for each in self.parameters if each.filled)


class LockedShard(_Model):
    """How calls are routed."""

    parameter: str
    count: int


class LockedContract(_Model):
    """One contract, by the name of its service."""

    protocol: str
    version: int | None = None
    internal: bool = False
    raises: dict[str, str] = {}
    """The exceptions that travel, by the names that they travel under."""
    shard: LockedShard | None = None
    methods: dict[str, LockedMethod] = {}

    @property
    def asks(self) -> bool:
        """Whether a method depends on who asks: a client is no instance of the Protocol then."""
        return any(method.filled for method in self.methods.values())


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
    hashed: bool = False
    """Its instances are hashable, as it says of them."""
    ordered: bool = False
    """`<` takes two of its instances."""
    by_identity: bool = False
    """An instance is equal to itself alone."""
    validated: bool = False
    """It is a model of pydantic, or a dataclass of it."""
    bases: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    """The names of its type parameters."""
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


def _given(default: str | None, value: str | None) -> str | None:
    return value if value is not None or default is None else normal(default)
