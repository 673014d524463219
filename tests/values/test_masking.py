"""What texts show of values that hold secrets (D28)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Generic, NamedTuple, TypedDict, TypeVar

import attrs
import msgspec
import pydantic
import pytest
from pydantic import BaseModel, SecretBytes, SecretStr
from pydantic.dataclasses import dataclass as checked_dataclass

from fusionrt import ANY, Secret
from fusionrt.values.codecs import codec
from fusionrt.values.masking import MASK, text_without_secrets

T = TypeVar("T")
WORD = "hunter2"


@dataclass(frozen=True)
class Login:
    name: str
    password: Annotated[str, Secret]
    next: Login | None = None


@dataclass(frozen=True)
class Page(Generic[T]):
    items: tuple[T, ...]


@attrs.frozen
class Private:
    _word: Annotated[str, Secret]


class Entry(msgspec.Struct, frozen=True):
    word: Annotated[str, Secret]
    pin: Annotated[int, msgspec.Meta(ge=0), Secret] = 777_777
    next: Entry | None = None


class Named(NamedTuple):
    name: str
    word: Annotated[str, Secret]


class Table(TypedDict):
    word: Annotated[str, Secret]


class Token(BaseModel):
    word: SecretStr


class Tree(Token):
    number: int = 1
    below: list[Tree] = []
    named: dict[str, Tree] | None = None


class Odd(BaseModel):
    one: pydantic.Secret[str]
    many: list[pydantic.Secret[str]] = []
    marked: Annotated[str | None, Secret] = WORD
    login: Login | None = None


class Of(BaseModel, Generic[T]):
    value: T


@checked_dataclass
class Checked:
    word: Annotated[str, Secret]
    other: SecretStr


class Root(pydantic.RootModel[SecretStr]):
    pass


LOGIN = Login("ann", WORD, Login("bob", WORD))
TREE = Tree(word=SecretStr(WORD), below=[Tree(word=SecretStr(WORD))])
HIDDEN = f'"{MASK}"'

CASES: list[tuple[Any, Any, str]] = [
    (Annotated[str, Secret], WORD, HIDDEN),
    (Annotated[str, Secret()], WORD, HIDDEN),
    (Annotated[bytes, Secret], WORD.encode(), HIDDEN),
    (Annotated[str | None, Secret], None, HIDDEN),
    (Annotated[tuple[str, ...], Secret], (WORD,), HIDDEN),
    (Annotated[Login, Secret], LOGIN, HIDDEN),
    (SecretStr, SecretStr(WORD), HIDDEN),
    (SecretBytes, SecretBytes(WORD.encode()), HIDDEN),
    (SecretStr | None, None, "null"),
    (Annotated[str, Secret] | None, WORD, HIDDEN),
    (Annotated[str, Secret] | int, WORD, f"[1,{HIDDEN}]"),
    (Annotated[str, Secret] | int, 3, "[0,3]"),
    (str | Annotated[str, Secret], WORD, HIDDEN),
    (Annotated[str | None, Secret] | int, WORD, f"[2,{HIDDEN}]"),
    (tuple[str, Annotated[str, Secret]], ("a", WORD), f'["a",{HIDDEN}]'),
    (dict[str, SecretStr], {"a": SecretStr(WORD)}, f'{{"a":{HIDDEN}}}'),
    (dict[Annotated[str, Secret], int], {WORD: 1}, f"[[{HIDDEN},1]]"),
    (
        Login | Token | None,
        LOGIN,
        f'[0,{{"name":"ann","password":{HIDDEN},"next":'
        f'{{"name":"bob","password":{HIDDEN},"next":null}}}}]',
    ),
    (Page[Annotated[str, Secret]], Page((WORD,)), f'{{"items":[{HIDDEN}]}}'),
    (Private, Private(WORD), f'{{"_word":{HIDDEN}}}'),
    (Entry, Entry(WORD), f'{{"word":{HIDDEN},"pin":{HIDDEN},"next":null}}'),
    (Named, Named("a", WORD), f'["a",{HIDDEN}]'),
    (Table, {"word": WORD}, f'{{"word":{HIDDEN}}}'),
    (
        Tree,
        TREE,
        f'{{"word":{HIDDEN},"number":1,"below":'
        f'[{{"word":{HIDDEN},"number":1,"below":[],"named":null}}],"named":null}}',
    ),
    (
        Odd,
        Odd(one=pydantic.Secret(WORD), many=[pydantic.Secret(WORD)], login=Login("a", WORD)),
        f'{{"one":{HIDDEN},"many":{HIDDEN},"marked":{HIDDEN},'
        f'"login":{{"name":"a","password":{HIDDEN},"next":null}}}}',
    ),
    (Of[SecretStr], Of[SecretStr](value=SecretStr(WORD)), f'{{"value":{HIDDEN}}}'),
    (Of[Annotated[str, Secret]], Of[Annotated[str, Secret]](value=WORD), f'{{"value":{HIDDEN}}}'),
    (Checked, Checked(WORD, SecretStr(WORD)), f'{{"word":{HIDDEN},"other":{HIDDEN}}}'),
    (Root, Root(SecretStr(WORD)), f'{{"root":{HIDDEN}}}'),
]


@pytest.mark.parametrize(("tp", "value", "shown"), CASES)
def test_D28_what_is_secret_is_masked_in_texts_and_travels_as_it_is(
    tp: Any, value: Any, shown: str
) -> None:
    """However deep it lies, and whatever marks it; what is beside it is shown."""
    text = text_without_secrets(tp)
    assert text is not None
    assert text(value) == codec(tp).encode_shown(value).decode() == shown
    assert WORD not in shown
    data = codec(tp).encode(value)
    assert codec(tp).decode(data) == value
    assert (value is None or value == 3) is not (WORD.encode() in data)


@pytest.mark.parametrize("tp", [str, tuple[str, ...], Of[int], Page[str]])
def test_D28_what_holds_no_secret_keeps_its_repr(tp: Any) -> None:
    """And its codec says what is wrong with a value."""
    assert text_without_secrets(tp) is None
    assert not codec(tp).hides


def test_D28_what_is_no_value_of_the_type_is_masked_too() -> None:
    """A key may be wrong; `ANY` is itself."""
    text = text_without_secrets(Login)
    assert text is not None
    assert WORD not in text(WORD) and WORD not in text((WORD, WORD))
    assert text(ANY) == "ANY"
    pin = text_without_secrets(Annotated[str, Secret])
    assert pin is not None and pin(Login("a", WORD)) == MASK


def test_D28_to_mark_a_secret_changes_nothing_that_travels() -> None:
    """Members of a union keep their order."""
    plain, marked = codec(int | str), codec(int | Annotated[str, Secret])
    assert plain.encode(WORD) == marked.encode(WORD)
