"""Aliases, as objects that know what they stand for and where they were written."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Annotated, Any, ForwardRef, Literal, get_args, get_origin, get_type_hints

from ..errors import UnsupportedType

__all__ = ["QuotedAlias", "is_alias", "quoted_alias", "value_of"]


@dataclass(frozen=True, slots=True, repr=False)
class QuotedAlias:
    """`Json: TypeAlias = "dict[str, Json] | …"`, an alias that names itself: its value does not say
    in which module those names mean something.

    Stands beside it, `Annotated[Json, QuotedAlias("shop.types", "Json")]`, and is what counts.
    """

    module: str
    name: str

    @property
    def __value__(self) -> Any:
        return getattr(import_module(self.module), self.name)

    def __repr__(self) -> str:
        return self.name


def quoted_alias(tp: Any) -> QuotedAlias | None:
    """The alias beside a type, if there is one."""
    marks = getattr(tp, "__metadata__", ())
    return next((mark for mark in marks if isinstance(mark, QuotedAlias)), None)


def is_alias(tp: Any) -> bool:
    """Whether this is an alias that is an object of its own."""
    return isinstance(tp, QuotedAlias) or type(tp).__name__ == "TypeAliasType"


def _quoted_aliases(module: str) -> dict[str, Any]:
    """What names mean in the quotes of a module. Of an alias with quotes of its own, that alias:
    there may be no end of what it stands for."""
    return {
        name: Annotated[Any, QuotedAlias(module, name)]
        for name, value in vars(import_module(module)).items()
        if _has_quotes(value)
    }


def _has_quotes(value: Any) -> bool:
    if get_origin(value) is Literal:
        return False
    return isinstance(value, (str, ForwardRef)) or any(map(_has_quotes, get_args(value)))


def value_of(alias: Any) -> Any:
    """What an alias stands for, its quoted parts as types.

    Raises:
        UnsupportedType: a name in it cannot be resolved.
    """
    module = alias.module if isinstance(alias, QuotedAlias) else alias.__module__
    try:
        names = _quoted_aliases(module) if isinstance(alias, QuotedAlias) else {}
        holder = type("", (), {"__annotations__": {"value": alias.__value__}, "__module__": module})
        return get_type_hints(holder, localns=names, include_extras=True)["value"]
    except (NameError, AttributeError) as problem:
        raise UnsupportedType(
            str(alias),
            f"has a part that cannot be resolved ({problem}): import the name at module level, "
            "not only under TYPE_CHECKING",
        ) from problem
