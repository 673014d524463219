"""Annotations, which Python 3.14 evaluates when somebody asks.

It evaluates them among all that the class has got meanwhile: a method called `dict` hides what
`-> dict[str, float]` meant where it was written, and a name under TYPE_CHECKING is an error. So
nobody else asks for them.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from types import CellType, FunctionType
from typing import Any

if sys.version_info >= (3, 14):
    from annotationlib import Format

__all__ = ["own_annotations", "signature_of"]


def signature_of(function: Callable[..., object]) -> inspect.Signature:
    """How something is called. No annotation is evaluated: they are texts, or as they stand."""
    if sys.version_info >= (3, 14):
        return inspect.signature(function, annotation_format=Format.STRING)
    return inspect.signature(function)


def own_annotations(cls: type) -> dict[str, Any]:
    """What a class itself, not its bases, annotates; texts are left as they are.

    Raises:
        NameError: a name in an annotation means nothing.
    """
    if sys.version_info >= (3, 14):
        annotate = _compiled(getattr(cls, "__annotate__", None))
        if annotate is not None:
            return _evaluated(annotate)
    return inspect.get_annotations(cls)


_NAMESPACE = "__classdict__"  # what the compiler calls the names of a class body
_WRAPPED = "original_annotate"  # what a NamedTuple calls what the compiler made


def _compiled(annotate: object) -> FunctionType | None:
    """What the compiler made of the annotations in a class body, if it looks at the names there."""
    if not isinstance(annotate, FunctionType):
        return None
    cells = _cells(annotate)
    if _WRAPPED in cells:
        return _compiled(cells[_WRAPPED].cell_contents)
    return annotate if _NAMESPACE in cells else None


def _cells(function: FunctionType) -> dict[str, CellType]:
    return dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))


def _evaluated(annotate: FunctionType) -> dict[str, Any]:
    """The annotations, where methods and defaults of their class hide nothing."""
    cells = _cells(annotate)
    names = cells[_NAMESPACE].cell_contents
    types = {name: value for name, value in names.items() if _may_be_a_type(value)}
    cells[_NAMESPACE] = CellType(types)
    closure = tuple(cells.values())
    evaluate = FunctionType(annotate.__code__, annotate.__globals__, closure=closure)
    found: dict[str, Any] = evaluate(1)  # `Format.VALUE`
    return found


def _may_be_a_type(value: object) -> bool:
    return isinstance(value, type) or type(value).__module__ in _OF_TYPES


_OF_TYPES = frozenset({"types", "typing", "typing_extensions"})
