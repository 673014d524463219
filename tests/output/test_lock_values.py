"""What the lock holds of what is not spelled out: values of constants, members of enums, the order
of unions. Python itself is asked what is right."""

from __future__ import annotations

import ast
import importlib
import re
import sys
from collections.abc import Iterator
from enum import Flag
from types import ModuleType
from typing import Any, get_type_hints

import pytest

from fusiongen.compat.aligned import ordered
from fusiongen.compat.enums import enum_values
from fusiongen.output.contents import lock_of
from fusiongen.output.lock import Lock, lock_text
from fusiongen.output.reading import reading_of
from fusionrt.values.plans import plan_of
from fusionrt.values.reading import shape_of
from fusionrt.values.shapes import AnyOf, spell
from tests.projects import Write

HEAD = """\
from __future__ import annotations
import enum
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum, Flag, IntEnum, IntFlag, StrEnum, auto
from typing import Any, Generic, Literal, NamedTuple, NewType, Optional, Protocol, TypeVar, Union
from collections.abc import Sequence
from uuid import UUID
from pydantic import BaseModel
from fusionrt import service
from shop import limits
from shop.limits import MOST as M, Base

"""
LIMITS = """\
import enum
from enum import Enum, auto
MOST = 1 << 3
NAMES = ("a", "b")
LEAST: int = -2

class Base(str, Enum):
    @staticmethod
    def _generate_next_value_(name, start, count, last_values):
        "By the name."
        return name.replace("_", "-").lower()

class Limits:
    ONE = 1
    TWO = ONE + 1
    class Inner:
        DEEP = "deep"
"""


def _contract(types: str, parameters: str) -> str:
    method = f"    async def get(self, {parameters}) -> None: ...\n"
    return f"{HEAD}{types}\n\n@service\nclass Carts(Protocol):\n{method}"


def _forget() -> dict[str, ModuleType]:
    """Other tests have packages of this name, too; what they have imported."""
    names = [each for each in sys.modules if each.partition(".")[0] == "shop"]
    return {name: sys.modules.pop(name) for name in names}


@pytest.fixture
def lock(project: Write) -> Iterator[Any]:
    """Takes types and a method's parameters; gives the lock, and the module that it is of."""
    path = list(sys.path)

    def made(types: str, parameters: str = "") -> tuple[Lock, Any]:
        text = _contract(types, parameters)
        loaded = project(
            {"shop/contracts.py": text, "shop/limits.py": LIMITS, "shop/__init__.py": ""}
        )
        found = Lock.model_validate_json(lock_text(lock_of(reading_of(loaded))))
        sys.path.insert(0, str(loaded.directory))
        importlib.invalidate_caches()
        return found, importlib.import_module("shop.contracts")

    others = _forget()
    yield made
    sys.path[:] = path
    _forget()
    sys.modules.update(others)  # imported again, their classes would be others


ENUMS = {
    "expressions": (
        "class E(IntEnum):\n    A = 60 * 60\n    B = A + 1\n    C = (1 << 4) | 0b1\n"
        "    D = -A // 7\n    E = ~A\n    F = 2 ** 10 % 1000"
    ),
    "constants": (
        "X = 'x'\nY = X + '-y'\nclass E(StrEnum):\n    A = X\n    B = Y\n    C = f'{X}{Y}'\n"
        "    D = limits.NAMES[0]"
    ),
    "imported": (
        "class E(IntEnum):\n    A = M\n    B = limits.MOST + 1\n    C = limits.LEAST\n"
        "    D = limits.Limits.TWO + 40"
    ),
    "nested": (
        "class E(Enum):\n    A = limits.Limits.Inner.DEEP\n    B = limits.Limits.Inner.DEEP.upper()"
    ),
    "other enums": (
        "class O(Enum):\n    A = 'a'\n\nclass E(StrEnum):\n    A = O.A.value\n"
        "    B = O.A.name + 'b'"
    ),
    "auto": "class E(Enum):\n    A = auto()\n    B = 7\n    C = enum.auto()",
    "auto of strings": "class E(StrEnum):\n    FIRST = auto()\n    B = 'x'\n    LAST_ONE = auto()",
    "auto of flags": (
        "class E(Flag):\n    A = auto()\n    B = auto()\n    AB = A | B\n    C = 0x10\n"
        "    D = auto()\n    NONE = 0"
    ),
    "int flags": (
        "class E(IntFlag):\n    A = auto()\n    B = 1 << 5\n    ALL = A | B\n    MINE = ALL & ~A"
    ),
    "own auto": "class E(Base):\n    A_B = auto()\n    C = 'c'\n    D = auto()",
    "mixed in": "class E(int, Enum):\n    A = '7'\n    B = 'ff', 16\n    C = 1.5",
    "mixed strings": "class E(str, Enum):\n    A = 1\n    B = 'b'",
    "truth": "class E(IntEnum):\n    A = True\n    B = 2.0",
    "tuples": "class E(Enum):\n    A = (1, 'a')\n    B = (2, 'b')",
    "floats": "class E(Enum):\n    A = 1 / 2\n    B = 2",
    "aliases": "class E(Enum):\n    A = 'a'\n    B = A\n    C = 'c'",
    "annotated": "class E(Enum):\n    A: int = 1\n    B: int = A + 1",
    "together": "class E(Enum):\n    A, B = 1, 2\n    C = D = 3",
    "no members": (
        "class E(Enum):\n    _ignore_ = ['x']\n    x = 4\n    A = 1\n"
        "    B = enum.nonmember(2)\n    f = lambda self: 1\n    @property\n"
        "    def more(self) -> int: return 1"
    ),
    "large": "class E(IntEnum):\n    A = 1 << 70\n    B = 2",
    "made": (
        "class E(Enum):\n    def __new__(cls, code, label='x', *, more=0):\n"
        "        self = object.__new__(cls)\n        self._value_ = code\n        return self\n"
        "    A = 1, 'a'\n    B = 2"
    ),
    "made of both": (
        "class E(str, Enum):\n    def __new__(cls, code: str, label: str):\n"
        "        self = str.__new__(cls, code)\n        self._value_ = code + '/' + label\n"
        "        self.label = label\n        return self\n    A = 'a', 'A'\n    B = ('b', 'B')"
    ),
}


@pytest.mark.parametrize("name", ENUMS)
def test_C6_members_travel_as_the_lock_says(name: str, lock: Any) -> None:
    """Values are worked out as Python works them out, and nothing of the user's has run."""
    found, module = lock(ENUMS[name], "e: E")
    values = enum_values(found.types["shop.contracts.E"])
    members = module.E.__members__
    assert list(values) == list(members)
    by_value = issubclass(module.E, Flag) or plan_of(shape_of(module.E)).direct
    for key, member in members.items():
        travels = member.value if by_value else key
        assert values[key] == (repr(travels) if by_value else key)


UNKNOWN = {
    "a call": ("N = '1'\nclass E(Enum):\n    A = int(N)\n    B = 2", "int('1')"),
    "counted": (
        "class E(Enum):\n    def __new__(cls):\n        self = object.__new__(cls)\n"
        "        self._value_ = len(cls.__members__) + 1\n        return self\n"
        "    A = ()\n    B = ()",
        "() as number 0 by __new__ ",
    ),
    "a library's": (
        "import http\nclass E(IntEnum):\n    A = http.HTTPStatus.OK",
        "http.HTTPStatus.OK",
    ),
    "given twice": ("N = 1\nif N:\n    N = 2\nclass E(IntEnum):\n    A = N", "one_of(1, 2)"),
    "added to": ("N = 1\nN += 1\nclass E(IntEnum):\n    A = N", "one_of(1, 1)"),
    "taken apart": (
        "N, K = limits.NAMES\nclass E(StrEnum):\n    A = N",
        "one_of(('a', 'b'), ('a', 'b'))",
    ),
    "itself": ("N = N\nclass E(StrEnum):\n    A = N", "shop.contracts.N"),
    "huge": ("class E(IntEnum):\n    A = 1 << 100000\n    B = 10 ** 99999", "1 << 100000"),
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_C6_what_cannot_be_known_keeps_its_text(name: str, project: Write) -> None:
    """With the constants in it opened, so that a change of them shows."""
    types, expected = UNKNOWN[name]
    text = _contract(types, "e: E")
    loaded = project({"shop/contracts.py": text, "shop/limits.py": LIMITS})
    field = lock_of(reading_of(loaded)).types["shop.contracts.E"].fields[0]
    assert (field.given or "").startswith(expected)


def test_C6_a_default_is_locked_as_spelled_and_by_its_value(lock: Any) -> None:
    """Of parameters, in metadata, in fields; the name of an enum's member is no value."""
    types = (
        "N = 20\nclass E(Enum):\n    A = 'a'\n    B = 'a'\nUserId = NewType('UserId', int)\n"
        "@dataclass\nclass Cart:\n    id: int = N * 2\n"
    )
    parameters = "cart: Cart, a: int = N, b: E = E.B, c: UserId = FIRST, d: int = 20, e: int = -N"
    found, _ = lock(types + "FIRST = UserId(N)\n", parameters)
    given = {
        each.name: (each.default, each.given)
        for each in found.contracts["carts"].methods["get"].parameters
    }
    assert given == {
        "cart": (None, None),
        "a": ("shop.contracts.N", "20"),
        "b": ("shop.contracts.E.B", "shop.contracts.E('a')"),
        "c": ("shop.contracts.FIRST", "20"),
        "d": ("20", "20"),
        "e": ("-shop.contracts.N", "-20"),
    }
    assert found.types["shop.contracts.Cart"].fields[0].given == "40"


UNIONS = (
    "Alpha | Beta",
    "Beta | Alpha | None",
    "Union[Zeta, list[int], Alpha]",
    "Outer.Inner | Beta | Alpha",
    "Both | Zeta",
    "list[Both] | list[Alpha] | list[Id]",
    "Id | int | UUID",
    "Optional_ | Beta",
    "Literal['b', 'a'] | Literal[1] | Beta",
    "dict[str, Alpha] | Sequence[Beta | Alpha] | tuple[int, ...]",
    "tuple[()] | tuple[int, str] | str | Decimal",
    "Any | Alpha | dict",
    "Literal[Colour.RED] | Colour2 | int",
    "list[str | None] | list[None | int] | Alpha",
    "Named | Id",
    "Bag[Beta] | Bag[Optional[Alpha]]",
    "Bag[Union[None, Alpha]] | Bag[Zeta] | Bag[Both]",
)


@pytest.mark.parametrize("union", UNIONS)
def test_C6_the_lock_has_unions_in_the_order_of_the_wire(union: str, lock: Any) -> None:
    """The runtime numbers the members so."""
    types = "".join(
        f"@dataclass\nclass {name}:\n    id: str\n\n" for name in ("Zeta", "Alpha", "Beta")
    )
    types += (
        "class Outer:\n    @dataclass\n    class Inner:\n        id: str\n\n"
        "Both = Union[Beta, Alpha]\nId = NewType('Id', str)\nOptional_ = Union[Zeta, None]\n"
        "Named = Zeta\n"
        "class Colour(Enum):\n    RED = 'r'\n\nclass Colour2(Enum):\n    RED = 2\n\n"
        "T = TypeVar('T')\n\nclass Bag(BaseModel, Generic[T]):\n    held: T\n"
    )
    found, module = lock(types, f"u: {union}")
    text = ordered(found).contracts["carts"].methods["get"].parameters[0].type
    shape = shape_of(get_type_hints(module.Carts.get, include_extras=True)["u"])
    assert isinstance(shape, AnyOf)
    travelling = [spell(each.tp) for each in shape.members if each.tp is not None]
    kinds = {"Id": "str", "Named": "Zeta", "None": None, "object": "Any", "dict[Any, Any]": "dict"}
    shown = [_short(ast.unparse(each)) for each in _members(ast.parse(text, mode="eval").body)]
    names = [kinds.get(each, each) for each in shown]
    assert [_key(each) for each in names if each] == [_key(each) for each in travelling]


def _members(node: ast.expr) -> list[ast.expr]:
    if isinstance(node, ast.BinOp):
        return [*_members(node.left), *_members(node.right)]
    return [node]


def _short(text: str) -> str:
    for prefix in ("shop.contracts.", "collections.abc.", "typing.", "decimal.", "uuid."):
        text = text.replace(prefix, "")
    return text


def _key(text: str) -> str:
    """What tells members of the samples apart, however they are spelled within."""
    if text.startswith("Literal"):
        return "Literal" + str(sorted(re.findall(r"RED|'[ab]'|\d", text))[:1])
    return text.replace("Both", "Alpha | Beta").replace("Beta | Alpha", "Alpha | Beta")
