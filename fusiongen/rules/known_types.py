"""What is known of types that the source roots do not define."""

from __future__ import annotations

from collections.abc import Collection

from ..contract import Ref

__all__ = [
    "BASES",
    "CHANGING",
    "CONTAINERS",
    "DECODED",
    "ENCODED",
    "HASHED",
    "IMPORTING",
    "INSTEAD",
    "ITERABLE",
    "JSON_VALUE",
    "MAIL_WITH_NAME",
    "OPEN",
    "SCALARS",
    "TAKEN_BY_PYDANTIC",
    "UNSET",
    "unknown",
]

SCALARS = frozenset(
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
CONTAINERS = frozenset(
    (
        *(f"builtins.{name}" for name in ("dict", "frozenset", "list", "set", "tuple")),
        *(f"collections.abc.{name}" for name in ("Collection", "Iterable", "Sequence", "Set")),
        *(f"collections.abc.{name}" for name in ("Mapping", "MutableMapping")),
        *(f"collections.abc.{name}" for name in ("MutableSequence", "MutableSet")),
    )
)
ENCODED = frozenset(
    f"pydantic.{module}Base64{name}"
    for module in ("", "types.")
    for name in ("Bytes", "Str", "UrlBytes", "UrlStr")
)
UNSET = "msgspec.UnsetType"
JSON_VALUE = ("pydantic.JsonValue", "pydantic.types.JsonValue")
MAIL_WITH_NAME = ("pydantic.NameEmail", "pydantic.networks.NameEmail")
"""It travels, but its attributes can be set."""
IMPORTING = ("pydantic.ImportString", "pydantic.types.ImportString")
DECODED = tuple(
    f"pydantic.{module}{name}" for module in ("", "types.") for name in ("Json", "Secret")
)
HASHED = frozenset(
    (
        *("builtins.frozenset", "builtins.tuple"),
        *(f"collections.abc.{name}" for name in ("Collection", "Iterable", "Sequence", "Set")),
    )
)
"""Containers of which a key has a tuple or a frozenset."""
ITERABLE = "collections.abc.Iterable"
CHANGING = frozenset(
    f"collections.{name}" for name in ("Counter", "OrderedDict", "defaultdict", "deque")
)
"""What pydantic keeps, and is not hashable."""
KEPT_BY_PYDANTIC = CHANGING | {"builtins.complex", "fractions.Fraction"}
"""What travels within a pydantic model, and nowhere else."""
BASES = frozenset(
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
    **dict.fromkeys(
        (f"collections.abc.Async{name}" for name in ("Generator", "Iterable", "Iterator")),
        "a stream as the last parameter, as the result of a `def`, or last in the tuple that an "
        "`async def` returns: `tuple[Page, AsyncIterator[T]]`",
    ),
    **dict.fromkeys((f"pathlib.{name}Path" for name in ("Posix", "Windows")), "Path or PurePath"),
    **dict.fromkeys(("datetime.tzinfo", "datetime.timezone"), "ZoneInfo"),
    **dict.fromkeys(("re.Pattern", "re.Match"), "str"),
    "numpy.bool_": "bool",
    **dict.fromkeys(("numpy.float32", "numpy.float64"), "float"),
    **dict.fromkeys(("numpy.int32", "numpy.int64", "numpy.uint8", "numpy.uint64"), "int"),
    "pandas.Timestamp": "datetime",
    "pandas.Timedelta": "timedelta",
    "numpy": "list or tuple of its items (`array.tolist()`), or bytes",
    "pandas": "list of a dataclass, one for each row",
    "polars": "list of a dataclass, one for each row",
    "pyarrow": "list of a dataclass, one for each row, or bytes",
    "torch": "list or tuple of its items (`tensor.tolist()`), or bytes",
}
"""What to declare in place of what one might expect to travel; of any class of a package.
The runtime says the same, which the generator does not import (C2): a test compares them."""
OPEN = frozenset(("builtins.object", "typing.Any"))
TAKEN_BY_PYDANTIC = (SCALARS | OPEN | KEPT_BY_PYDANTIC | CONTAINERS) - {ITERABLE}
_STANDARD = frozenset(
    (
        *("abc", "array", "asyncio", "builtins", "collections", "collections.abc"),
        *("concurrent.futures", "contextlib", "contextvars", "datetime", "decimal", "enum"),
        *("fractions", "functools"),
        *("io", "ipaddress", "itertools", "logging", "numbers", "os", "pathlib", "queue", "re"),
        *("socket", "subprocess", "threading", "types", "typing", "uuid", "weakref", "zoneinfo"),
    )
)
"""Modules of which every class without a wire form is known to have none."""


def unknown(origin: Ref, taken: Collection[str]) -> str | None:
    """Why a class that the source roots do not define cannot travel, if it is known."""
    known = str(origin) if origin.module != "builtins" else f"builtins.{origin.name}"
    package = origin.module.partition(".")[0]
    instead = INSTEAD.get(known) or INSTEAD.get(package)
    if known in taken or (origin.module not in _STANDARD and package not in INSTEAD):
        return None
    return f"`{origin}` has no wire form" + (f": declare {instead}" if instead else "")
