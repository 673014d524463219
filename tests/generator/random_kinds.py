"""Types made at random: a module that defines some, and forms of types with a value of each."""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random

from .random_styles import GENERICS, RECORDS, Form, Style

__all__ = ["IMPORTS", "Kinds"]

IMPORTS = """\
import datetime as dt
import enum
import typing
import uuid
from collections.abc import AsyncIterator, Collection, Mapping, Sequence, Set as AbstractSet
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import PurePosixPath
from typing import Annotated, Any, ClassVar, Generic, Literal, NamedTuple, NewType, NotRequired
from typing import Optional, Protocol, TypeVar, Union

import attrs
import msgspec
import pydantic
from typing_extensions import TypedDict
"""


SCALARS = (
    Form("int", "-(2**70)", constant="-3"),
    Form("str", r'"a\n{{ b }}"', constant=r'"a\"\\{{ b }}{# \x00 é"'),
    Form("bool", "False", constant="True"),
    Form("float", "1.5", constant="-1e3"),
    Form("bytes", r'b"\xff"', constant=r'b"\xff{%"'),
    Form("Decimal", 'Decimal("1.50")'),
    Form("uuid.UUID", "uuid.UUID(int=7)"),
    Form("dt.date", "dt.date(2024, 2, 29)"),
    Form("dt.datetime", "dt.datetime(2024, 2, 29, tzinfo=dt.UTC)"),
    Form("dt.timedelta", "dt.timedelta(seconds=-1.5)"),
    Form("PurePosixPath", 'PurePosixPath("a/b")'),
    Form('Literal["a", -1, None]', "None", constant="-1"),
    Form('Annotated[int, "int | None", pydantic.Field(ge=0)]', "3", constant="7"),
    Form("Any", '{"a": [1, None]}', key=False),
    Form("None", "None", constant="None"),
)
# Fields that are named as what their class, or the code about it, uses.
_FIELDS = [
    *("id", "type", "name", "key", "value", "match", "data", "hash", "cls", "args", "kwargs"),
    *("form", "default", "result", "client", "host", "call", "keys_", "repr", "owner", "x1"),
]


class Kinds:
    """A module of types. Each new one may have fields of those before it, or of itself.

    newer: whether the syntax of Python 3.12 is used, too.
    """

    def __init__(self, random: Random, names: list[str], *, newer: bool) -> None:
        self._random = random
        self._newer = newer
        self._names = [*names]
        random.shuffle(self._names)
        self.names: list[str] = []
        self.forms: list[Form] = []
        self._generic: list[Callable[[Form], Form]] = []
        self._blocks: list[str] = []
        self.future = random.random() < 0.5
        makers = [self._record, self._record, self._enum, self._small, self._generic_record]
        for _ in range(random.randrange(3, 9)):
            random.choice(makers)()

    @property
    def text(self) -> str:
        """The module."""
        future = "from __future__ import annotations\n\n" if self.future else ""
        variable = 'T = TypeVar("T")\nU = TypeVar("U")\n'
        return f"{future}{IMPORTS}\n{variable}\n\n" + "\n\n".join(self._blocks).replace("§", "")

    def form(self, depth: int = 2, *, key: bool = False, held: bool = False) -> Form:
        """A type, at random. key: one that can be an argument of a compute method. held: one that
        can be a key of a dict."""
        for _ in range(50):
            found = self._any(depth)
            if (found.key or not key) and (found.held or not held):
                return found
        return SCALARS[0]

    def _any(self, depth: int) -> Form:
        pick = self._random.random()
        if self.forms and pick < 0.35:
            return self._random.choice(self.forms)
        if not depth or pick < 0.55:
            return self._random.choice(SCALARS)
        one = self._any(depth - 1)
        if self._generic and pick < 0.7:
            return self._random.choice(self._generic)(one)
        return self._random.choice(
            (self._optional, self._union, self._tuple, self._sequence, self._mapping)
        )(one)

    def _optional(self, one: Form) -> Form:
        if one.spelled == "None":
            return one  # nor does mypy let a call that gives `Optional[None]` be assigned
        # To Python, `None | None` is no type.
        second = f"({one.spelled})" if one.spelled.startswith("None |") else one.spelled
        spelled = self._random.choice(
            (
                f"Optional[{one.spelled}]",
                f"Union[None, {one.spelled}]",
                f"typing.Union[{one.spelled}, None, {one.spelled}]",
                f"{one.spelled} | None",
                f"None | {second}",
            )
        )
        value = self._random.choice((one.value, "None"))
        return Form(spelled, value, one.key, self._random.choice(("None", one.constant)))

    def _union(self, one: Form) -> Form:
        other = self._any(1)
        if "Any" in (one.spelled, other.spelled) or "None" in (one.spelled, other.spelled):
            return one
        parts = [one.spelled, other.spelled]
        spelled = self._random.choice((f"Union[{', '.join(parts)}]", " | ".join(parts)))
        chosen = self._random.choice((one, other))
        return Form(spelled, chosen.value, one.key and other.key, chosen.constant)

    def _tuple(self, one: Form) -> Form:
        if self._random.random() < 0.5:
            value = f"({one.value},)" if self._random.random() < 0.7 else "()"
            return Form(f"tuple[{one.spelled}, ...]", value, one.key, "()", one.held)
        other = self._any(1)
        return Form(
            f"typing.Tuple[{one.spelled}, {other.spelled}]",
            f"({one.value}, {other.value})",
            one.key and other.key,
        )

    def _sequence(self, one: Form) -> Form:
        if one.held and self._random.random() < 0.5:
            outer, value = ("frozenset", "{}") if self._random.random() < 0.5 else ("set", "{{{}}}")
            shown = (
                f"frozenset(({one.value},))" if outer == "frozenset" else value.format(one.value)
            )
            frozen = outer == "frozenset"
            return Form(f"{outer}[{one.spelled}]", shown, frozen and one.key, hashed=frozen)
        outer = self._random.choice(("list", "typing.List", "Sequence"))
        return Form(f"{outer}[{one.spelled}]", f"[{one.value}]", key=False)

    def _mapping(self, one: Form) -> Form:
        key = self.form(1, held=True)
        outer = self._random.choice(("dict", "typing.Dict", "Mapping"))
        return Form(
            f"{outer}[{key.spelled}, {one.spelled}]", f"{{{key.value}: {one.value}}}", False
        )

    def _name(self) -> str:
        name = self._names.pop()
        self.names.append(name)
        return name

    def _quoted(self, spelled: str, name: str) -> str:
        """As an annotation of this class's module, in quotes if the class itself is meant."""
        return spelled if self.future or f"§{name}§" not in spelled else repr(spelled)

    def _small(self) -> None:
        name = self._name()
        one = self.form(1)
        if one.spelled == "None":
            one = SCALARS[0]
        kind = self._random.randrange(4)
        if kind == 0:
            one = self._random.choice(SCALARS[:9])
            self._blocks.append(f'{name} = NewType("{name}", {one.spelled})')
            self.forms.append(Form(f"§{name}§", f"§{name}§({one.value})", one.key))
        elif kind == 1 and self._newer:
            self._blocks.append(f"type {name} = {one.spelled}")
            self.forms.append(Form(f"§{name}§", one.value, one.key, one.constant))
        elif kind == 2:
            self._blocks.append(
                f"class {name}(NamedTuple):\n    one: {one.spelled}\n    other: int = 0"
            )
            self.forms.append(Form(f"§{name}§", f"§{name}§({one.value})", one.key))
        else:
            how = self._random.choice(("", ": typing.TypeAlias"))
            self._blocks.append(f"{name}{how} = {one.spelled}")
            self.forms.append(Form(f"§{name}§", one.value, one.key, one.constant))

    def _enum(self) -> None:
        name = self._name()
        base, one = self._random.choice(
            (
                ("enum.Enum", '"a"'),
                ("enum.Enum", "(1, 2)"),
                ("enum.Enum", "enum.auto()"),
                ("enum.StrEnum", "enum.auto()"),
                ("enum.IntEnum", "1 << 3"),
                ("enum.IntFlag", "enum.auto()"),
                ("enum.Flag", "1"),
                ("str, enum.Enum", '"x"'),
            )
        )
        member = self._random.choice(("ONE", "id", "type", "_odd", "É"))
        doc = self._random.choice(("", '    """One of {{ it }}."""\n\n'))
        self._blocks.append(f"class {name}({base}):\n{doc}    {member} = {one}")
        whole = f"§{name}§.{member}"
        self.forms.append(Form(f"§{name}§", whole, True, whole))

    def _fields(self, name: str) -> list[tuple[str, Form]]:
        """Some fields; the last of them may be of the class itself."""
        names = self._random.sample(_FIELDS, self._random.randrange(1, 4))
        fields = [(each, self.form(1)) for each in names]
        if self._random.random() < 0.3:
            own = self._random.choice(
                (f"§{name}§ | None", f"Optional[§{name}§]", f"tuple[§{name}§, ...]")
            )
            fields.append(("next", Form(own, "()" if "..." in own else "None", True)))
        return fields

    def _record(self) -> None:
        name = self._name()
        fields = self._fields(name)
        style = self._random.choice(RECORDS)
        lines = [f"    {each}: {self._quoted(one.spelled, name)}" for each, one in fields]
        if style.more and self._random.random() < 0.5:
            lines.append(f"    last: int{style.more}")
        doc = self._random.choice(("", '    """What {% it %} is."""\n\n'))
        self._blocks.append(style.head.format(name) + "\n" + doc + "\n".join(lines))
        key = style.frozen and all(one.key for _, one in fields)
        hashed = (style.frozen or style.hashed) and all(one.held for _, one in fields)
        value = style.made(f"§{name}§", fields)
        self.forms.append(Form(f"§{name}§", value, key, hashed=hashed))

    def _generic_record(self) -> None:
        name = self._name()
        style = self._random.choice(GENERICS)
        # msgspec finds no type parameter in a text: such a Struct is refused.
        never = self.future and "Struct" in style.head
        old = never or not self._newer or self._random.random() < 0.5
        head = style.head.format(name if old else f"{name}[V]", "Generic[T]" if old else "")
        head = head.replace(", )", ")").replace("()", "").replace(", ,", ",")
        variable = "T" if old else "V"
        fields = f"    held: {variable}\n    more: tuple[{variable}, ...]{style.more}"
        self._blocks.append(f"{head}\n{fields}")

        def of(one: Form) -> Form:
            whole = f"§{name}§[{one.spelled}]"
            fields = [("held", one), ("more", Form("tuple[T, ...]", "()"))]
            # Of a model each of these is another class, and all of them are one type.
            ways = (whole, f"§{name}§", f'§{name}§[Annotated[{one.spelled}, "otherwise"]]')
            made = style.made(
                self._random.choice(ways) if style.by == "names" else f"§{name}§", fields
            )
            return Form(whole, made, style.frozen and one.key)

        self._generic.append(of)
        if self._random.random() < 0.4 and "NamedTuple" not in head:
            one = self.form(1)
            self._below(of(one), one, style)

    def _below(self, base: Form, one: Form, style: Style) -> None:
        """A class that says what the generic one is of."""
        name = self._name()
        decorator = "".join(re.findall(r"^@.*\n", style.head, flags=re.MULTILINE))
        more = "int = 0" if style.more else "NotRequired[int]"
        frozen = ", frozen=True" if ", frozen=True" in style.head else ""
        head = f"{decorator}class {name}({base.spelled}{frozen}):"
        self._blocks.append(f"{head}\n    still: {more}")
        value = style.made(f"§{name}§", [("held", one), ("more", Form("tuple[T, ...]", "()"))])
        self.forms.append(Form(f"§{name}§", value, base.key))
