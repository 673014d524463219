"""The fields of a class, their types resolved through inheritance and type parameters."""

from __future__ import annotations

import dataclasses
import sys
import typing
from collections.abc import Callable, Iterator, Mapping
from types import UnionType
from typing import (
    Annotated,
    Any,
    Final,
    Literal,
    Never,
    NotRequired,
    Required,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

import msgspec
from msgspec import UNSET
from typing_extensions import NoExtraItems

from ..annotations import own_annotations
from ..errors import UnsupportedType
from .generic_models import model_parameters
from .shapes import either, spell

__all__ = [
    "DeclaredField",
    "declared_fields",
    "filled",
    "has_filled_base",
    "refuse_init_vars",
    "refuse_undeclared",
    "substitute",
    "type_parameters",
]


@dataclasses.dataclass(frozen=True, slots=True)
class DeclaredField:
    """A field as its class declares it.

    default: makes the value of an absent one. unset: an absent one is msgspec's UNSET.
    """

    name: str
    wire_name: str
    tp: Any
    optional: bool
    default: Callable[[], object] | None
    unset: bool = False


def declared_fields(tp: Any, style: str) -> Iterator[DeclaredField]:
    """The fields of a dataclass, attrs class, Struct, NamedTuple or TypedDict, or of such a class
    `[arguments]`.

    Raises:
        UnsupportedType: an annotation cannot be resolved.
    """
    try:
        refuse_undeclared(get_origin(tp) or tp, style)
        yield from _READERS[style](tp)
    except NameError as problem:
        raise UnsupportedType(
            spell(tp),
            f"has an annotation that cannot be resolved ({problem}): import the name at module "
            "level, not only under TYPE_CHECKING",
        ) from problem


_MARKS: Final = {"attrs": "__attrs_attrs__", "dataclass": "__dataclass_fields__"}


def refuse_undeclared(cls: Any, style: str) -> None:
    """Refuse a class that declares more than it has fields, for it lacks the decorator of its
    base."""
    mark = _MARKS.get(style, "_fields")
    for base in cls.__mro__ if style in (*_MARKS, "namedtuple") else ():
        own = own_annotations(base) if hasattr(base, mark) else {}
        lost = [name for name, hint in own.items() if "ClassVar" not in str(hint)]
        if lost and mark not in vars(base):
            problem = f"cannot travel: {lost[0]} is no field, for {spell(base)} lacks the decorator"
            raise UnsupportedType(spell(cls), f"{problem} of its base")


def substitute(tp: Any, arguments: Mapping[Any, Any]) -> Any:
    """`tp` with its type parameters replaced."""
    if isinstance(tp, TypeVar):
        return arguments.get(tp, tp)
    if isinstance(tp, type) and get_origin(tp) is None:
        # Of pydantic's generic models, `Bag[T]` is a class, and the very class if T is its own.
        return _filled(tp, model_parameters(tp), arguments)
    return _within(_filled(tp, getattr(tp, "__parameters__", ()), arguments), arguments)


def _filled(tp: Any, parameters: tuple[Any, ...], arguments: Mapping[Any, Any]) -> Any:
    if not any(parameter in arguments for parameter in parameters):
        return tp
    try:
        return tp[tuple(arguments.get(parameter, parameter) for parameter in parameters)]
    except (TypeError, RuntimeError) as problem:  # the latter of pydantic: it has no schema for one
        raise UnsupportedType(spell(tp), f"takes no such type arguments: {problem}") from problem


def _within(tp: Any, arguments: Mapping[Any, Any]) -> Any:
    """The same where Python overlooks it: in the models among the arguments of a type."""
    origin, given = get_origin(tp), get_args(tp)
    if not arguments or origin is Literal or not any(map(_holds_model, given)):
        return tp
    inner = tuple(substitute(each, arguments) for each in given)
    if origin is Annotated:
        return Annotated[inner[0], *tp.__metadata__]
    return either(inner) if origin in (Union, UnionType) else origin[inner]


def _holds_model(tp: Any) -> bool:
    return bool(model_parameters(tp)) or any(map(_holds_model, get_args(tp)))


def _dataclass(tp: Any) -> Iterator[DeclaredField]:
    refuse_init_vars(get_origin(tp) or tp)
    hints = _hints(tp)
    for field in dataclasses.fields(get_origin(tp) or tp):
        default: Callable[[], object] | None = None
        if field.default_factory is not dataclasses.MISSING:
            default = field.default_factory
        elif field.default is not dataclasses.MISSING:
            default = _constant(field.default)
        yield DeclaredField(field.name, field.name, hints[field.name], default is not None, default)


def refuse_init_vars(cls: Any) -> None:
    """Refuse a dataclass of which a part is not kept.

    Raises:
        UnsupportedType: it has an `InitVar`.
    """
    for field in getattr(cls, "__dataclass_fields__", {}).values():
        kept = field in dataclasses.fields(cls)
        if not kept and "ClassVar" not in str(field.type):
            raise UnsupportedType(
                spell(cls), "cannot travel: what its InitVar was given is not kept"
            )


def _attrs(tp: Any) -> Iterator[DeclaredField]:
    import attrs  # it is there, for somebody made a class with it

    cls, hints = get_origin(tp) or tp, _hints(tp)
    for field in attrs.fields(cls):
        hint = hints.get(field.name, field.type)
        if hint is None:
            raise UnsupportedType(spell(tp), f"cannot travel: its field {field.name} has no type")
        # An absent field is left to the default of the class, which may ask the instance.
        optional = field.default is not attrs.NOTHING
        yield DeclaredField(field.name, field.name, hint, optional, None)


def _struct(tp: Any) -> Iterator[DeclaredField]:
    for field in _struct_fields(tp):
        # An absent field is left to the Struct's own default.
        optional, unset = not field.required, field.default is UNSET
        yield DeclaredField(field.name, field.encode_name, field.type, optional, None, unset)


def _struct_fields(tp: Any) -> tuple[msgspec.structs.FieldInfo, ...]:
    try:
        return msgspec.structs.fields(tp)
    except TypeError as problem:  # from Python 3.14 on
        raise UnsupportedType(
            spell(tp),
            f"has an annotation that msgspec cannot evaluate ({problem}): a method or default of "
            "the class hides what it names; rename that",
        ) from problem


def _namedtuple(tp: Any) -> Iterator[DeclaredField]:
    cls, hints = get_origin(tp) or tp, _hints(tp)
    for name in cls._fields:  # collections.namedtuple has no annotations
        yield DeclaredField(name, name, hints.get(name, Any), name in cls._field_defaults, None)


def _typeddict(tp: Any) -> Iterator[DeclaredField]:
    cls = get_origin(tp) or tp
    if getattr(cls, "__extra_items__", None) not in (None, Never, NoExtraItems):
        raise UnsupportedType(spell(tp), "cannot travel: of its extra_items nothing would arrive")
    required = cls.__required_keys__
    for name, hint in _hints_of_dict(tp).items():
        # With deferred annotations `__required_keys__` misses the marks: they count here.
        optional = name not in required
        while str(mark := get_origin(hint)) in _FORMS:
            if mark in (Required, NotRequired):
                optional = mark is NotRequired
            (hint,) = get_args(hint)
        yield DeclaredField(name, name, hint, optional, None)


_FORMS: Final = frozenset(
    f"{module}.{name}"
    for module in ("typing", "typing_extensions")
    for name in ("NotRequired", "ReadOnly", "Required")
)
"""By their spelling: `ReadOnly` has two origins, and no Python before 3.13 has that of `typing`."""
_READERS: Mapping[str, Callable[[Any], Iterator[DeclaredField]]] = {
    "attrs": _attrs,
    "dataclass": _dataclass,
    "struct": _struct,
    "namedtuple": _namedtuple,
    "typeddict": _typeddict,
}


def _constant(value: object) -> Callable[[], object]:
    return lambda: value


def _hints(tp: Any) -> dict[str, Any]:
    """The annotations of every class in the MRO, under the arguments that each class was given."""
    cls = get_origin(tp) or tp
    arguments: dict[Any, dict[Any, Any]] = {}
    _bind(tp, {}, arguments)
    hints: dict[str, Any] = {}
    for base in reversed(cls.__mro__):
        own = own_annotations(base) if base is not object else {}
        for name, hint in _resolved(base, own).items():
            hints[name] = substitute(hint, arguments.get(base, {}))
    return hints


def _hints_of_dict(tp: Any) -> dict[str, Any]:
    """The same of a TypedDict, which has the annotations of its bases for its own, and not them in
    its MRO."""
    cls, hints = get_origin(tp) or tp, _hints(tp)
    own = own_annotations(cls)
    arguments = dict(zip(getattr(cls, "__parameters__", ()), get_args(tp), strict=False))
    for base in getattr(cls, "__orig_bases__", ()):
        origin = get_origin(base) or base
        above = own_annotations(origin) if hasattr(origin, "__required_keys__") else {}
        inherited = _hints_of_dict(substitute(base, arguments)) if above else {}
        hints |= {name: hint for name, hint in inherited.items() if above[name] == own[name]}
    return hints


def _resolved(cls: Any, annotations: dict[str, Any]) -> dict[str, Any]:
    """The annotations of the class itself, as types."""
    names = {name: value for name, value in vars(cls).items() if isinstance(value, type)}
    names |= vars(sys.modules.get(cls.__module__, typing))
    # A module may have a TypeVar of the same name.
    names |= {parameter.__name__: parameter for parameter in type_parameters(cls)}
    # Of the class itself, those of its bases are evaluated, too, and on 3.12 in its namespace; and
    # its type parameters are not known there.
    bare = type(cls.__name__, (), {"__annotations__": annotations, "__module__": cls.__module__})
    return get_type_hints(bare, localns=names, include_extras=True)


def has_filled_base(cls: Any) -> bool:
    """Whether a class with named fields says of what a base of it is: `Prices(Page[Decimal])`."""
    for each in cls.__mro__:
        for base in vars(each).get("__orig_bases__", ()):
            origin = get_origin(base)
            if origin not in (None, typing.Generic, typing.Protocol):
                return True
            if hasattr(base, "__required_keys__") and has_filled_base(base):
                return True  # a TypedDict has no bases in its MRO
    return False


def filled(cls: Any, name: str, tp: Any) -> Any:
    """The type of a field as it is where the field is declared, filled with what `cls` says of its
    bases."""
    arguments: dict[Any, dict[Any, Any]] = {}
    _bind(cls, {}, arguments)
    home = next(each for each in cls.__mro__ if name in own_annotations(each))
    return substitute(tp, arguments.get(home, {}))


def type_parameters(cls: Any) -> Iterator[Any]:
    """What its annotations may name: of a TypedDict, which has those of its bases, of these too."""
    for base in getattr(cls, "__orig_bases__", ()) if hasattr(cls, "__required_keys__") else ():
        yield from type_parameters(get_origin(base) or base)
    yield from getattr(cls, "__type_params__", ())


def _bind(tp: Any, scope: Mapping[Any, Any], into: dict[Any, dict[Any, Any]]) -> None:
    """Note which arguments each generic base of `tp` gets; `scope` is the deriving class's own."""
    origin = get_origin(tp) or tp
    if origin is typing.Generic or origin in into or not isinstance(origin, type):
        return
    parameters = getattr(origin, "__parameters__", ())
    given = (substitute(argument, scope) for argument in get_args(tp))
    into[origin] = dict(zip(parameters, given, strict=False))
    for base in getattr(origin, "__orig_bases__", origin.__bases__):
        _bind(base, into[origin], into)
