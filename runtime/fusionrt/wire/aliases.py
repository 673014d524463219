"""Aliases, as objects that know what they stand for and where they were written."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any, Union, get_type_hints

from ..errors import UnsupportedType

__all__ = ["QuotedAlias", "is_alias", "value_of"]


@dataclass(frozen=True, slots=True, repr=False)
class QuotedAlias:
    """`Json: TypeAlias = "dict[str, Json] | …"`, an alias that names itself: its value does not say
    in which module those names mean something.

    Behaves as what `type` makes.
    """

    module: str
    name: str

    @property
    def __value__(self) -> Any:
        return getattr(import_module(self.module), self.name)

    def __repr__(self) -> str:
        return self.name

    def __call__(self) -> Any:
        """`typing` takes only what can be called for a type."""
        raise TypeError(f"{self.name} is an alias")

    def __or__(self, other: Any) -> Any:
        return Union[self, other]  # noqa: UP007  (it is this that makes `|` work)

    def __ror__(self, other: Any) -> Any:
        return Union[other, self]  # noqa: UP007


def is_alias(tp: Any) -> bool:
    """Whether this is an alias that is an object of its own."""
    return isinstance(tp, QuotedAlias) or type(tp).__name__ == "TypeAliasType"


def value_of(alias: Any) -> Any:
    """What an alias stands for, its quoted parts as types.

    Raises:
        UnsupportedType: a name in it cannot be resolved.
    """
    quoted = isinstance(alias, QuotedAlias)
    module = alias.module if quoted else alias.__module__
    # Where it names itself it stays an alias: there is no end of what it stands for.
    names = {alias.name: alias} if quoted else {}
    try:
        holder = type("", (), {"__annotations__": {"value": alias.__value__}, "__module__": module})
        return get_type_hints(holder, localns=names, include_extras=True)["value"]
    except (NameError, AttributeError) as problem:
        raise UnsupportedType(
            str(alias),
            f"has a part that cannot be resolved ({problem}): import the name at module level, "
            "not only under TYPE_CHECKING",
        ) from problem
