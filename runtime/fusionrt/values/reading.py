"""Reading a declared type into its shape."""

from __future__ import annotations

import collections.abc
import dataclasses
import enum
import types
from collections.abc import Iterable
from datetime import date, datetime
from typing import (
    Annotated,
    Any,
    Final,
    ForwardRef,
    Literal,
    NewType,
    TypeVar,
    Union,
    Unpack,
    get_args,
    get_origin,
)

import msgspec
from msgspec import UnsetType

from ..contract import Secret
from ..errors import UnsupportedType
from .aliases import QuotedAlias, is_alias, quoted_alias, value_of
from .fields import declared_fields, substitute
from .generic_models import however_written, model_arguments, model_parameters
from .instead import unknown
from .scalars import SCALARS
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
    Text,
    spell,
)
from .texts import ADDRESSES, text_form

__all__ = ["ITEMS", "is_secret_class", "is_secret_mark", "record_style", "shape_of"]

_ABC = collections.abc
ITEMS: Final[dict[Any, tuple[Any, Any, tuple[type, ...]]]] = {
    list: (list, None, (list,)),
    set: (set, None, (set,)),
    frozenset: (frozenset, frozenset, (frozenset,)),
    _ABC.Sequence: (list, tuple, (list, tuple, _ABC.Sequence)),
    _ABC.MutableSequence: (list, None, (list, _ABC.MutableSequence)),
    _ABC.Collection: (list, tuple, (list, tuple, set, frozenset, _ABC.Collection)),
    _ABC.Iterable: (list, tuple, (list, tuple, set, frozenset, _ABC.Iterable)),
    _ABC.Set: (set, frozenset, (set, frozenset, _ABC.Set)),
    _ABC.MutableSet: (set, None, (set, _ABC.MutableSet)),
}
_PYDANTIC_NAMES: Final[dict[str, Any]] = {
    "pydantic.networks.EmailStr": str,
    **{f"pydantic.networks.IPvAny{what}": either for what, either in ADDRESSES.items()},
    **dict.fromkeys(
        (f"pydantic.types.{name}Datetime" for name in ("Aware", "Naive", "Past", "Future")),
        datetime,
    ),
    **dict.fromkeys((f"pydantic.types.{name}Date" for name in ("Past", "Future")), date),
}
"""Classes of pydantic that stand for others with a constraint; no value is of such a class."""
JsonValue: Any = Union[None, bool, int, float, str, "list[JsonValue]", "dict[str, JsonValue]"]
"""What `pydantic.JsonValue` means; it also says what only speeds pydantic up."""
_JSON: Final = QuotedAlias(__name__, "JsonValue")
_DEEPEST: Final = 8
"""Forms of one generic class within each other; more is a type without end."""
_TABLES: Final = frozenset((dict, _ABC.Mapping, _ABC.MutableMapping))


def shape_of(tp: Any) -> Shape:
    """The shape of a declared type.

    Raises:
        UnsupportedType: it cannot travel.
    """
    return _Reader().read(tp)


def record_style(
    cls: type,
) -> Literal["attrs", "dataclass", "struct", "namedtuple", "typeddict"] | None:
    """How a class with named fields was made; None for any other class."""
    if hasattr(cls, "__attrs_attrs__"):
        return "attrs"
    if isinstance(cls, msgspec.StructMeta):
        return "struct"
    if dataclasses.is_dataclass(cls):
        return "dataclass"
    if issubclass(cls, dict) and hasattr(cls, "__required_keys__"):
        return "typeddict"  # of typing, or of typing_extensions
    if issubclass(cls, tuple) and hasattr(cls, "_fields"):
        return "namedtuple"
    return None


class _Reader:
    """Reads one type; remembers the records on the way, so a recursive one refers to itself."""

    def __init__(self) -> None:
        self._records: dict[Any, Record] = {}
        self._aliases: dict[Any, Shape] = {}
        self._within: list[Any] = []

    def read(self, tp: Any) -> Shape:
        if tp is None or tp is type(None):
            return Scalar(None, type(None))
        if tp is Any or tp is object:
            return Anything(Any)
        if isinstance(tp, NewType):
            return self.read(tp.__supertype__)
        if is_alias(tp):
            return self._alias(tp)
        if isinstance(tp, TypeVar):
            raise _open(tp)
        if isinstance(tp, (str, ForwardRef)):
            raise UnsupportedType(repr(tp), "is not a type but its name: pass the type")
        origin = get_origin(tp)
        if origin is None:
            return self._class(tp)
        if not hasattr(tp, "__args__"):  # typing.List without arguments
            return self._class(origin)
        if is_alias(origin):
            return self._generic_alias(tp, origin)
        return self._form(tp, origin, get_args(tp))

    def _alias(self, alias: Any) -> Shape:
        if alias in self._aliases:
            return self._aliases[alias]
        recurring = self._aliases[alias] = Recurring(alias)
        is_json = f"{alias.__module__}.{alias}" == "pydantic.types.JsonValue"
        shape = self._alias(_JSON) if is_json else self.read(value_of(alias))
        recurring.found.append(shape)
        if not _holds(shape, recurring, set()):
            self._aliases[alias] = shape
            return shape
        if recurring in (shape.members if isinstance(shape, AnyOf) else (shape,)):
            raise UnsupportedType(spell(alias), "stands for itself, which is no type")
        return recurring

    def _generic_alias(self, tp: Any, origin: Any) -> Shape:
        if origin in self._aliases:
            raise UnsupportedType(
                spell(origin), "refers to itself, and takes type arguments: only a class can"
            )
        self._aliases[origin] = Recurring(origin)
        arguments = dict(zip(origin.__type_params__, get_args(tp), strict=True))
        try:
            return self.read(substitute(value_of(origin), arguments))
        finally:
            del self._aliases[origin]

    def _form(self, tp: Any, origin: Any, arguments: tuple[Any, ...]) -> Shape:
        """A type with arguments."""
        if origin is Annotated:
            return self._annotated(tp, arguments[0])
        if origin in (Union, types.UnionType):
            return self._union(tp, arguments)
        if origin is Literal:
            return OneOf(tp, arguments, self._union(tp, tuple(map(type, arguments))))
        if origin is Final:
            return self.read(arguments[0])
        if origin is tuple:
            if len(arguments) == 2 and arguments[1] is ...:
                return Items(tp, tuple, tuple, (tuple,), self.read(arguments[0]))
            if any(map(_is_unpacked, arguments)):
                raise UnsupportedType(
                    str(tp), "cannot travel: an unpacked tuple; declare it as one of the places"
                )
            return Places(tp, tuple(map(self.read, arguments)))
        if origin in ITEMS:
            return Items(tp, *ITEMS[origin], self.read(arguments[0]))
        if origin in _TABLES:
            return Table(tp, self.read(arguments[0]), self.read(arguments[1]))
        if isinstance(origin, type) and (style := record_style(origin)):
            return self._record(tp, origin, style)
        raise unknown(tp)

    def _class(self, tp: Any) -> Shape:
        """A type without arguments."""
        if not isinstance(tp, type):
            raise unknown(tp)
        if tp in SCALARS:
            return Scalar(tp, tp)
        if (form := text_form(tp)) is not None:
            return Text(tp, tp, form, secret=is_secret_class(tp))
        if isinstance(tp, enum.EnumMeta) and tp.__members__:
            return EnumOf(tp, tp)
        name = f"{tp.__module__}.{tp.__qualname__}"
        if tp is msgspec.Struct or name == "pydantic.main.BaseModel":
            raise UnsupportedType(spell(tp), "has no fields of its own: declare one that has")
        if hasattr(tp, "__pydantic_validator__") or hasattr(tp, "__get_pydantic_core_schema__"):
            if model_parameters(tp):
                raise _open(tp)
            _refuse_json(tp, (tp,))
            base = _PYDANTIC_NAMES.get(name)
            if base is None:
                for argument in model_arguments(tp):
                    self.read(argument)
                return Model(tp, tp, secret=is_secret_class(tp))
            return Checked(tp, self.read(base))
        if tp is tuple:
            return Items(tp, tuple, tuple, (tuple,), Anything(Any))
        if tp in ITEMS:
            return Items(tp, *ITEMS[tp], Anything(Any))
        if tp in _TABLES:
            return Table(tp, Anything(Any), Anything(Any))
        if (style := record_style(tp)) and not issubclass(tp, BaseException):
            return self._record(tp, tp, style)
        raise unknown(tp)

    def _annotated(self, tp: Any, inner: Any) -> Shape:
        _refuse_json(tp, tp.__metadata__)
        alias = quoted_alias(tp)
        shape = self.read(inner) if alias is None else self._alias(alias)
        constrained = any(isinstance(item, msgspec.Meta) for item in tp.__metadata__)
        if constrained and isinstance(shape, (Scalar, Items, Table)):
            shape = dataclasses.replace(shape, tp=tp)
        if is_secret_mark(tp.__metadata__):
            shape = dataclasses.replace(shape, secret=True)
        return Checked(tp, shape) if any(map(_is_pydantic, tp.__metadata__)) else shape

    def _union(self, tp: Any, arguments: tuple[Any, ...]) -> Shape:
        members: dict[object, Shape] = {}
        for argument in arguments:
            read = self.read(argument)
            for member in read.members if isinstance(read, AnyOf) else (read,):
                key = however_written(member.tp)
                known = members.setdefault(key, member)
                if (member.secret or read.secret) and not known.secret:
                    members[key] = dataclasses.replace(known, secret=True)
        if len(members) == 1:
            return next(iter(members.values()))
        return AnyOf(tp, tuple(sorted(members.values(), key=_order)))

    def _record(self, tp: Any, cls: Any, style: Any) -> Shape:
        if tp in self._records:
            return self._records[tp]
        if self._within.count(cls) == _DEEPEST:
            raise UnsupportedType(
                spell(cls), "contains itself with ever other type arguments: no end of types"
            )
        record = self._records[tp] = Record(tp, cls, style)
        self._within.append(cls)
        for field in declared_fields(tp, style):
            unset = field.unset and _may_be_unset(field.tp)
            shape = self._unless_unset(field.tp) if unset else self.read(field.tp)
            record.fields.append(
                Field(field.name, field.wire_name, shape, field.optional, field.default, unset)
            )
        self._within.pop()
        return record

    def _unless_unset(self, tp: Any) -> Shape:
        """The shape of a field that is set."""
        return self._union(tp, tuple(each for each in get_args(tp) if each is not UnsetType))


def _may_be_unset(tp: Any) -> bool:
    return get_origin(tp) in (Union, types.UnionType) and UnsetType in get_args(tp)


def _holds(shape: Shape, wanted: Shape, seen: set[Shape]) -> bool:
    """Whether a shape is made of another one, not by way of a record: that breaks a circle."""
    if shape is wanted or shape in seen:
        return shape is wanted
    seen.add(shape)
    match shape:
        case AnyOf(members=inner) | Places(items=inner) | Recurring(found=inner):
            parts: Iterable[Shape] = inner
        case Items(item=part) | Checked(inner=part):
            parts = (part,)
        case Table(key=key, value=value):
            parts = (key, value)
        case _:
            return False
    return any(_holds(part, wanted, seen) for part in parts)


def _is_unpacked(tp: Any) -> bool:
    return get_origin(tp) is Unpack or bool(getattr(tp, "__unpacked__", False))


def _refuse_json(tp: Any, marks: Iterable[object]) -> None:
    """Refuse a value that pydantic makes of JSON text; within a model its dump is that text."""
    classes = (mark if isinstance(mark, type) else type(mark) for mark in marks)
    if any(f"{cls.__module__}.{cls.__qualname__}" == "pydantic.types.Json" for cls in classes):
        raise UnsupportedType(
            spell(tp), "cannot travel outside of a model: declare the type itself"
        )


def _is_pydantic(mark: object) -> bool:
    """Whether pydantic heeds what stands beside a type in `Annotated`."""
    if type(mark).__module__ == "pydantic.fields":  # Field(): what it says is in `metadata`
        return bool(getattr(mark, "metadata", ()))
    if hasattr(mark, "__get_pydantic_core_schema__"):
        return True
    return type(mark).__module__.partition(".")[0] in ("pydantic", "annotated_types")


def is_secret_mark(marks: Iterable[object]) -> bool:
    """Whether what stands beside a type in `Annotated` says that no text may show its values."""
    return any(mark is Secret or isinstance(mark, Secret) for mark in marks)


def is_secret_class(cls: Any) -> bool:
    """Whether it is one of pydantic's, which mask themselves in texts, and nowhere else."""
    bases = cls.__mro__ if isinstance(cls, type) else ()
    return any(f"{base.__module__}.{base.__qualname__}" in _SECRETS for base in bases)


_SECRETS: Final = frozenset(f"pydantic.types.Secret{name}" for name in ("", "Bytes", "Str"))


def _order(shape: Shape) -> tuple[str, str]:
    return spell(shape.tp), spell(shape.tp, qualified=True)


def _open(tp: Any) -> UnsupportedType:
    return UnsupportedType(spell(tp), "is an open type parameter: say of what, as Page[int]")
