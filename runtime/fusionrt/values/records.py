"""Records that msgspec does not carry as they are: those with a field that needs a conversion.

They travel as a Struct of wire types that is made for them; it keeps the names, the tag and the
layout that the class itself would have on the wire.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from ..errors import UnsupportedType
from .conversions import Plan, Planner
from .faithful import is_array
from .shapes import Field, Record, spell

__all__ = ["record_plan"]

_Build = Callable[[Record, Mapping[str, Any]], Any]


def record_plan(record: Record, plan: Planner) -> Plan:
    """The plan of a record, its fields planned by `plan`.

    Raises:
        UnsupportedType: it travels by position, and a place may be UNSET.
    """
    if is_array(record) and any(field.unset for field in record.fields):
        raise UnsupportedType(
            spell(record.tp), "cannot travel: no place of an array can be UNSET; drop array_like"
        )
    slots = _slots(record)
    plans = [plan(field.shape) for field, _ in slots]
    wire_class = _wire_struct(record, slots, [plan.wire for plan in plans])
    get: Callable[[Any, str, Any], Any] = dict.get if record.style == "typeddict" else _attribute
    build = _BUILDERS[record.style]
    steps = [
        (field.name, f"f{index}", plan.to_wire, plan.from_wire)
        for index, ((field, _), plan) in enumerate(zip(slots, plans, strict=True))
    ]

    def to_wire(value: Any) -> Any:
        fields = {}
        for name, slot, convert, _ in steps:
            item = get(value, name, UNSET)
            fields[slot] = convert(item) if convert and item is not UNSET else item
        return wire_class(**fields)

    def from_wire(wire: Any) -> Any:
        fields = {}
        for name, slot, _, convert in steps:
            item = getattr(wire, slot)
            if item is not UNSET:
                fields[name] = convert(item) if convert else item
        return build(record, fields)

    return Plan(wire_class, to_wire, from_wire)


def _slots(record: Record) -> list[tuple[Field, bool]]:
    """The fields, and whether each may be absent: those that may come last.

    An array keeps its order instead, and of it only the end can be absent.
    """
    if not is_array(record):
        return sorted(((field, field.optional) for field in record.fields), key=_may_be_absent)
    last = max((i for i, field in enumerate(record.fields) if not field.optional), default=-1)
    return [(field, index > last) for index, field in enumerate(record.fields)]


def _may_be_absent(slot: tuple[Field, bool]) -> bool:
    return slot[1]


def _wire_struct(record: Record, slots: list[tuple[Field, bool]], wires: list[Any]) -> Any:
    """A Struct with slots f0, f1, … of these wire types."""
    config = getattr(record.cls, "__struct_config__", None)
    return msgspec.defstruct(
        record.cls.__name__,
        [
            (f"f{index}", wire | UnsetType, UNSET) if optional else (f"f{index}", wire)
            for index, ((_, optional), wire) in enumerate(zip(slots, wires, strict=True))
        ],
        rename={f"f{index}": field.wire_name for index, (field, _) in enumerate(slots)},
        array_like=is_array(record),
        tag=config.tag if config else None,
        tag_field=config.tag_field if config else None,
        forbid_unknown_fields=bool(config and config.forbid_unknown_fields),
        kw_only=True,
    )


def _attribute(value: Any, name: str, absent: Any) -> Any:
    return getattr(value, name, absent)


def _build_dataclass(record: Record, fields: Mapping[str, Any]) -> Any:
    """As msgspec does for those that it carries: set the fields, then `__post_init__`."""
    value = object.__new__(record.cls)
    for field in record.fields:
        if field.name in fields:
            object.__setattr__(value, field.name, fields[field.name])
        elif field.default is not None:
            object.__setattr__(value, field.name, field.default())
    if hasattr(record.cls, "__post_init__"):
        value.__post_init__()
    return value


def _build_attrs(record: Record, fields: Mapping[str, Any]) -> Any:
    """Set the fields, whose converters ran where they come from; then validate."""
    import attrs

    cls = record.cls
    value = object.__new__(cls)
    hashing = getattr(cls.__hash__, "__code__", None)
    if "_attrs_cached_hash" in getattr(hashing, "co_names", ()):
        object.__setattr__(value, "_attrs_cached_hash", None)
    for field in attrs.fields(cls):
        if field.name in fields or field.default is not attrs.NOTHING:
            item = fields[field.name] if field.name in fields else _attrs_default(field, value)
            object.__setattr__(value, field.name, item)
    attrs.validate(value)
    if hasattr(cls, "__attrs_post_init__"):
        value.__attrs_post_init__()
    return value


def _attrs_default(field: Any, value: Any) -> Any:
    """The default of an absent field; it may be made from those before it."""
    default = field.default
    if not hasattr(default, "takes_self"):
        return default
    return default.factory(value) if default.takes_self else default.factory()


def _build_call(record: Record, fields: Mapping[str, Any]) -> Any:
    return record.cls(**fields)


def _build_dict(record: Record, fields: Mapping[str, Any]) -> Any:
    return dict(fields)


def _build_model(record: Record, fields: Mapping[str, Any]) -> Any:
    from .checking import validate  # imports pydantic: only where a model is met

    return validate(record.cls, fields)


_BUILDERS: Mapping[str, _Build] = {
    "attrs": _build_attrs,
    "dataclass": _build_dataclass,
    "struct": _build_call,
    "namedtuple": _build_call,
    "typeddict": _build_dict,
    "model": _build_model,
}
