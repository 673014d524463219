"""Declared types made at random, each with values: every scalar and record within every container.

Classes are made too: a dataclass, NamedTuple, TypedDict, Struct, pydantic model or a generic one of
these, with fields of types that are as random.
"""

from __future__ import annotations

import dataclasses
import functools
import itertools
import operator
import typing
from collections.abc import Callable
from typing import Any, Generic, TypeVar, get_origin

import attrs
import msgspec
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, ValidationError, create_model

from tests.values.zoo import MODELS, MUTABLE, RECORDS, SCALARS, Kind, Kinds

__all__ = ["KEY_KINDS", "KINDS"]

T = TypeVar("T")


@dataclasses.dataclass(frozen=True)
class Holder(Generic[T]):
    held: T
    more: tuple[T, ...] = ()


class Box(msgspec.Struct, Generic[T], frozen=True):
    held: T
    more: tuple[T, ...] = ()


class Bag(BaseModel, Generic[T]):
    model_config = ConfigDict(frozen=True)

    held: T
    more: tuple[T, ...] = ()


def _of(origin: Any, arguments: Any) -> Any:
    return origin[arguments]


def _few(kind: Kind, size: int = 2) -> st.SearchStrategy[list[Any]]:
    return st.lists(kind.values, max_size=size)


def _optional(kind: Kind) -> Kind:
    return Kind(kind.tp | None, st.none() | kind.values)


def _union(left: Kind, right: Kind) -> Kind:
    return Kind(left.tp | right.tp, left.values | right.values)


def _tuple(kind: Kind) -> Kind:
    return Kind(_of(tuple, (kind.tp, ...)), _few(kind).map(tuple))


def _places(left: Kind, right: Kind) -> Kind:
    return Kind(_of(tuple, (left.tp, right.tp)), st.tuples(left.values, right.values))


def _frozenset(kind: Kind) -> Kind:
    return Kind(_of(frozenset, kind.tp), st.frozensets(kind.values, max_size=2))


def _set(kind: Kind) -> Kind:
    return Kind(_of(set, kind.tp), st.sets(kind.values, max_size=2))


def _list(kind: Kind) -> Kind:
    return Kind(_of(list, kind.tp), _few(kind))


def _dict(key: Kind, value: Kind) -> Kind:
    values = st.dictionaries(key.values, value.values, max_size=2)
    return Kind(_of(dict, (key.tp, value.tp)), values)


_NUMBERS = itertools.count()


@functools.lru_cache(maxsize=1000)
def _dataclass(left: Any, right: Any) -> Any:
    fields = [("left", left), ("right", right)]
    return dataclasses.make_dataclass(f"Data{next(_NUMBERS)}", fields, frozen=True)


@functools.lru_cache(maxsize=1000)
def _struct(left: Any, right: Any) -> Any:
    number = next(_NUMBERS)
    return msgspec.defstruct(
        f"Struct{number}",
        [("left", left), ("right", right)],
        frozen=True,
        array_like=number % 2 == 0,
        tag=f"tag{number}" if number % 3 == 0 else None,
    )


@functools.lru_cache(maxsize=1000)
def _namedtuple(left: Any, right: Any) -> Any:
    make: Any = typing.NamedTuple
    return make(f"Named{next(_NUMBERS)}", [("left", left), ("right", right)])


@functools.lru_cache(maxsize=1000)
def _typeddict(left: Any, right: Any) -> Any:
    make: Any = typing.TypedDict
    return make(f"Dict{next(_NUMBERS)}", {"left": typing.NotRequired[left], "right": right})


@functools.lru_cache(maxsize=1000)
def _model(left: Any, right: Any) -> Any:
    return create_model(
        f"Model{next(_NUMBERS)}",
        __config__=ConfigDict(frozen=True),
        left=(left, ...),
        right=(right, ...),
    )


def _made(make: Callable[[Any, Any], Any]) -> Callable[[Kind, Kind], Kind]:
    def record(left: Kind, right: Kind) -> Kind:
        cls = make(left.tp, right.tp)
        return Kind(cls, st.builds(_kept(cls), left.values, right.values).filter(_is_made))

    return record


def _kept(cls: Any) -> Callable[[Any, Any], Any]:
    """Makes an instance; None if a model does not take the values (a Decimal that is nan)."""

    def make(left: Any, right: Any) -> Any:
        try:
            return cls(**{"left": left, "right": right})
        except ValidationError:
            return None

    return make


def _is_made(value: object) -> bool:
    return value is not None


def _dicts(left: Kind, right: Kind) -> Kind:
    values: Any = st.fixed_dictionaries({"right": right.values}, optional={"left": left.values})
    return Kind(_typeddict(left.tp, right.tp), values)


def _generic(cls: Any) -> Callable[[Kind], Kind]:
    def instance(kind: Kind) -> Kind:
        tp = cls[kind.tp]
        written = st.sampled_from([tp, cls[typing.Annotated[kind.tp, "written otherwise"]]])

        def make(tp: Any, held: Any, more: list[Any]) -> Any:
            try:
                return tp(held=held, more=tuple(more))
            except ValidationError:
                return None

        return Kind(tp, st.builds(make, written, kind.values, _few(kind, 1)).filter(_is_made))

    return instance


def _one(kinds: Kinds, *forms: Callable[[Kind], Kind]) -> Kinds:
    return st.builds(operator.call, st.sampled_from(forms), kinds)


def _two(kinds: Kinds, *forms: Callable[[Kind, Kind], Kind]) -> Kinds:
    return st.builds(operator.call, st.sampled_from(forms), kinds, kinds)


def _plain(kinds: Kinds) -> Kinds:
    """The containers that take anything."""
    return _one(kinds, _optional, _tuple, _generic(Holder), _generic(Box)) | _two(
        kinds, _union, _places, _made(_dataclass), _made(_struct), _made(_namedtuple)
    )


def _frozen(kinds: Kinds) -> Kinds:
    return _plain(kinds) | _one(kinds, _frozenset)


def _modelled(kinds: Kinds) -> Kinds:
    """Those that pydantic takes: no Structs, no attrs classes, no TypedDict before Python 3.12."""
    return _one(kinds, _optional, _tuple, _frozenset, _generic(Holder), _generic(Bag)) | _two(
        kinds, _union, _places, _made(_dataclass), _made(_namedtuple), _made(_model)
    )


def _open(kinds: Kinds) -> Kinds:
    keys = st.sampled_from([*SCALARS, *RECORDS])
    tables = st.builds(_dict, keys, kinds) | keys.map(_set)
    return _plain(kinds) | _one(kinds, _list) | _two(kinds, _dicts) | tables


def _is_strange(kind: Kind) -> bool:
    """Whether pydantic does not know classes of this sort."""
    cls = get_origin(kind.tp) or kind.tp
    return isinstance(cls, msgspec.StructMeta) or (isinstance(cls, type) and attrs.has(cls))


_scalars = st.sampled_from(SCALARS)


def _takes(value: object) -> bool:
    """Whether pydantic takes it on arrival: a Decimal has to be finite."""
    return "Decimal('NaN')" not in repr(value)


_modelled_leaves = [
    Kind(kind.tp, kind.values.filter(_takes))
    for kind in (*SCALARS, *RECORDS, *MODELS)
    if not _is_strange(kind)
]
_frozen_leaves = _scalars | st.sampled_from([*RECORDS, *MODELS])
_MODELLED: Kinds = st.recursive(st.sampled_from(_modelled_leaves), _modelled, max_leaves=4)
KEY_KINDS: Kinds = st.recursive(_frozen_leaves, _frozen, max_leaves=4) | _MODELLED
KINDS: Kinds = (
    KEY_KINDS
    | st.recursive(_frozen_leaves | st.sampled_from(MUTABLE), _open, max_leaves=5)
    | _MODELLED.map(_list)
)
