"""What the text shows of a type: its fields and what else is known of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..contract import Kind, Ref, Type

__all__ = ["Field", "HashedBy", "Structure"]

HashedBy = Literal["nothing", "fields", "itself"]
"""What the hash of an instance is made of: `nothing` if it has none."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field. `type` is `None` where the annotation cannot be read; `text` is how it reads.

    default: as it is spelled. value: what that comes down to.
    after_mark: it stands below `_: KW_ONLY`.
    attribute: it is what an exception says of itself that is no dataclass, and no attrs class.
    doc: the string below it.
    flaw: why it cannot travel whatever its type is.
    """

    name: str
    type: Type | None
    text: str
    default: str | None = None
    value: str | None = None
    doc: str | None = None
    flaw: str | None = None
    after_mark: bool = False
    attribute: bool = False


@dataclass(frozen=True, slots=True)
class Structure:
    """One definition.

    fields: inherited ones first; the members of an enum, with their values as defaults.
    properties: what else can be read from an instance, with its type.
    target: what a NewType or an alias stands for.
    is_object: it is an alias that is an object of its own at run time.
    validated: it is a model of pydantic, or a dataclass of it.
    bases: the classes it derives from.
    frozen: its instances cannot be changed.
    hashed_by: what the hash of an instance is made of.
    ordered: `<` takes two instances.
    by_identity: an instance is equal to itself alone.
    options: what its class statement, decorator or `model_config` says of its form on the wire.
    generic: it takes type arguments.
    complete: there is no base outside of the source roots that may add fields.
    doc: its docstring.
    parameters: the names of its type parameters, in order.
    text: how it is made, if it is neither a class nor a type that can be read.
    flaw: why it cannot travel, whatever it holds.
    of_arguments: a base that is of its own kind was given type arguments.
    """

    ref: Ref
    kind: Kind
    fields: tuple[Field, ...] = ()
    properties: tuple[Field, ...] = ()
    target: Type | None = None
    is_object: bool = False
    validated: bool = False
    bases: tuple[Ref, ...] = ()
    frozen: bool = False
    hashed_by: HashedBy = "itself"
    ordered: bool = False
    by_identity: bool = False
    generic: bool = False
    complete: bool = True
    options: tuple[tuple[str, str], ...] = ()
    doc: str | None = None
    parameters: tuple[str, ...] = ()
    text: str | None = None
    flaw: str | None = None
    of_arguments: bool = False

    @property
    def is_value(self) -> bool:
        """Whether its instances are hashable values: the runtime believes a model's `__hash__`."""
        return self.frozen or (self.kind is Kind.MODEL and self.hashed_by == "itself")
