"""What a shape holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .shapes import AnyOf, Checked, Items, Model, Places, Record, Recurring, Shape, Table

__all__ = ["inner_shapes"]


def inner_shapes(shape: Shape, seen: set[object]) -> Iterator[Shape]:
    """A shape and all that it holds, in models, too; each class once."""
    inner: Iterable[Shape] = ()
    match shape:
        case AnyOf(members=shapes) | Places(items=shapes):
            inner = shapes
        case Recurring(found=found):
            inner = found if shape not in seen else ()
            seen.add(shape)
        case Items(item=item) | Checked(inner=item):
            inner = (item,)
        case Table(key=key, value=value):
            inner = (key, value)
        case Record(tp=tp, fields=fields):
            inner = (field.shape for field in fields) if tp not in seen else ()
            seen.add(tp)
        case Model(cls=cls):
            inner = _of_model(cls) if cls not in seen else ()
            seen.add(cls)
    yield shape
    for one in inner:
        yield from inner_shapes(one, seen)


def _of_model(cls: object) -> Iterator[Shape]:
    from .model_fields import field_shape, held_shapes, model_fields  # imports pydantic

    yield from map(field_shape, model_fields(cls).values())
    yield from held_shapes(cls)
