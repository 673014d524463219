"""Bools that arrive where numbers are declared.

To a type checker a bool is an int, and so a float; to msgspec it is neither. What it refused is
looked through once more, and bools become numbers where only those are declared.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import msgspec

from .faithful import is_array
from .reading import shape_of
from .shapes import AnyOf, Items, OneOf, Places, Record, Scalar, Shape, Table

__all__ = ["convert"]


def convert(tree: Any, wire: Any) -> Any:
    """What `msgspec.convert` makes of a decoded tree, its bools as numbers.

    Raises:
        MsgspecError, ValueError, TypeError: it is not a value of the wire type.
    """
    return msgspec.convert(_as_numbers(_shape(wire), tree), wire, str_keys=True)


@lru_cache(maxsize=4096)
def _shape(wire: Any) -> Shape:
    return shape_of(wire)


def _as_numbers(shape: Shape, tree: Any) -> Any:
    match shape, tree:
        case Scalar(cls=cls), bool() if cls in (int, float):
            return cls(tree)
        case Items(item=item), list():
            return [_as_numbers(item, one) for one in tree]
        case Places(items=items), list() if len(items) == len(tree):
            return list(map(_as_numbers, items, tree))
        case Table(key=key, value=value), dict():
            return {_as_numbers(key, k): _as_numbers(value, v) for k, v in tree.items()}
        case Record(), dict():
            shapes = {field.wire_name: field.shape for field in shape.fields}
            return {k: _as_numbers(shapes[k], v) if k in shapes else v for k, v in tree.items()}
        case Record(), list():
            first = 0 if _config(shape).tag is None else 1
            for place, (field, one) in enumerate(zip(shape.fields, tree[first:], strict=False)):
                tree[first + place] = _as_numbers(field.shape, one)
            return tree
        case AnyOf(members=members), _:
            return _in_union(members, tree)
    return tree


def _in_union(members: tuple[Shape, ...], tree: Any) -> Any:
    if isinstance(tree, bool):
        if any(map(_has_bool, members)):
            return tree
        return next((cls(tree) for cls in (int, float) if any(_is(m, cls) for m in members)), tree)
    for member in members:
        if _reads(member, tree):
            return _as_numbers(member, tree)
    return tree


def _reads(member: Shape, tree: Any) -> bool:
    """Whether a tree is for this member; of those that msgspec reads together one does."""
    match member, tree:
        case Items() | Places(), list():
            return True
        case Table(), dict():
            return True
        case Record(), list():
            tag = _config(member).tag
            return is_array(member) and (tag is None or tree[:1] == [tag])
        case Record(), dict():
            config = _config(member)
            return not is_array(member) and tree.get(config.tag_field) == config.tag
    return False


def _has_bool(shape: Shape) -> bool:
    if isinstance(shape, OneOf):
        return bool in map(type, shape.values)
    return _is(shape, bool)


def _is(shape: Shape, cls: type) -> bool:
    return isinstance(shape, Scalar) and shape.cls is cls


def _config(record: Record) -> Any:
    """How msgspec lays out the record; of one that is no Struct, by a Struct without options."""
    return getattr(record.cls, "__struct_config__", _Plain.__struct_config__)


class _Plain(msgspec.Struct):
    pass
