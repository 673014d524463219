"""How a shape travels: a type that msgspec handles, and what to do before and after.

Most types are msgspec's own: their plan changes nothing. Elsewhere the plan says how a value
becomes one of the wire type and back. A JavaScript client meets only maps, arrays and scalars: a
union that msgspec refuses is `[index, value]`, a dict whose keys are no strings or numbers is an
array of pairs, a member of an enum with other values than strings or integers is its name.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from enum import Flag
from typing import Annotated, Any, cast, get_origin

import msgspec

from . import conversions as to
from .bools import convert
from .conversions import Plan
from .faithful import accepted, faithful, is_map_key
from .hashing import refuse_unhashable
from .records import record_plan
from .shapes import (
    AnyOf,
    Checked,
    EnumOf,
    Items,
    Model,
    OneOf,
    Places,
    Record,
    Recurring,
    Scalar,
    Shape,
    Table,
    Text,
    either,
)
from .trees import tree_check

__all__ = ["plan_of"]


def plan_of(shape: Shape) -> Plan:
    """The plan of a shape.

    Raises:
        UnsupportedType: it cannot travel.
    """
    plan = _Plans().plan(shape)
    refuse_unhashable(shape)
    return plan


class _Plans:
    """Plans one shape; remembers on the way what may contain itself."""

    def __init__(self) -> None:
        self._known: dict[Shape, Plan | None] = {}
        self._models: dict[Any, Record | None] = {}
        self._faithful: set[Shape] = set()
        self._direct: dict[Shape, bool] = {}

    def plan(self, shape: Shape) -> Plan:
        if self._is_direct(shape):
            return Plan(shape.tp, maybe_null=_nullable(shape))
        match shape:
            case OneOf():
                inner = self.plan(shape.inner)
                checked = to.one_of(shape.values, inner.from_wire)
                return Plan(inner.wire, inner.to_wire, checked, maybe_null=_nullable(shape))
            case AnyOf():
                return self._union(shape)
            case Items():
                return self._items(shape)
            case Places():
                return self._places(shape)
            case Table():
                return self._table(shape)
            case Record():
                return self._record(shape)
            case Recurring():
                check = tree_check(shape)
                if check is not None:
                    return Plan(Any, None, check, maybe_null=_nullable(shape))
                return self._once(shape, lambda: self.plan(shape.inner))
            case Text():
                return Plan(str, to.text(shape), shape.form.read)
            case Model():
                return self._model(shape)
            case EnumOf(cls=cls) if issubclass(cls, Flag):
                return Plan(int, to.enum_value, cls)
            case EnumOf(cls=cls):
                return Plan(str, to.enum_name, to.enum_member(cls))
            case Checked():
                return self._checked(shape)
        return Plan(Any, to.only_plain, maybe_null=True)

    def _is_direct(self, shape: Shape) -> bool:
        """Whether msgspec carries it by itself; looked at once, for classes refer to each other."""
        if shape not in self._direct:
            seen = self._faithful.copy()
            is_faithful = faithful(shape, seen)
            if is_faithful:
                self._faithful = seen
            self._direct[shape] = is_faithful and accepted(shape.tp)
        return self._direct[shape]

    def _union(self, shape: AnyOf) -> Plan:
        members = tuple(member for member in shape.members if not _is_none(member))
        plans = [self.plan(member) for member in members]
        nullable = len(members) < len(shape.members)
        whole = either([self.plan(member).wire for member in shape.members])
        if all(plan.direct for plan in plans) and accepted(whole):
            return Plan(whole, maybe_null=nullable)
        pairs = zip(members, plans, strict=True)
        if all(plan.direct or _is_told(member, plan) for member, plan in pairs) and accepted(whole):
            # Not boxed, for a record may have been direct before it had a field that is not; and
            # what holds its own union (JSON does) would be all boxes.
            into = to.chosen(AnyOf(shape.tp, members), [plan.to_wire for plan in plans])
            out = to.by_class(
                {
                    get_origin(plan.wire) or plan.wire: plan.from_wire
                    for plan in plans
                    if plan.from_wire
                }
            )
            return Plan(whole, to.unless_none(into) if nullable else into, out, maybe_null=nullable)
        if nullable and len(plans) == 1 and _nullable(members[0]):
            return plans[0]
        if nullable and len(plans) == 1 and not plans[0].maybe_null:
            (only,) = plans
            return Plan(
                only.wire | None,
                to.unless_none(only.to_wire),
                to.unless_none(only.from_wire),
                maybe_null=True,
            )
        boxes = [to.box(index, plan.wire) for index, plan in enumerate(plans)]
        wire = either(boxes)
        into = to.boxer(AnyOf(shape.tp, members), boxes, [plan.to_wire for plan in plans])
        out = to.unboxer(boxes, [plan.from_wire for plan in plans])
        if nullable:
            return Plan(wire | None, to.unless_none(into), to.unless_none(out), maybe_null=True)
        return Plan(wire, into, out)

    def _items(self, shape: Items) -> Plan:
        item = self.plan(shape.item)
        if item.direct:
            arguments = (item.wire, ...) if shape.cls is tuple else item.wire
            return Plan(_constrained(shape, shape.cls[arguments]))
        wire: Any = list
        return Plan(
            _constrained(shape, wire[item.wire]),
            to.each(item.to_wire, list),
            to.each(item.from_wire, shape.cls),
        )

    def _places(self, shape: Places) -> Plan:
        plans = [self.plan(item) for item in shape.items]
        wire: Any = tuple
        wire = wire[tuple(plan.wire for plan in plans)]
        if all(plan.direct for plan in plans):
            return Plan(wire)
        return Plan(
            wire,
            to.each_place([plan.to_wire for plan in plans]),
            to.each_place([plan.from_wire for plan in plans]),
        )

    def _table(self, shape: Table) -> Plan:
        key, value = self.plan(shape.key), self.plan(shape.value)
        if is_map_key(shape.key):
            wire: Any = dict
            return Plan(
                _constrained(shape, wire[key.wire, value.wire]),
                to.each_value(value.to_wire),
                to.each_value(value.from_wire),
            )
        wire = list
        return Plan(
            _constrained(shape, wire[to.pair(key.wire, value.wire)]),
            to.pairs(to.each_place([key.to_wire, value.to_wire])),
            to.table(to.each_place([key.from_wire, value.from_wire])),
        )

    def _once(self, shape: Shape, build: Callable[[], Plan]) -> Plan:
        if shape in self._known:
            return self._known[shape] or self._inner(shape)
        self._known[shape] = None
        plan = self._known[shape] = build()
        return plan

    def _record(self, shape: Record) -> Plan:
        return self._once(shape, lambda: record_plan(shape, self.plan))

    def _model(self, shape: Model) -> Plan:
        from . import models  # imports pydantic: only where a model is met

        if shape.cls not in self._models:
            self._models[shape.cls] = models.by_fields(shape)
        record = self._models[shape.cls]
        return models.whole(shape) if record is None else self._record(record)

    def _checked(self, shape: Checked) -> Plan:
        from .checking import checker  # imports pydantic, too

        inner, check = self.plan(shape.inner), checker(shape)
        convert = inner.from_wire
        return dataclasses.replace(
            inner,
            from_wire=check if convert is None else lambda wire: check(convert(wire)),
        )

    def _inner(self, shape: Shape) -> Plan:
        """A shape within itself: its wire type is not known yet, it is read in a second step."""

        def to_wire(value: Any) -> Any:
            return cast(Any, self._known[shape]).to_wire(value)

        def from_wire(wire: Any) -> Any:
            plan = cast(Any, self._known[shape])
            try:
                part = msgspec.convert(wire, plan.wire)
            except msgspec.ValidationError:
                part = convert(wire, plan.wire)
            return plan.from_wire(part)

        return Plan(Any, to_wire, from_wire, maybe_null=_nullable(shape))


def _is_told(shape: Shape, plan: Plan) -> bool:
    """Whether the class that it travels as tells it from others: it is a record, with a Struct made
    for it, or holds the union that it is a member of."""
    is_struct = isinstance(shape, Record) and isinstance(plan.wire, msgspec.StructMeta)
    return is_struct or _holds_alias(shape)


def _holds_alias(shape: Shape) -> bool:
    match shape:
        case Items(item=item):
            return isinstance(item, Recurring) or _holds_alias(item)
        case Places(items=items):
            return any(isinstance(item, Recurring) or _holds_alias(item) for item in items)
        case Table(key=key, value=value):
            return is_map_key(key) and (isinstance(value, Recurring) or _holds_alias(value))
    return False


def _nullable(shape: Shape) -> bool:
    match shape:
        case AnyOf(members=members):
            return any(map(_nullable, members))
        case OneOf(values=values):
            return None in values
        case Checked(inner=inner) | Recurring(found=[inner]):
            return _nullable(inner)
    return _is_none(shape)


def _is_none(shape: Shape) -> bool:
    return isinstance(shape, Scalar) and shape.cls is type(None)


def _constrained(shape: Shape, wire: Any) -> Any:
    """The wire type under the `msgspec.Meta` that the declared type carries."""
    marks = [
        mark for mark in getattr(shape.tp, "__metadata__", ()) if isinstance(mark, msgspec.Meta)
    ]
    for mark in marks:
        wire = Annotated[wire, mark]
    return wire
