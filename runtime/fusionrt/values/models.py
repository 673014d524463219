"""How pydantic's models travel. Imports pydantic, so it is imported only where one is met.

A model travels as what its `TypeAdapter` dumps. Where that would not bring every value back (a
union whose members look alike on the wire, strict mode, an alias that is written but not read) it
travels field by field, past its serializers. Either way its own validators run on arrival.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import msgspec
from pydantic import PlainSerializer, WrapSerializer
from pydantic_core import PydanticSerializationError, to_jsonable_python

from ..errors import UnsupportedType
from .checking import adapter
from .conversions import Plan
from .faithful import faithful, is_map_key
from .fields import has_filled_base
from .hidden import refuse_hidden
from .inner import inner_shapes
from .model_fields import field_shape, is_filled_dataclass, model_fields
from .scalars import PLAIN
from .shapes import (
    AnyOf,
    Anything,
    Checked,
    EnumOf,
    Field,
    Items,
    Model,
    OneOf,
    Places,
    Record,
    Recurring,
    Scalar,
    Shape,
    Table,
    spell,
)
from .texts import text_form

__all__ = ["by_fields", "holds_records", "whole"]


def whole(shape: Model) -> Plan:
    """The plan of a model that travels as pydantic dumps it.

    Raises:
        UnsupportedType: pydantic does not know a type in it.
    """
    known = adapter(shape.cls)

    def dump(value: Any) -> Any:
        parts = known.dump_python(value, mode="python", round_trip=True, by_alias=True)
        return msgspec.to_builtins(parts, builtin_types=_BUILTINS, enc_hook=_plain_part)

    return Plan(Any, dump, known.validate_python, maybe_null=not _is_map(shape.cls))


def by_fields(shape: Model) -> Record | None:
    """The model as a record, if only so it comes back as it was; else None.

    Raises:
        UnsupportedType: it has to, and cannot, for it takes undeclared fields; or it keeps a field
            to itself.
    """
    refuse_hidden(shape)
    if not _loses(shape, set()):
        return None
    if _config(shape.cls).get("extra") == "allow":
        raise UnsupportedType(
            spell(shape.tp),
            "cannot travel: it takes undeclared fields, and a declared one would come back as "
            "something else; drop extra='allow', or the union or Any among its fields",
        )
    record = Record(shape.tp, shape.cls, "model")
    for name, info in model_fields(shape.cls).items():
        # Called as a dump would call it: another field may turn this form into that one.
        wire_name = info.serialization_alias or name
        optional = not info.is_required()
        record.fields.append(Field(name, wire_name, field_shape(info), optional, None))
    return record


def holds_records(shape: Shape) -> bool:
    """Whether a model holds records that pydantic takes as they are, without a look at their
    fields."""
    return any(
        isinstance(inner, Record) and inner.style in ("attrs", "dataclass", "struct")
        for inner in inner_shapes(shape, set())
    )


_BUILTINS: Final = (bytes, date, datetime, time, timedelta, Decimal, UUID)
"""What a dump may hold beside the types of JSON: msgspec has a wire form of each."""


def _config(cls: Any) -> Mapping[str, Any]:
    config: Mapping[str, Any] = getattr(cls, "model_config", None) or getattr(
        cls, "__pydantic_config__", {}
    )
    return config


def _is_map(cls: Any) -> bool:
    return bool(model_fields(cls)) and not getattr(cls, "__pydantic_root_model__", False)


def _loses(shape: Shape, seen: set[object]) -> bool:
    """Whether a value of this shape may come back from pydantic's dump as another one."""
    if _is_json_value(shape, seen=set()):
        return False
    match shape:
        case Scalar(cls=cls):
            return cls is bytes  # base64 in JSON
        case Recurring():
            return True
        case Anything():
            return True
        case EnumOf() | OneOf():
            return not faithful(shape, set())
        case AnyOf(members=members):
            some = [member for member in members if member.tp is not None]
            return _loses(some[0], seen) if len(some) == 1 else not all(map(_is_json, some))
        case Items(cls=cls, item=item):
            # A dump makes a dict of a record, which no set can hold.
            return (cls in (set, frozenset) and not _is_flat(item)) or _loses(item, seen)
        case Places(items=items):
            return any(_loses(item, seen) for item in items)
        case Table(key=key, value=value):
            return not is_map_key(key) or _loses(key, seen) or _loses(value, seen)
        case Record(style="attrs" | "struct"):
            return True
        case Record(cls=cls) if has_filled_base(cls):
            return True  # pydantic does not see what a type parameter of the base means
        case Record(tp=tp, fields=fields) if tp not in seen:
            seen.add(tp)
            return any(_loses(field.shape, seen) for field in fields)
        case Checked(tp=tp, inner=inner):
            return _loses(inner, seen) or any(map(_serializes, getattr(tp, "__metadata__", ())))
        case Model(cls=cls) if is_filled_dataclass(cls):
            return True
        case Model(cls=cls) if cls not in seen:
            seen.add(cls)
            if _config(cls).get("strict") or _has_serializers(cls):
                return True
            return any(
                info.validation_alias != info.serialization_alias
                or any(getattr(mark, "strict", None) or _serializes(mark) for mark in info.metadata)
                or _loses(field_shape(info), seen)
                for info in model_fields(cls).values()
            )
    return False


def _plain_part(value: Any) -> Any:
    """A part of a dumped model that msgspec does not know: a secret, a URL, a path, a zone."""
    if hasattr(value, "get_secret_value"):
        return value.get_secret_value()
    if (form := text_form(type(value))) is not None:
        return form.write(value)
    for cls, plain in PLAIN.items():
        if isinstance(value, cls):
            return plain(value)
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    try:
        return to_jsonable_python(value)
    except PydanticSerializationError as problem:
        raise UnsupportedType(spell(type(value)), "cannot travel within a model") from problem


def _is_flat(shape: Shape) -> bool:
    match shape:
        case AnyOf(members=shapes) | Places(items=shapes):
            return all(map(_is_flat, shapes))
        case Items(item=item) | Checked(inner=item):
            return _is_flat(item)
    return isinstance(shape, (Scalar, EnumOf, OneOf))


def _is_json(shape: Shape) -> bool:
    return isinstance(shape, Scalar) and shape.cls in (bool, int, float, str)


def _is_json_value(shape: Shape, seen: set[Shape]) -> bool:
    """Whether this is an alias for what JSON holds; each of its values looks otherwise."""
    if shape in seen:
        return True
    match shape:
        case Recurring(found=[inner]):
            seen.add(shape)
            return _is_json_value(inner, seen)
        case AnyOf(members=members) if seen:
            sorts = [type(member) for member in members]
            apart = sorts.count(Items) < 2 and sorts.count(Table) < 2
            return apart and all(_is_json_value(member, seen) for member in members)
        case Items(cls=cls, item=item) if seen:
            return cls is list and _is_json_value(item, seen)
        case Table(key=Scalar(cls=cls), value=value) if seen:
            return cls is str and _is_json_value(value, seen)
    return bool(seen) and (_is_json(shape) or shape.tp is None)


def _has_serializers(cls: Any) -> bool:
    """Whether the class says itself how it or a field of it is dumped."""
    own = getattr(cls, "__pydantic_decorators__", None)
    return own is not None and bool(own.field_serializers or own.model_serializers)


def _serializes(mark: object) -> bool:
    return isinstance(mark, (PlainSerializer, WrapSerializer))
