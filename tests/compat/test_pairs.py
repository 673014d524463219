"""Pairs of contracts as teams write them: what `check --against` says of each, and nothing else."""

from __future__ import annotations

import pytest

from .versions import Workshop, module_text

_USE = "\n\n\n@service\nclass Carts(Protocol):\n    async def get(self, id: str) -> Cart: ..."
_RELIED = (
    "    @compute\n    async def get(self, id: str, {}) -> str: ...\n\n"
    "    @command(invalidates=['get(id)'])\n    async def put(self, id: str) -> None: ..."
)
_RAISES = (
    "\n\n\n@service(raises=[Gone])\nclass Carts(Protocol):\n    async def get(self) -> str: ..."
)
_FLOAT = "F = float\n\n\n@service\nclass Carts(Protocol):\n"
_TAGGED = "class {}(msgspec.Struct, tag={}):\n    id: str\n\n\n"
_NOTE = "class Note(msgspec.Struct, tag='n'):\n    text: str\n\n\n"
_EITHER = "@service\nclass Carts(Protocol):\n    async def get(self) -> {}: ..."

Pair = tuple[str, str]


def _alias(old: str, new: str) -> Pair:
    return f"Cart = {old}{_USE}", f"Cart = {new}{_USE}"


def _field(old: str, new: str, head: str = "@dataclass\nclass Cart:") -> Pair:
    return f"{head}\n    {old}{_USE}", f"{head}\n    {new}{_USE}"


def _given(old: str, new: str) -> Pair:
    return f"{old}:\n    id: str{_USE}", f"{new}:\n    id: str{_USE}"


def _configured(old: str, new: str, most: str = "str_max_length=3") -> Pair:
    """Models whose configuration is written so; `C` is a constant that says nothing, `M` another
    one."""
    above = f"C = ConfigDict()\nM = ConfigDict({most})\n\n\n"
    text = (
        f"from pydantic import ConfigDict\n\n{above}{_MODEL}\n    model_config = {{}}\n    id: str"
    )
    return text.format(old) + _USE, text.format(new) + _USE


def _within(row: str, old: str, new: str) -> Pair:
    """Models with a part that is written so."""
    return row.format(old) + _HELD + _USE, row.format(new) + _HELD + _USE


def _enum(old: str, new: str, bases: str, above: str = "") -> Pair:
    return _field(old, new, f"{above}class Cart({bases}):")


def _error(old: str, new: str, head: str = "class Gone(Exception):") -> Pair:
    return f"{head}\n    {old}{_RAISES}", f"{head}\n    {new}{_RAISES}"


def _default(old: str, new: str, head: str = "") -> Pair:
    return head + _RELIED.format(old), head + _RELIED.format(new)


def _tagged(result: str, tag: str = "'a'", beside: str = _NOTE) -> Pair:
    return tuple(  # type: ignore[return-value]
        _TAGGED.format(name, tag) + beside + _EITHER.format(result.format(name))
        for name in ("Cart", "Zeta")
    )


_MODEL = "class Cart(BaseModel):"
_DICT = "class Cart(TypedDict):"
_PARTIAL = "class Cart(TypedDict, total=False):"
_RECORD = "@dataclass\nclass Note:\n    text: str\n\n\n"
_BARE = "a container that does not say of what holds anything"
_SAME = "what the default means is the same"
_OTHER = "what the default means is another value"
_RENAMED = "a tag tells its Struct, whatever that is called"
_INDEXED = "an index tells them, in the order of their names"
_MIXED = "an instance of what is mixed in has no value that travels: its name does"
_REPLACED = {"ENUM_MEMBER_ADDED", "ENUM_MEMBER_REMOVED"}
_TEXT = "class Mixed(str):\n    pass\n\n\n"
_VARIABLE = "T = TypeVar('T')\n\n\n"
_PAGE = f"{_VARIABLE}@dataclass\nclass Page(Generic[T]):\n    item: T\n\n\n@dataclass\nclass Cart"
_ALIASED = _PAGE.replace("@dataclass\nclass Cart", "Held = Page[str]\n\n\n@dataclass\nclass Cart")
_NEW_PAGE = "@dataclass\nclass Page[T]:\n    item: T\n\n\n@dataclass\nclass Cart"
_DICT_ROW = f"{_VARIABLE}class Row(TypedDict, Generic[T]):\n    item: T\n\n\nclass Cart"
_OF = "an inherited field is of what the base is given"
_PLAIN = "an exception that is no dataclass travels as what it is"
_WRITTEN = "a configuration counts, however it is put together"
_MADE = (
    "from pydantic.dataclasses import dataclass as made\n\n\n"
    "@made(config={{'str_max_length': {}}})\nclass Cart"
)
_BASE = (
    "from pydantic.dataclasses import dataclass as made\n\n\n"
    "@made(config={'extra': 'forbid'})\nclass Base:\n    n: int\n\n\n@made\nclass Cart(Base)"
)
_UNSENT = "UNSET is not sent"
_PATCH = "class Cart(msgspec.Struct):"
_UNSET = "n: int | msgspec.UnsetType = msgspec.UNSET"
_FOREIGN = "a class of a library is above: its fields travel all the same"
_STRANGE = "import acme\n\n\nclass Cart(acme.Model):"
_ROOT = "import pydantic\n\n\nclass Cart(pydantic.RootModel[list[{}]])"
_SEEN = "pydantic looks at what is part of a model, and as that is configured"
_UNSEEN = "pydantic does not look at what is no part of a model"
_LIMIT = "__pydantic_config__ = {'str_max_length': 3}"
_CLOSED = "__pydantic_config__ = {'extra': 'forbid'}"
_ROW = "import typing_extensions\n\n\nclass Row(typing_extensions.TypedDict):\n    {}"
_BELOW_ROW = f"{_ROW.replace('Row', 'Base')}\n\n\nclass Row(Base):\n    n: int"
_HELD = "\n\n\nclass Cart(BaseModel):\n    row: Row"
_DATA_ROW = "@dataclass\nclass Row:\n    id: str\n    {}"
PAIRS: list[tuple[str, Pair, set[str]]] = [
    (_BARE, _alias("dict", "dict[Any, Any]"), set()),
    (_OF, _given(f"{_PAGE}(Page[str])", f"{_PAGE}(Page[int])"), {"FIELD_TYPE_CHANGED"}),
    (_OF, _given(f"{_PAGE}(Page[str])", f"{_ALIASED}(Held)"), set()),
    (_OF, _given(f"{_NEW_PAGE}(Page[str])", f"{_NEW_PAGE}(Page[int])"), {"FIELD_TYPE_CHANGED"}),
    (_OF, _given(f"{_PAGE}(Page[str])", f"{_NEW_PAGE}(Page[str])"), set()),
    (_OF, _given(f"{_DICT_ROW}(Row[str])", f"{_DICT_ROW}(Row[int])"), {"FIELD_TYPE_CHANGED"}),
    (_BARE, _alias("list[tuple]", "list[tuple[Any, ...]]"), set()),
    (_BARE, _alias("NewType('Cart', frozenset)", "NewType('Cart', frozenset[Any])"), set()),
    (_BARE, _alias("Optional[Sequence]", "Sequence[Any] | None"), set()),
    (_BARE, _alias("Annotated[set, 'x']", "set[Any]"), set()),
    (_BARE, _field("m: Mapping", "m: Mapping[Any, Any]"), set()),
    (_BARE, _field("m: dict", "m: dict[str, Any]"), {"FIELD_TYPE_CHANGED"}),
    (_BARE, _alias("list", "Sequence"), {"RESULT_RESPELLED"}),
    (_SAME, _default("n: float = 1", "n: float = 1.0"), set()),
    (_SAME, _default("n: float = 1e3", "n: float = 1000"), set()),
    (_SAME, _default("n: float | None = 2", "n: Optional[float] = 2.0"), set()),
    (_SAME, _default("n: F = 1", "n: F = 1.0", _FLOAT), set()),
    (_SAME, _default("n: Annotated[float, 'x'] = 1", "n: float = 1."), set()),
    (_SAME, _default("n: tuple[float, ...] = (1, 2)", "n: tuple[float, ...] = (1.0, 2)"), set()),
    (_SAME, _default("n: tuple[int, float] = (1, 2)", "n: tuple[int, float] = (1, 2.0)"), set()),
    (_SAME, _default("n: int = True", "n: int = 1"), set()),
    (_SAME, _default("n: int = 0x10", "n: int = 1_6"), set()),
    (_SAME, _field("n: float = 1", "n: float = 1.0",
                   "class Cart(msgspec.Struct, omit_defaults=True):"), set()),
    (_OTHER, _default("n: float = 1", "n: float = 1.5"), {"KEY_CHANGED"}),
    (_OTHER, _default("n: int | bool = 1", "n: int | bool = True"), {"KEY_CHANGED"}),
    (_OTHER, _default("n: int | float = 1", "n: int | float = 1.0"), {"KEY_CHANGED"}),
    (_OTHER, _default("n: tuple[int, ...] = (1,)", "n: tuple[int, ...] = (1, 1)"), {"KEY_CHANGED"}),
    ("the forms of a key say the same in any order",
     _field("id: NotRequired[ReadOnly[str]]", "id: ReadOnly[NotRequired[str]]", _DICT), set()),
    ("what `Required` says, it says under `ReadOnly`, too",
     _field("id: ReadOnly[Required[str]]", "id: Required[ReadOnly[str]]", _PARTIAL), set()),
    ("a key became read-only, and may be left out",
     _field("id: str", "id: ReadOnly[NotRequired[str]]", _DICT),
     {"FIELD_FROZEN_CHANGED", "FIELD_PRESENCE_CHANGED"}),
    ("a model says so in metadata",
     _field("id: str", "id: Annotated[str, Field(frozen=True)]", _MODEL), {"FIELD_FROZEN_CHANGED"}),
    ("attrs says so by a hook",
     _field("id: str", "id: str = attrs.field(on_setattr=attrs.setters.frozen)",
            "@attrs.define\nclass Cart:"), {"FIELD_FROZEN_CHANGED"}),
    ("a field of a frozen class could not be set before",
     _field("id: str", "id: Final[str]", "@dataclass(frozen=True)\nclass Cart:"), set()),
    (_RENAMED, _tagged("{}"), {"RESULT_RESPELLED"}),
    (_RENAMED, _tagged("{} | Note | None"), {"RESULT_RESPELLED"}),
    (_RENAMED, _tagged("{} | Note | str | int"), {"RESULT_RESPELLED"}),
    (_RENAMED, _tagged("dict[str, {} | Note]"), {"RESULT_RESPELLED"}),
    ("the tag is the name", _tagged("{}", "True"), {"RESULT_CHANGED"}),
    (_INDEXED, _tagged("{} | Note", beside=_RECORD), {"RESULT_CHANGED"}),
    (_INDEXED, _tagged("{} | Note | list[UUID] | dict[UUID, int]"), {"RESULT_CHANGED"}),
    (_PLAIN, _error("id: int", "id: str"), {"FIELD_RESPELLED"}),
    (_PLAIN, _error("pass", "id: int"), set()),
    (_PLAIN, _error("id: int", "id: int\n    at: int"), set()),
    (_PLAIN, _error("id: int", "pass"), {"FIELD_REMOVED"}),
    (_PLAIN, _error("id: int", "id: int | None", "@dataclass\nclass Gone(Exception):"),
     {"FIELD_TYPE_CHANGED"}),
    (_MIXED, _enum("A = '1.5'", "A = '2.5'", "Decimal, Enum"), set()),
    (_MIXED, _enum("A = '1.5'", "B = '1.5'", "Decimal, Enum"), _REPLACED),
    (_MIXED, _enum("A = 2024, 1, 1", "A = 2025, 1, 1", "date, Enum"), set()),
    (_MIXED, _enum("A = 1", "A = 2", "Mixed, Enum", _RECORD.replace("Note", "Mixed")), set()),
    (_MIXED, _enum("A = 'a'", "B = 'a'", "Mixed, Enum", _TEXT), _REPLACED),
    ("a class that is mixed in for its methods makes no values",
     _enum("A = 'a'", "B = 'a'", "Mixed, Enum", _TEXT.replace("(str)", "")),
     {"ENUM_MEMBER_RENAMED"}),
    ("a call that makes a type, and a class of the same fields",
     _alias("NamedTuple('Cart', [('x', int), ('y', str)])",
            "NamedTuple('Cart', [('x', int), ('y', str), ('z', int)])"), {"FIELD_ADDED_REQUIRED"}),
    (_WRITTEN, _configured("C", "M"), {"TYPE_OPTIONS_CHANGED"}),
    (_WRITTEN, _configured("C", "{**C, **M}"), {"TYPE_OPTIONS_CHANGED"}),
    (_WRITTEN, _configured("C", "C | M"), {"TYPE_OPTIONS_CHANGED"}),
    (_WRITTEN, _configured("M", "ConfigDict(**C, str_max_length=3)"), set()),
    (_WRITTEN, _configured("C", "M", "frozen=True"), {"TYPE_FROZEN_CHANGED"}),
    (_WRITTEN, _configured("C", "M", "allow_inf_nan=True, str_min_length=0"), set()),
    (_WRITTEN, _given(_MADE.format(3), _MADE.format(4)), {"TYPE_OPTIONS_CHANGED"}),
    (_WRITTEN, _field("id: str\n    a: int = 0", "id: str", f"{_BASE}:"),
     {"FIELD_REMOVED_FROM_CLOSED_TYPE"}),
    (_UNSENT, _field("n: int = 0", _UNSET, _PATCH), {"FIELD_DEFAULT_CHANGED", "FIELD_RESPELLED"}),
    (_UNSENT, _field("n: int", _UNSET, _PATCH), {"FIELD_PRESENCE_CHANGED", "FIELD_RESPELLED"}),
    (_UNSENT, _field(_UNSET, "n: int", _PATCH), {"FIELD_PRESENCE_CHANGED", "FIELD_RESPELLED"}),
    (_FOREIGN, _field("id: str", "id: int", _STRANGE), {"FIELD_TYPE_CHANGED"}),
    (_FOREIGN, _field("id: str", "id: str\n    n: int", _STRANGE), {"FIELD_ADDED_REQUIRED"}),
    (_FOREIGN, _field("id: str", "id: str\n    n: int = 0", _STRANGE), set()),
    ("a root is what travels", _given(_ROOT.format("int"), _ROOT.format("str")),
     {"TYPE_TARGET_CHANGED"}),
    ("a model that takes unions from left to right reads another member",
     _field("v: int | str", "v: int | str = Field(union_mode='left_to_right')", _MODEL),
     {"FIELD_TYPE_CHANGED"}),
    ("keys that are no names",
     _alias("TypedDict('Cart', {'x-a': int})", "TypedDict('Cart', {'x-a': str})"),
     {"FIELD_TYPE_CHANGED"}),
    (_SEEN, _within(_ROW, "id: str", f"{_LIMIT}\n    id: str"), {"TYPE_OPTIONS_CHANGED"}),
    (_SEEN, _within(_BELOW_ROW, "id: str", f"{_LIMIT}\n    id: str"),
     {"TYPE_OPTIONS_CHANGED"}),
    (_SEEN, _within(_ROW, f"{_CLOSED}\n    id: str",
                    f"{_CLOSED}\n    id: str\n    n: NotRequired[int]"),
     {"FIELD_ADDED_TO_CLOSED_TYPE"}),
    (_SEEN, _within(_DATA_ROW, "pass", _LIMIT), {"TYPE_OPTIONS_CHANGED"}),
    (_UNSEEN, _field(f"{_CLOSED}\n    id: str", f"{_LIMIT}\n    id: str", _DICT), set()),
    (_UNSEEN, _field(_CLOSED, f"{_CLOSED}\n    n: NotRequired[int]", _DICT), set()),
]  # fmt: skip


@pytest.mark.parametrize(("title", "pair", "expected"), PAIRS)
def test_C6_what_breaks_is_told_and_nothing_else(
    shop: Workshop, title: str, pair: Pair, expected: set[str]
) -> None:
    """By the rules that it breaks; a type that is gone by name is told beside them."""
    changes = shop.pair(*map(module_text, pair)).changes
    assert {change.rule for change in changes} - {"TYPE_REMOVED"} == expected, title
