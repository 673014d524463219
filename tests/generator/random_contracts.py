"""Contracts made at random: valid ones from a grammar, and any by changing the text of others."""

from __future__ import annotations

import re
from random import Random

__all__ = ["mutated", "valid_contract"]

_PRELUDE = """\
{future}from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum, StrEnum
from typing import Annotated, Any, Generic, Literal, NamedTuple, NewType, Optional, Protocol
from typing import TypedDict, TypeVar, Union
from uuid import UUID

import msgspec
from fusionrt import ANY, command, compute, service
from pydantic import BaseModel
from typing_extensions import deprecated

T = TypeVar("T")
Id = NewType("Id", str)
Ids = tuple[Id, ...]
LIMIT = 20


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Mode(StrEnum):
    FAST = "fast"


@dataclass(frozen=True)
class Cart:
    id: str
    owner: str | None = None


class Point(NamedTuple):
    x: int
    y: int = 0


class Money(msgspec.Struct, frozen=True):
    amount: Decimal
    kind: Colour = Colour.RED


class Note(BaseModel, frozen=True):
    text: str
    at: date | None = None


class Row(TypedDict):
    name: str


@dataclass(frozen=True)
class Page(Generic[T]):
    items: tuple[T, ...]


class Broken(Exception):
    pass

"""
_SCALARS = {
    "int": "-3",
    "str": '"a"',
    "bool": "True",
    "float": "1.5",
    "bytes": 'b"x"',
    "Decimal": None,
    "UUID": None,
    "date": None,
    "datetime": None,
    "timedelta": None,
    "Colour": "Colour.RED",
    "Mode": "Mode.FAST",
    "Id": None,
    "Ids": "()",
    'Literal["a", "b"]': '"b"',
    'Annotated[int, "a number"]': "LIMIT",
    "Cart": None,
    "Point": None,
    "Money": None,
    "Note": None,
}
# None of them is a type in the contracts: in a class, a type checker takes it for the method.
_NAMES = [
    *("property", "type", "get", "id", "total", "any_of", "find", "keys", "Keys", "Types"),
    *("CONTRACT", "object", "match", "Coroutine", "Accessor", "Signature", "self", "super"),
]
_PARAMETERS = [
    *("id", "self_", "keys", "carts_", "limit", "type", "str", "list", "key", "cart", "Any", "to"),
]


class _Maker:
    def __init__(self, random: Random) -> None:
        self._random = random

    def key_type(self, depth: int = 2) -> str:
        inner = self._random.randrange(6) if depth else 0
        if inner <= 2:
            return self._random.choice(list(_SCALARS))
        one = self.key_type(depth - 1)
        if inner == 3:
            return f"tuple[{one}, ...]"
        if inner == 4:
            return f"tuple[{one}, {self.key_type(depth - 1)}]"
        return self._random.choice((f"Optional[{one}]", f"Page[{one}]", f"Union[{one}, None]"))

    def any_type(self, depth: int = 2) -> str:
        if not depth or self._random.random() < 0.4:
            return self.key_type(depth)
        one = self.any_type(depth - 1)
        return self._random.choice(
            (
                *(f"list[{one}]", f"dict[str, {one}]", f"Sequence[{one}]", f"Mapping[Id, {one}]"),
                *(f"Page[{one}]", "Row", "Any", f"Optional[{one}]", "set[int]"),
            )
        )

    def parameters(self, *, key: bool) -> list[tuple[str, str, str | None, bool]]:
        """Name, type, default, and whether it is keyword-only."""
        names = self._random.sample(_PARAMETERS, self._random.randrange(4))
        keyword_from = self._random.randrange(len(names) + 2)
        made: list[tuple[str, str, str | None, bool]] = []
        had_default = False
        for index, name in enumerate(names):
            type_ = self.key_type() if key else self.any_type()
            default = _SCALARS.get(type_)
            keyword = index >= keyword_from
            given = default is not None and self._random.random() < 0.5
            if had_default and not keyword and not given:
                type_, default, given = "int", "1", True
            had_default = had_default or given
            made.append((name, type_, default if given else None, keyword))
        return made

    def contract(self) -> str:
        count = self._random.randrange(1, 7)
        names = self._random.sample(_NAMES, count)
        computes: dict[str, list[tuple[str, str, str | None, bool]]] = {}
        blocks: list[str] = []
        for name in names:
            kind = self._random.choice(("compute", "compute", "command", "plain", "stream"))
            parameters = self.parameters(key=kind == "compute")
            head = ""
            if kind == "compute":
                computes[name] = parameters
                head = self._random.choice(("    @compute\n", "    @compute(min_cache=1.5)\n"))
            elif kind == "command":
                head = f"    @command(invalidates=[{self.entries(computes, parameters)}])\n"
            if self._random.random() < 0.2:
                head += '    @deprecated("Call `another` one.")\n'
            result = self.any_type() if kind != "command" or self._random.random() < 0.5 else "None"
            blocks.append(head + self.method(name, kind, parameters, result))
        options = self._random.choice(("", "(raises=[Broken])", '(name="basket", version=2)'))
        future = self._random.choice(("", "from __future__ import annotations\n\n"))
        text = f"@service{options}\nclass Carts(Protocol):\n" + "\n\n".join(blocks) + "\n"
        return _PRELUDE.format(future=future) + text

    def entries(
        self,
        computes: dict[str, list[tuple[str, str, str | None, bool]]],
        parameters: list[tuple[str, str, str | None, bool]],
    ) -> str:
        entries = []
        for name, wanted in computes.items():
            arguments: list[str] = []
            for index, (parameter, type_, default, keyword) in enumerate(wanted):
                fitting = [each[0] for each in parameters if each[1] == type_]
                value = self._random.choice([*fitting, "ANY"])
                if default is not None and self._random.random() < 0.5:
                    if any(not later[3] for later in wanted[index + 1 :]) and not keyword:
                        value = "ANY"
                    else:
                        continue
                named = keyword or (arguments and "=" in arguments[-1])
                arguments.append(f"{parameter}={value}" if named else value)
            entries.append(repr(f"{name}({', '.join(arguments)})"))
        return ", ".join(entries)

    def method(
        self,
        name: str,
        kind: str,
        parameters: list[tuple[str, str, str | None, bool]],
        result: str,
    ) -> str:
        shown = ["self"]
        for parameter, type_, default, keyword in parameters:
            if keyword and "*" not in shown:
                shown.append("*")
            shown.append(f"{parameter}: {type_}" + (f" = {default}" if default else ""))
        definition = "def" if kind == "stream" else "async def"
        result = f"AsyncIterator[{result}]" if kind == "stream" else result
        doc = self._random.choice((" ...", '\n        """What it does: \\\\ "quoted"."""'))
        return f"    {definition} {name}({', '.join(shown)}) -> {result}:{doc}"


def valid_contract(random: Random) -> str:
    """The text of a module with a contract that keeps every rule."""
    return _Maker(random).contract()


_TOKEN = re.compile(r"\w+|\s+|[^\w\s]")
_PIECES = [
    *("(", ")", "[", "]", "{", "}", ",", ":", ".", "=", "*", "**", "@", "|", "->", "...", "'", '"'),
    *("async", "def", "class", "self", "None", "True", "int", "list", "Protocol", "ANY", "result"),
    *("lambda", "await", "yield", "in", "for", "if", "import", "from", "type", "1", "-", "#", "\\"),
    *("\n", "    ", "\t", "\r\n", "\x00", "é", "\u2028", "😀", "f''", "b''", "1e999", "not", ";"),
]


def mutated(text: str, random: Random) -> str:
    """The text with some of its tokens replaced, most of them words by other words, so that much of
    it still parses; or dropped, doubled or swapped."""
    start = text.index("@service") if random.random() < 0.7 else 0
    tokens = _TOKEN.findall(text[start:])
    words = [index for index, token in enumerate(tokens) if token[0].isalpha()]
    for _ in range(random.randrange(1, 4)):
        place = random.randrange(len(tokens))
        match random.randrange(10):
            case 0:
                del tokens[place]
            case 1:
                tokens.insert(place, random.choice(_PIECES))
            case 2:
                tokens[place] = random.choice(_PIECES)
            case 3:
                end = min(len(tokens), place + random.randrange(1, 20))
                tokens[place:place] = tokens[place:end]
            case _:
                word = tokens[random.choice(words)] if random.random() < 0.7 else None
                tokens[random.choice(words)] = word or random.choice(_PIECES)
        words = [index for index, token in enumerate(tokens) if token[0].isalpha()] or [0]
    return text[:start] + "".join(tokens)
