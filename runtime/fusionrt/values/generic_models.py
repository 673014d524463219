"""pydantic's generic models, of which each spelling is a class of its own.

`Page[Optional[Cart]]` and `Page[Cart | None]` are one type to Python and to a type checker, and so
is that of `Page(rows=())`; to pydantic, which looks for a class by its arguments as they were
written, they are three. A generic dataclass, attrs class or Struct is one class, of whatever.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["bare_model", "model_arguments", "model_parameters"]


def model_parameters(tp: Any) -> tuple[Any, ...]:
    """The open type parameters of a pydantic model."""
    return tuple(_generic(tp).get("parameters", ()))


def model_arguments(tp: Any) -> tuple[Any, ...]:
    """What a pydantic model is of."""
    return tuple(_generic(tp).get("args", ()))


def bare_model(tp: Any) -> Any:
    """A pydantic model without what it is of; any other type as it is."""
    return _generic(tp).get("origin") or tp


def _generic(tp: Any) -> Mapping[str, Any]:
    found: Mapping[str, Any] = getattr(tp, "__pydantic_generic_metadata__", {})
    return found
