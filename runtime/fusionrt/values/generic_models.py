"""pydantic's generic models, of which each spelling is a class of its own.

`Page[Optional[Cart]]` and `Page[Cart | None]` are one type to Python and to a type checker, and so
is that of `Page(rows=())`; to pydantic, which looks for a class by its arguments as they were
written, they are three. A generic dataclass, attrs class or Struct is one class, of whatever.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

__all__ = ["bare_model", "however_written", "model_arguments", "model_parameters"]


def model_parameters(tp: Any) -> tuple[Any, ...]:
    """The open type parameters of a pydantic model."""
    return tuple(_generic(tp).get("parameters", ()))


def model_arguments(tp: Any) -> tuple[Any, ...]:
    """What a pydantic model is of."""
    return tuple(_generic(tp).get("args", ()))


def bare_model(tp: Any) -> Any:
    """A pydantic model without what it is of; any other type as it is."""
    return _generic(tp).get("origin") or tp


def however_written(tp: Any) -> Hashable:
    """What is the same for a type in all of its spellings, with such models in it as well."""
    arguments = model_arguments(tp)
    if arguments:
        return bare_model(tp), *map(however_written, arguments)
    origin = get_origin(tp)
    if origin is None or origin is Literal:
        return tp  # type: ignore[no-any-return]
    if origin in (Union, UnionType):
        return frozenset(map(however_written, get_args(tp)))
    if origin is Annotated:
        marks = tuple(each for each in tp.__metadata__ if not isinstance(each, str))
        inner = however_written(tp.__origin__)
        return (inner, marks) if marks else inner
    return origin, *map(however_written, get_args(tp))


def _generic(tp: Any) -> Mapping[str, Any]:
    found: Mapping[str, Any] = getattr(tp, "__pydantic_generic_metadata__", {})
    return found
