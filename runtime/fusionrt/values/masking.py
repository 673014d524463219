"""Texts of values that hold secrets: what `Secret` marks, and pydantic's secrets, are masked.

A value is encoded for people by the codec of a shape in which what is secret is a text that says
nothing. So there is one way to a text, however deep the secret lies.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import lru_cache
from typing import Any, Final, get_args, get_origin

from ..contract import ANY
from .generic_models import bare_model
from .json_text import json_encode
from .matching import heads
from .plans import plan_of
from .reading import is_secret_class, is_secret_mark, shape_of
from .shapes import (
    AnyOf,
    Checked,
    Items,
    Model,
    Places,
    Record,
    Recurring,
    Shape,
    Table,
    Text,
)
from .texts import TextForm

__all__ = ["MASK", "holds_secrets", "masked_json", "text_without_secrets"]

MASK: Final = "**********"
"""In the place of a secret; as pydantic has it."""

Get = Callable[[Any], Any]


@lru_cache(maxsize=4096)
def text_without_secrets(tp: Any) -> Callable[[Any], str] | None:
    """What makes a text of values of a type; `None` if there is nothing in them to be masked."""
    shape = shape_of(tp)
    if not holds_secrets(shape):
        return None
    encode = masked_json(shape)

    def text(value: Any) -> str:
        if value is ANY:
            return repr(value)
        try:
            return encode(value).decode()
        except Exception:  # it is none of the type, which others tell
            return MASK

    return text


def masked_json(shape: Shape) -> Callable[[Any], bytes]:
    """What encodes values of a shape as JSON without what is secret in them."""
    to_wire = plan_of(_Masking().of(shape)).to_wire or _same
    return lambda value: json_encode(to_wire(value))


def holds_secrets(shape: Shape) -> bool:
    """Whether a shape, or what is in it, is secret."""
    return _holds(shape, set())


def _holds(shape: Shape, seen: set[Any]) -> bool:
    name = shape.tp if isinstance(shape, Record | Model) else shape
    if shape.secret or name in seen:
        return shape.secret
    seen.add(name)
    inner: Iterable[Shape] = ()
    match shape:
        case AnyOf(members=shapes) | Places(items=shapes) | Recurring(found=shapes):
            inner = shapes
        case Items(item=part) | Checked(inner=part):
            inner = (part,)
        case Table(key=key, value=value):
            inner = (key, value)
        case Record(fields=fields):
            inner = (field.shape for field in fields)
        case Model():
            inner = (part for _, _, part in _fields_of(shape))
    return any(_holds(each, seen) for each in inner)


def _fields_of(model: Model) -> Iterable[tuple[str, str, Shape]]:
    """The fields of a model: their names, what they are shown as, and their shapes."""
    from .model_fields import field_shape, model_fields  # imports pydantic

    for name, info in model_fields(model.cls).items():
        shape = field_shape(info)
        is_foreign = isinstance(shape, Model) and not isinstance(info.annotation, type)
        is_secret = is_secret_mark(info.metadata) or (is_foreign and _names_one(info.annotation))
        shown = info.serialization_alias or name
        yield name, shown, replace(shape, secret=True) if is_secret else shape


def _names_one(tp: Any) -> bool:
    """Whether a secret is somewhere in a type that only pydantic knows, as in `list[Secret[int]]`:
    then all of it is one."""
    if is_secret_class(get_origin(tp) or tp) or is_secret_mark(getattr(tp, "__metadata__", ())):
        return True
    return any(map(_names_one, get_args(tp)))


class _Masking:
    """Makes the shapes that secrets are masked in; remembers those that may recur."""

    def __init__(self) -> None:
        self._known: dict[Shape, Shape] = {}
        self._models: dict[Any, Shape] = {}

    def of(self, shape: Shape) -> Shape:
        if shape.secret:
            classes = [bare_model(each) for each in heads(shape) if isinstance(each, type)]
            return _text(shape, classes[0] if len(classes) == 1 else object, lambda _: MASK)
        if shape in self._known:
            return self._known[shape]
        match shape:
            case AnyOf(members=members):
                return replace(shape, members=tuple(map(self.of, members)))
            case Places(items=items):
                return replace(shape, items=tuple(map(self.of, items)))
            case Items(item=item):
                return replace(shape, item=self.of(item))
            case Checked(inner=inner):
                return replace(shape, inner=self.of(inner))
            case Table(key=key, value=value):
                return replace(shape, key=self.of(key), value=self.of(value))
            case Recurring(found=[inner]):
                alias = self._known[shape] = Recurring(shape.tp)
                alias.found.append(self.of(inner))
                return alias
            case Record(fields=fields):
                record = self._known[shape] = replace(shape, fields=[])
                record.fields.extend(replace(each, shape=self.of(each.shape)) for each in fields)
                return record
            case Model() if holds_secrets(shape):
                return self._model(shape)
        return shape

    def _model(self, shape: Model) -> Shape:
        """Field by field: pydantic would dump the secrets, or mask only its own."""
        shows: list[tuple[str, str, Get]] = []

        def write(value: Any) -> dict[str, Any]:
            return {shown: show(getattr(value, name)) for name, shown, show in shows}

        if shape.cls in self._models:
            return self._models[shape.cls]
        text = self._models[shape.cls] = _text(shape, bare_model(shape.cls), write)
        for name, shown, field in _fields_of(shape):
            shows.append((name, shown, plan_of(self.of(field)).to_wire or _same))
        return text


def _text(shape: Shape, cls: Any, write: Get) -> Text:
    """A shape that is only written."""
    return Text(shape.tp, cls, TextForm(str, write, str))


def _same(value: Any) -> Any:
    return value
