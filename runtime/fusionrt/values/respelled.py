"""Instances of a pydantic model whose type arguments were written in another way."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from .generic_models import bare_model
from .shapes import spell

__all__ = ["as_declared", "is_respelled"]


def is_respelled(cls: Any, declared: Any) -> bool:
    """Whether these classes are one generic model, of the same."""
    return bare_model(cls) is bare_model(declared) and _spelled(cls) == _spelled(declared)


def as_declared(declared: Any, value: Any, *, strict: bool = False) -> Any:
    """An instance of the declared class with this content, as pydantic makes one for a field.

    strict: nothing in it is coerced. Of what says that it is of something else, nothing ever is.

    Raises:
        ValueError: the value is of another model, or its content is not what is declared.
    """
    cls, bare = type(value), bare_model(declared)
    if bare_model(cls) is not bare:
        raise ValueError("another model is declared")
    from .checking import adapter  # imports pydantic: only where a model is met

    if cls is not bare and not is_respelled(cls, declared):
        strict = True
    # Not False, which would undo what the model itself says.
    how = True if strict else None
    return adapter(declared).validate_python(value, strict=how, by_name=True, by_alias=False)


@lru_cache(maxsize=4096)
def _spelled(cls: Any) -> str:
    return spell(cls, qualified=True)
