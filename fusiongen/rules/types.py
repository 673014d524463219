"""Rules about the types that methods name: all have to travel, arguments of compute methods have to
be hashable values besides."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from ..contract import (
    Annotated,
    Dots,
    Literals,
    MethodKind,
    Named,
    Nothing,
    Ref,
    Type,
    Union,
    parts,
)
from .base import ContractRule

if TYPE_CHECKING:
    from ..contract import Contract
    from ..errors import Diagnostic
    from ..reader.structures import Field, Structure, Structures

__all__ = ["UnstableKey", "UnsupportedType"]

_SCALARS = frozenset(
    (
        *("builtins.bool", "builtins.bytes", "builtins.float", "builtins.int", "builtins.str"),
        *("datetime.date", "datetime.datetime", "datetime.time", "datetime.timedelta"),
        *("decimal.Decimal", "uuid.UUID", "zoneinfo.ZoneInfo"),
        *(f"pathlib.{name}Path" for name in ("", "Pure", "PurePosix", "PureWindows")),
        *(
            f"ipaddress.IPv{version}{what}"
            for version in "46"
            for what in ("Address", "Interface", "Network")
        ),
    )
)
_CONTAINERS = {
    "builtins.frozenset": 1,
    "builtins.tuple": 1,
    "builtins.dict": 2,
    "builtins.list": 1,
    "builtins.set": 1,
    "collections.abc.Collection": 1,
    "collections.abc.Iterable": 1,
    "collections.abc.Mapping": 2,
    "collections.abc.MutableMapping": 2,
    "collections.abc.MutableSequence": 1,
    "collections.abc.MutableSet": 1,
    "collections.abc.Sequence": 1,
    "collections.abc.Set": 1,
}
_ENCODED = frozenset(
    f"pydantic.{module}Base64{name}"
    for module in ("", "types.")
    for name in ("Bytes", "Str", "UrlBytes", "UrlStr")
)
_UNSET = "msgspec.UnsetType"
_JSON_VALUE = ("pydantic.JsonValue", "pydantic.types.JsonValue")
_IMPORTING = ("pydantic.ImportString", "pydantic.types.ImportString")
_DECODED = tuple(
    f"pydantic.{module}{name}" for module in ("", "types.") for name in ("Json", "Secret")
)
_HASHED = frozenset(
    (
        *("builtins.frozenset", "builtins.tuple"),
        *(f"collections.abc.{name}" for name in ("Collection", "Iterable", "Sequence", "Set")),
    )
)
"""Containers of which a key has a tuple or a frozenset."""
_ITERABLE = "collections.abc.Iterable"
_KEPT_BY_PYDANTIC = frozenset(
    (
        *("builtins.complex", "fractions.Fraction"),
        *(f"collections.{name}" for name in ("Counter", "OrderedDict", "defaultdict", "deque")),
    )
)
"""What travels within a pydantic model, and nowhere else."""
_BASES = frozenset(
    (
        *("msgspec.Raw", "msgspec.Struct", "msgspec.msgpack.Ext"),
        *("pydantic.BaseModel", "pydantic.main.BaseModel"),
    )
)
"""Classes of libraries that only others are made from, or that stand for no value."""
INSTEAD = {
    **dict.fromkeys(("builtins.bytearray", "builtins.memoryview"), "bytes"),
    **dict.fromkeys(("builtins.complex", "fractions.Fraction"), "a tuple of its parts"),
    **dict.fromkeys(("builtins.range", "builtins.slice"), "a tuple of its bounds"),
    **dict.fromkeys((f"collections.{name}" for name in ("OrderedDict", "defaultdict")), "dict"),
    "collections.Counter": "dict",
    "collections.deque": "list or tuple",
    **dict.fromkeys(
        (f"collections.abc.{name}" for name in ("Iterator", "Generator")),
        "list, tuple or Iterable; a method that yields is a stream",
    ),
    **dict.fromkeys((f"pathlib.{name}Path" for name in ("Posix", "Windows")), "Path or PurePath"),
    **dict.fromkeys(("datetime.tzinfo", "datetime.timezone"), "ZoneInfo"),
    **dict.fromkeys(("re.Pattern", "re.Match"), "str"),
    "numpy": "list or tuple of its items (`array.tolist()`), or bytes",
    "pandas": "list of a dataclass, one for each row",
    "polars": "list of a dataclass, one for each row",
    "pyarrow": "list of a dataclass, one for each row, or bytes",
    "torch": "list or tuple of its items (`tensor.tolist()`), or bytes",
}
"""What to declare in place of what one might expect to travel; of any class of a package."""
_HAVE_TO_BE_FROZEN = ("attrs", "dataclass", "struct", "model", "typed-dict")
_RECORDS = ("attrs", "dataclass", "struct", "named-tuple", "typed-dict")
_OPEN = frozenset(("builtins.object", "typing.Any"))
_STANDARD = frozenset(
    (
        *(
            "abc",
            "array",
            "asyncio",
            "builtins",
            "collections",
            "collections.abc",
            "concurrent.futures",
        ),
        *("contextlib", "contextvars", "datetime", "decimal", "enum", "fractions", "functools"),
        *("io", "ipaddress", "itertools", "logging", "numbers", "os", "pathlib", "queue", "re"),
        *("socket", "subprocess", "threading", "types", "typing", "uuid", "weakref", "zoneinfo"),
    )
)
"""Modules of which every class without a wire form is known to have none."""


class UnsupportedType(ContractRule):
    """A type has no wire form."""

    id = "FG050"
    fix = (
        "Use scalars, `Decimal`, dates, `UUID`, enums, literals, containers of these, dataclasses, "
        "attrs classes, pydantic models or `msgspec.Struct`s."
    )
    VALID = (
        "    async def get(self) -> dict[str, list[set[int]]]: ...",
        "    async def get(self) -> Mapping[str, Sequence[Decimal]] | None: ...",
        "    async def get(self, cart: LibraryCart) -> Any: ...",
        "@attrs.define\nclass Cart:\n    _id: str\n    lines: list[str] = attrs.Factory(list)\n\n\n"
        "@service\nclass Carts(Protocol):\n    async def get(self) -> Cart: ...",
        "    async def get(self, ids: Iterable[str], where: Path) -> JsonValue: ...",
        "Json = Union[str, 'list[Json]', 'dict[str, Json]']\n\n\n@service\nclass Carts(Protocol):\n"
        "    async def get(self, json: Json) -> Json: ...",
        "class Patch(Struct):\n    note: str | UnsetType = UNSET\n\n\n"
        "@service\nclass Carts(Protocol):\n    async def patch(self, patch: Patch) -> None: ...",
        "Ids = tuple[str, ...]\nName = NewType('Name', str)\n\n@service\nclass Carts(Protocol):\n"
        "    async def get(self, ids: Ids) -> Name: ...",
    )
    INVALID = (
        "    async def get(self) -> Callable[[int], str]: ...",
        "    async def get(self) -> complex: ...",
        "    async def get(self) -> bytearray: ...",
        "    async def get(self) -> type[int]: ...",
        "    async def get(self) -> list[object | Callable[..., str]]: ...",
        "    def events(self) -> AsyncIterator[memoryview]: ...",
        "    async def get(self) -> Iterable[str]: ...",
        "    async def get(self) -> numpy.ndarray: ...",
        "    async def get(self) -> re.Pattern[str]: ...",
        "    async def get(self) -> ImportString: ...",
        "Json = Union['Json', int]\n\n@service\nclass Carts(Protocol):\n"
        "    async def get(self) -> Json: ...",
        "class Cart(BaseModel):\n    price: Callable[[], int]\n\n\n"
        "@service\nclass Carts(Protocol):\n    async def get(self) -> Cart: ...",
        "@dataclass\nclass Cart:\n    LIMIT: Final = 3\n\n\n"
        "@service\nclass Carts(Protocol):\n    async def get(self) -> Cart: ...",
        "@dataclass\nclass Cart:\n    note: str | UnsetType = UNSET\n\n\n"
        "@service\nclass Carts(Protocol):\n    async def get(self) -> Cart: ...",
        "T = TypeVar('T')\n\n@service\nclass Carts(Protocol):\n    async def get(self) -> T: ...",
        "class Cart:\n    id: str\n\n\n@service\nclass Carts(Protocol):\n"
        "    async def get(self) -> Cart: ...",
        "    async def get(self) -> BaseModel: ...",
        "    async def get(self) -> list[Base64Bytes]: ...",
        "class User(BaseModel):\n    name: str\n    password: str = Field('', exclude=True)\n\n\n"
        "@service\nclass Carts(Protocol):\n    async def get(self) -> tuple[User, ...]: ...",
        "@dataclass\nclass Cart:\n    id: InitVar[str]\n\n\n"
        "@service\nclass Carts(Protocol):\n    async def get(self) -> Cart: ...",
        "@dataclass\nclass Cart:\n    Decimal: Optional[Decimal] = None\n\n\n"
        "@service\nclass Carts(Protocol):\n    async def get(self) -> Cart: ...",
        "@dataclass\nclass Base:\n    id: str\n\n\nclass Cart(Base):\n    owner: str = ''\n\n\n"
        "@service\nclass Carts(Protocol):\n    async def get(self) -> Cart: ...",
        "@attrs.define\nclass Cart:\n    id = attrs.field()\n\n\n"
        "@service\nclass Carts(Protocol):\n    async def get(self) -> Cart: ...",
        "@dataclass\nclass Cart:\n    price: Callable[[], int]\n\n\n"
        "@service\nclass Carts(Protocol):\n    async def get(self) -> Cart: ...",
    )

    @classmethod
    def check(cls, contract: Contract, structures: Structures) -> Iterator[Diagnostic]:
        for method in contract.methods:
            named = [
                (parameter.span, f"`{parameter.name}` of `{method.name}`", parameter.type)
                for parameter in method.parameters
            ]
            for span, what, type_ in (*named, (method.span, f"`{method.name}`", method.result)):
                problem = _without_wire_form(type_, structures, frozenset())
                if problem is None and type_ is method.result:
                    problem = _read_once(type_, structures, frozenset())
                if problem is not None:
                    yield cls.at(span, f"{what} cannot travel: {problem}")


class UnstableKey(ContractRule):
    """An argument of a compute method is no hashable value with a stable wire form, so it cannot be
    part of a key."""

    id = "FG051"
    fix = (
        "Take a `tuple` or `frozenset` in place of a list or set, a frozen dataclass, attrs class, "
        "`msgspec.Struct` or pydantic model in place of one that may change."
    )
    VALID = (
        "    @compute\n    async def get(self, a: str | None, b: tuple[int, ...]) -> Any: ...",
        "    @compute\n    async def get(self, a: frozenset[Decimal], b: LibraryKey) -> str: ...",
        "    @compute\n    async def get(self, a: Sequence[str], b: Iterable[Path]) -> str: ...",
        "    async def get(self, ids: list[str]) -> str: ...",
        "@dataclass(frozen=True, eq=False)\nclass Key:\n    id: str\n    next: 'Key | None'\n\n\n"
        "@service\nclass Carts(Protocol):\n    @compute\n"
        "    async def get(self, key: Key) -> str: ...",
        "@attrs.frozen\nclass Key:\n    id: str = attrs.field(eq=False)\n\n\n"
        "@service\nclass Carts(Protocol):\n    @compute\n"
        "    async def get(self, key: Key) -> str: ...",
    )
    INVALID = (
        *(
            f"    @compute\n    async def get(self, ids: {spelled}) -> str: ..."
            for spelled in (
                *("list[str]", "dict[str, int]", "set[int]", "Any", "object"),
                *("tuple[list[int], ...]", "Mapping[str, int]", "str | list[str]", "tuple"),
                *("MutableSequence[str]", "JsonValue", "tuple[JsonValue, ...]"),
                "Annotated[list[int], 'short']",
            )
        ),
        "@dataclass\nclass Key:\n    id: str\n\n\n"
        "@service\nclass Carts(Protocol):\n    @compute\n"
        "    async def get(self, key: Key) -> str: ...",
        "@dataclass(unsafe_hash=True)\nclass Key:\n    id: str\n\n\n"
        "@service\nclass Carts(Protocol):\n    @compute\n"
        "    async def get(self, key: Key) -> str: ...",
        "@attrs.define\nclass Key:\n    id: str\n\n\n"
        "@service\nclass Carts(Protocol):\n    @compute\n"
        "    async def get(self, key: Key) -> str: ...",
        "T = TypeVar('T')\n\n\n@dataclass(frozen=True)\nclass Key(Generic[T]):\n    ids: T\n\n\n"
        "@service\nclass Carts(Protocol):\n    @compute\n"
        "    async def get(self, key: Key[list[str]]) -> str: ...",
        "@dataclass(frozen=True)\nclass Key:\n    ids: list[str]\n\n\n"
        "@service\nclass Carts(Protocol):\n    @compute\n"
        "    async def get(self, key: Key) -> str: ...",
    )

    @classmethod
    def check(cls, contract: Contract, structures: Structures) -> Iterator[Diagnostic]:
        for method in contract.of_kind(MethodKind.COMPUTE):
            for parameter in method.parameters:
                if _without_wire_form(parameter.type, structures, frozenset()) is not None:
                    continue  # FG050 says it
                problem = _unstable(parameter.type, structures, frozenset())
                if problem is not None:
                    what = f"`{parameter.name}` of the compute method `{method.name}`"
                    yield cls.at(parameter.span, f"{what} cannot be a key: {problem}")


def _without_wire_form(type_: Type, structures: Structures, seen: frozenset[Ref]) -> str | None:
    """Why a type cannot travel, or `None`."""
    match type_:
        case Named(arguments=arguments) if arguments:
            inner: tuple[Type, ...] = arguments
        case Union(members=members):
            inner = members
        case Annotated(base=base):
            inner = (base,)
        case Dots():
            return None
        case _:
            inner = ()
    if isinstance(type_, Named):
        problem = _class_without_wire_form(type_, structures, seen)
        if problem is not None:
            return problem
    problems = (_without_wire_form(each, structures, seen) for each in inner)
    return next((problem for problem in problems if problem is not None), None)


def _class_without_wire_form(
    type_: Named, structures: Structures, seen: frozenset[Ref]
) -> str | None:
    origin = structures.origin(type_.ref)
    structure = structures.of(origin)
    if structure is not None:
        if structure.target is not None and structures.is_endless(structure):
            return f"`{origin.name}` stands for itself, which is no type"
        if structure.target is not None:
            if origin in seen:
                return None
            return _without_wire_form(structure.target, structures, seen | {origin})
        problem = structure.kind.without_wire_form(origin.name)
        if problem is None and type_.arguments is None and structure.generic:
            problem = f"`{origin.name}` does not say of what, as `{origin.name}[int]` does"
        problem = problem or _unknown_to_pydantic(type_, structure, structures)
        problem = problem or _field_without_wire_form(structure, structures, seen)
        return problem or _hidden(type_, structures, frozenset())
    known = str(origin) if origin.module != "builtins" else f"builtins.{origin.name}"
    if known in _ENCODED:
        return f"pydantic would decode `{origin}` twice; declare `bytes` or `str`"
    if known in _BASES:
        return f"`{origin}` has no fields of its own"
    if known == _UNSET:
        return "only a field of a `Struct`, with `UNSET` as its default, may be unset"
    if known in _IMPORTING:
        return f"`{origin}` would import what a caller names: declare `str`"
    if known in _DECODED:
        return f"`{origin}` travels only in a model: declare the type itself"
    return _unknown(origin, _SCALARS | _OPEN | _CONTAINERS.keys())


def _unknown(origin: Ref, taken: Collection[str]) -> str | None:
    """Why a class that the source roots do not define cannot travel, if it is known."""
    known = str(origin) if origin.module != "builtins" else f"builtins.{origin.name}"
    package = origin.module.partition(".")[0]
    instead = INSTEAD.get(known) or INSTEAD.get(package)
    if known in taken or (origin.module not in _STANDARD and package not in INSTEAD):
        return None
    return f"`{origin}` has no wire form" + (f": declare {instead}" if instead else "")


def _unknown_to_pydantic(type_: Named, structure: Structure, structures: Structures) -> str | None:
    """Why a generic model, or one within, cannot be made of these arguments, or `None`."""
    for argument in type_.arguments or ():
        for part in parts(argument):
            if not isinstance(part, Named):
                continue
            origin, given = structures.origin(part.ref), structures.of(part.ref)
            strange = given is not None and given.kind.value in ("attrs", "struct")
            if not strange and str(origin) != "collections.abc.Collection":
                continue
            if _fills_a_model(structure, structures, frozenset()):
                return f"a pydantic model holds a `{origin.name}`, for which it has no schema"
    return None


def _fills_a_model(structure: Structure, structures: Structures, seen: frozenset[Ref]) -> bool:
    """Whether the type arguments of a class reach a pydantic model."""
    if structure.kind.value == "model":
        return True
    for field in structure.fields:
        for part in parts(field.type) if field.type is not None else ():
            inner = structures.of(part.ref) if isinstance(part, Named) else None
            if inner is None or inner.ref in seen or not structures.is_open(part):
                continue
            if inner.fields and _fills_a_model(inner, structures, seen | {structure.ref}):
                return True
    return False


def _field_without_wire_form(
    structure: Structure, structures: Structures, seen: frozenset[Ref]
) -> str | None:
    """A pydantic model has its own opinion of what its fields may be."""
    if structure.ref in seen or structure.kind.value not in _RECORDS:
        return None
    for field in structure.fields:
        type_ = _set_type(structure, field, structures)
        if type_ is None or structures.is_open(type_):
            continue
        problem = _without_wire_form(type_, structures, seen | {structure.ref})
        if problem is not None:
            return f"the field `{field.name}` of `{structure.ref.name}`: {problem}"
    return None


def _set_type(structure: Structure, field: Field, structures: Structures) -> Type | None:
    """The type of a field, without that of UNSET where a field may be unset."""
    type_ = structures.unmarked(field.type) if field.type is not None else None
    is_array = ("array_like", "True") in structure.options
    may_be_unset = structure.kind.value == "struct" and field.default == "msgspec.UNSET"
    if not isinstance(type_, Union) or not may_be_unset or is_array:
        return type_
    rest = tuple(
        each
        for each in type_.members
        if not isinstance(each, Named) or str(structures.origin(each.ref)) != _UNSET
    )
    return Union(members=rest) if len(rest) > 1 else rest[0]


def _read_once(type_: Type, structures: Structures, seen: frozenset[Ref]) -> str | None:
    """Why a result may be one that can be read only once, though it is kept; or `None`."""
    for part in parts(type_):
        if not isinstance(part, Named):
            continue
        origin = structures.origin(part.ref)
        if str(origin) == _ITERABLE:
            return "an `Iterable` may be one that can be read once: declare list or tuple"
        structure = structures.of(origin) if origin not in seen else None
        inner = (structure.target, *(field.type for field in structure.fields)) if structure else ()
        for each in inner:
            problem = _read_once(each, structures, seen | {origin}) if each is not None else None
            if problem is not None:
                return problem
    return None


def _hidden(type_: Type, structures: Structures, seen: frozenset[Ref]) -> str | None:
    """What a class in a type would not bring along, or `None`."""
    for part in parts(type_):
        structure = structures.of(part.ref) if isinstance(part, Named) else None
        if structure is None or structure.ref in seen:
            continue
        if structure.target is not None:
            problem = _hidden(structure.target, structures, seen | {structure.ref})
            if problem is not None:
                return problem
        for field in structure.fields:
            where = f"the field `{field.name}` of `{structure.ref.name}`"
            if field.flaw is not None:
                return f"{where}: {field.flaw}"
            if structure.kind.value == "model" and _is_excluded(field):
                return f"{where} is excluded: drop `exclude=True`, or declare a model without it"
            if field.type is None:
                continue
            for named in parts(field.type):
                if isinstance(named, Named) and str(structures.origin(named.ref)) in _ENCODED:
                    return f"{where}: pydantic would decode it twice; declare `bytes` or `str`"
            is_model = structure.kind.value == "model"
            foreign = _foreign(field.type, structures) if is_model else None
            if foreign is not None:
                return f"{where}: {foreign}"
            problem = _hidden(field.type, structures, seen | {structure.ref})
            if problem is not None:
                return problem
    return None


_TAKEN_BY_PYDANTIC = (_SCALARS | _OPEN | _KEPT_BY_PYDANTIC | _CONTAINERS.keys()) - {_ITERABLE}


def _foreign(type_: Type, structures: Structures) -> str | None:
    """Why pydantic does not bring a field of this type back as it was, or `None`."""
    match type_:
        case Annotated():
            return None  # what is beside the type may say how
        case Union(members=members):
            inner: tuple[Type, ...] = members
        case Named(ref=ref, arguments=arguments):
            inner = arguments or ()
            origin = structures.origin(ref)
            structure = structures.of(origin)
            problem = None
            if structure is not None and structure.kind.value in ("plain", "protocol", "exception"):
                problem = structure.kind.without_wire_form(origin.name)
            elif str(origin) in _BASES:
                problem = f"`{origin}` has no fields of its own"
            elif str(origin) in _IMPORTING:
                problem = f"`{origin}` would import what a caller names: declare `str`"
            elif origin.module != "typing":
                problem = _unknown(origin, _TAKEN_BY_PYDANTIC)
            if problem is not None:
                return problem
        case _:
            inner = ()
    problems = (_foreign(each, structures) for each in inner)
    return next((problem for problem in problems if problem is not None), None)


def _is_excluded(field: Field) -> bool:
    marks = field.type.metadata if isinstance(field.type, Annotated) else ()
    return any("exclude=True" in str(text) for text in (field.default, *marks))


def _unstable(type_: Type, structures: Structures, seen: frozenset[Ref]) -> str | None:
    """Why a type cannot be part of a key, or `None`."""
    match type_:
        case Nothing() | Literals() | Dots():
            return None
        case Union(members=members):
            inner: tuple[Type, ...] = members
        case Annotated(base=base):
            inner = (base,)
        case Named(ref=ref, arguments=arguments):
            origin = structures.origin(ref)
            structure = structures.of(origin)
            inner = arguments or ()
            if structure is not None:
                problem = _unstable_structure(structure, structures, seen)
                if problem is not None:
                    return problem
            known = f"builtins.{origin.name}" if origin.module == "builtins" else str(origin)
            if known in _OPEN:
                return f"`{origin}` may be anything"
            if known in _JSON_VALUE or (known in _CONTAINERS and known not in _HASHED):
                return f"`{origin}` is not hashable"
    problems = (_unstable(each, structures, seen) for each in inner)
    return next((problem for problem in problems if problem is not None), None)


def _unstable_structure(
    structure: Structure, structures: Structures, seen: frozenset[Ref]
) -> str | None:
    if structure.ref in seen:
        return None
    seen |= {structure.ref}
    if structure.target is not None:
        return _unstable(structure.target, structures, seen)
    if not structure.frozen and structure.kind.value in _HAVE_TO_BE_FROZEN:
        return f"`{structure.ref}` is not frozen"
    for field in structure.fields:
        type_ = structures.unmarked(field.type) if field.type is not None else None
        problem = _unstable(type_, structures, seen) if type_ is not None else None
        if problem is None and structure.kind.value == "model" and type_ is not None:
            problem = _kept_as_given(type_, structures)
        if problem is not None:
            return f"its field `{field.name}`: {problem}"
    return None


def _kept_as_given(type_: Type, structures: Structures) -> str | None:
    """Why a field of a pydantic model is no part of a key: pydantic keeps a list where one is given
    for a Sequence, which arrives as another one."""
    for part in parts(type_):
        origin = structures.origin(part.ref) if isinstance(part, Named) else None
        if origin is not None and origin.module == "collections.abc":
            return f"`{origin}` in a model may hold anything that can change"
    return None
