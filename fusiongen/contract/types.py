"""Types as a contract spells them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Annotated as _Annotated
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

__all__ = [
    "FIELD_FORMS",
    "Annotated",
    "Dots",
    "Expression",
    "Literals",
    "Model",
    "Named",
    "Nothing",
    "Ref",
    "Type",
    "Union",
    "filled",
    "inner",
    "members",
    "parts",
    "quoted",
    "remade",
    "united",
]


class Model(BaseModel):
    """A value: frozen, and strict about what it is made of."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Ref(Model):
    """A name as a module offers it; dotted if nested in a class, empty for the module itself."""

    module: str
    name: str

    @classmethod
    def of(cls, text: str) -> Ref:
        """A name that is written out in full, of which nobody knows where its module ends."""
        return cls(module="builtins", name=text)

    @property
    def head(self) -> str:
        """What has to be imported from the module."""
        return self.name.partition(".")[0]

    def __str__(self) -> str:
        return self.name if self.module == "builtins" else f"{self.module}.{self.name}".rstrip(".")


class Expression(Model):
    """A piece of source in canonical spelling, with its names resolved."""

    parts: tuple[str | Ref, ...]

    def __str__(self) -> str:
        return "".join(map(str, self.parts))


class Named(Model):
    """A class, NewType or alias, with its type arguments: `tuple[str, ...]`."""

    kind: Literal["named"] = "named"
    ref: Ref
    arguments: tuple[Type, ...] | None = None
    quoted: bool = False
    """An alias that names itself in quotes: at run time it is no type without its module."""
    annotated: bool = False
    """An alias of the project that stands for an `Annotated`."""

    @property
    def items(self) -> tuple[Type, ...]:
        """The type arguments, without the `...` of `tuple[str, ...]`."""
        return tuple(each for each in self.arguments or () if not isinstance(each, Dots))

    def __str__(self) -> str:
        if self.arguments is None:
            return str(self.ref)
        return f"{self.ref}[{', '.join(map(str, self.arguments)) or '()'}]"


class Union(Model):
    """`A | B | None`: at least two members, none of them a union."""

    kind: Literal["union"] = "union"
    members: tuple[Type, ...]

    def __str__(self) -> str:
        return " | ".join(map(str, self.members))


class Literals(Model):
    """`Literal["a", Color.RED]`."""

    kind: Literal["literal"] = "literal"
    values: tuple[Expression, ...]

    def __str__(self) -> str:
        return f"typing.Literal[{', '.join(map(str, self.values))}]"


class Annotated(Model):
    """`Annotated[int, Ge(0)]`: the metadata reach the codecs, not the signatures."""

    kind: Literal["annotated"] = "annotated"
    base: Type
    metadata: tuple[Expression, ...]

    def __str__(self) -> str:
        return f"typing.Annotated[{', '.join(map(str, (self.base, *self.metadata)))}]"


class Nothing(Model):
    """`None`."""

    kind: Literal["none"] = "none"

    def __str__(self) -> str:
        return "None"


class Dots(Model):
    """The `...` of `tuple[str, ...]`."""

    kind: Literal["dots"] = "dots"

    def __str__(self) -> str:
        return "..."


Type = _Annotated[
    Named | Union | Literals | Annotated | Nothing | Dots, Field(discriminator="kind")
]
"""A type as the contract spells it; `str()` of it is canonical: every name in full."""


FIELD_FORMS = frozenset(
    f"typing.{name}" for name in ("Final", "NotRequired", "ReadOnly", "Required")
)
"""Forms that stand only around the type of a field."""


def inner(type_: Type) -> tuple[Type, ...]:
    """The types that a type is directly made of."""
    match type_:
        case Named(arguments=arguments):
            return arguments or ()
        case Union(members=alternatives):
            return alternatives
        case Annotated(base=base):
            return (base,)
    return ()


def parts(type_: Type) -> Iterator[Type]:
    """A type and all that it is made of."""
    yield type_
    for each in inner(type_):
        yield from parts(each)


def remade(type_: Type, change: Callable[[Type], Type]) -> Type:
    """The type with each of those that it is directly made of changed."""
    match type_:
        case Named(arguments=arguments) if arguments:
            return type_.model_copy(update={"arguments": tuple(map(change, arguments))})
        case Union(members=alternatives):
            return united(map(change, alternatives))
        case Annotated(base=base):
            return type_.model_copy(update={"base": change(base)})
    return type_


def filled(type_: Type, given: Mapping[str, Type]) -> Type:
    """The type with the arguments of a generic class in the place of its type parameters."""
    if isinstance(type_, Named) and type_.arguments is None:
        return given.get(str(type_.ref).rpartition(".")[2], type_)
    return remade(type_, lambda part: filled(part, given))


def united(types: Iterable[Type]) -> Union:
    """The union of these, none of its members a union."""
    return Union(members=tuple(each for type_ in types for each in members(type_)))


def members(type_: Type) -> tuple[Type, ...]:
    """The members of a union; anything else is its own only member."""
    return type_.members if isinstance(type_, Union) else (type_,)


def quoted(value: str | bytes) -> str:
    """A literal for this value, in double quotes where that needs no more escapes."""
    text = repr(value)
    if '"' in text:
        return text
    prefix, _, body = text.partition("'")
    return f'{prefix}"{body[:-1]}"'
