"""What to declare instead of a type that cannot travel."""

from __future__ import annotations

from typing import Any, Final, get_origin

from ..errors import UnsupportedType
from .scalars import SCALARS
from .shapes import spell

__all__ = ["INSTEAD", "unknown"]

INSTEAD: Final = {
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
"""What to declare in place of what one might expect to travel; of any class of a package."""


def unknown(tp: Any) -> UnsupportedType:
    """What to raise for a type that cannot travel."""
    hint = "a frozen dataclass, a pydantic model or a builtin type"
    cls = get_origin(tp) or tp
    if isinstance(cls, type):
        for base in SCALARS:
            if base is not type(None) and issubclass(cls, base):
                hint = f"{base.__name__}, or a NewType of it"
        hint = INSTEAD.get(cls.__module__.partition(".")[0], hint)
        hint = INSTEAD.get(f"{cls.__module__.partition('._')[0]}.{cls.__qualname__}", hint)
    return UnsupportedType(spell(tp), f"cannot travel: declare {hint}")
