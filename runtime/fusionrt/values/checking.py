"""Values that pydantic checks: its models, and what `Annotated` says of a type.

Imports pydantic, so it is imported only where such a type is met.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from pydantic import ConfigDict, PydanticUserError, TypeAdapter, ValidationError
from pydantic.errors import PydanticSchemaGenerationError, PydanticUndefinedAnnotation

from ..errors import UnsupportedType
from .model_fields import refuse_encoded
from .shapes import Checked, spell

__all__ = ["adapter", "checker", "refusal_of", "spell_refusal", "validate"]


def adapter(tp: Any) -> TypeAdapter[Any]:
    """What pydantic makes of a type.

    Raises:
        UnsupportedType: it does not know a type in it.
    """
    try:
        return _cached(tp)
    except PydanticSchemaGenerationError as problem:
        raise _unknown(tp) from problem


def validate(cls: Any, fields: Mapping[str, Any]) -> Any:
    """A model from its fields, by name; its validators run."""
    if getattr(cls, "__pydantic_root_model__", False):
        return adapter(cls).validate_python(fields["root"])
    return adapter(cls).validate_python(dict(fields), by_name=True, by_alias=False)


@lru_cache(maxsize=4096)
def checker(shape: Checked) -> Callable[[Any], Any]:
    """What validates a value by what `Annotated` says; a ValidationError if it is refused.

    Raises:
        UnsupportedType: pydantic does not know the type.
    """
    marks = getattr(shape.tp, "__metadata__", ())
    refuse_encoded(shape.tp, marks)
    try:
        return _made(shape.tp, None).validate_python
    except PydanticSchemaGenerationError:  # a class that only we carry: its instances will do
        return _made(shape.tp, ConfigDict(arbitrary_types_allowed=True)).validate_python


def refusal_of(problem: ValueError) -> str:
    """What a validator found wrong."""
    return spell_refusal(problem) if isinstance(problem, ValidationError) else str(problem)


def spell_refusal(problem: ValidationError) -> str:
    """What pydantic found wrong, without the value."""
    found = problem.errors(include_url=False, include_context=False, include_input=False)
    return "; ".join(
        f"{error['msg']} - at `{'.'.join(map(str, ('$', *error['loc'])))}`" for error in found
    )


@lru_cache(maxsize=4096)
def _cached(tp: Any) -> TypeAdapter[Any]:
    return _made(tp, None)


def _made(tp: Any, config: ConfigDict | None) -> TypeAdapter[Any]:
    try:
        return TypeAdapter(tp, config=config)
    except PydanticSchemaGenerationError:
        raise
    except (PydanticUserError, PydanticUndefinedAnnotation) as problem:
        raise _unknown(tp) from problem


def _unknown(tp: Any) -> UnsupportedType:
    return UnsupportedType(
        spell(tp), "cannot travel: pydantic has no schema for it; declare a type that it has"
    )
