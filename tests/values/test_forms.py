"""Forms beyond scalars and records: aliases that name themselves, texts, containers, UNSET."""

from __future__ import annotations

import sys
from collections import Counter, UserList, deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from io import BytesIO
from ipaddress import IPv4Address, IPv4Interface
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath
from types import MappingProxyType
from typing import Annotated, Any, Union
from zoneinfo import ZoneInfo

import msgspec
import pytest
import typing_extensions as te
from msgspec import UNSET, UnsetType
from pydantic import AnyUrl, BaseModel, EmailStr, HttpUrl, Json, JsonValue, SecretStr

from fusionrt.errors import ArgumentError, UnsupportedType, WireError
from fusionrt.values.aliases import QuotedAlias
from fusionrt.values.codecs import codec
from fusionrt.values.keys import Keyer

Tree = te.TypeAliasType("Tree", "int | list[Tree]")
Keys = te.TypeAliasType("Keys", "str | tuple[Keys, ...]")
Deep = te.TypeAliasType("Deep", "Decimal | int | list[Deep] | dict[str, Deep] | None")
Endless = te.TypeAliasType("Endless", "int | Endless")  # type: ignore[misc]
Missing = te.TypeAliasType("Missing", "int | list[Nowhere]")  # type: ignore[name-defined]  # noqa: F821
Quoted: te.TypeAlias = "str | list[Quoted]"
Left = Union[int, "tuple[Right, ...]"]
Right = Union[str, "tuple[Left, ...]"]
QUOTED: Any = Annotated[Any, QuotedAlias(__name__, "Quoted")]
LEFT: Any = Annotated[Any, QuotedAlias(__name__, "Left")]


class Patch(msgspec.Struct, frozen=True):
    name: str | UnsetType = UNSET
    size: float | UnsetType | None = UNSET


class Places(msgspec.Struct, array_like=True):
    name: str | UnsetType = UNSET


@dataclass(frozen=True)
class Where:
    path: PurePath
    names: Sequence[str] = ()


def _keyer(tp: Any) -> Keyer:
    return Keyer("lot.get", ("value",), (tp,))


def _key(tp: Any, value: object) -> object:
    keyer = _keyer(tp)
    return keyer.key(keyer.normalize((value,)))


def _read(tp: Any, wire: object) -> Any:
    return codec(tp).decode(msgspec.msgpack.encode(wire))


@pytest.mark.parametrize("tp", [JsonValue, Tree, QUOTED])
def test_C3_a_recursive_alias_travels_as_what_it_holds(tp: Any) -> None:
    """Not as a tree of indexes: a reader in another language sees plain JSON."""
    value = ["a", ["b"]] if tp is QUOTED else [1, [2, [3]]]
    assert msgspec.msgpack.decode(codec(tp).encode(value)) == value
    assert codec(tp).decode_json(codec(tp).encode_json(value)) == value


@pytest.mark.parametrize("wire", [b"x", datetime(2024, 1, 1, tzinfo=UTC), {1: 2}, [{"a": b"x"}]])
def test_D21_what_is_no_json_is_refused_where_json_is_declared(wire: object) -> None:
    """Bytes, instants and keys that are no text, at any depth."""
    with pytest.raises(WireError):
        _read(JsonValue, wire)


def test_D21_json_that_nests_too_deeply_is_refused() -> None:
    """A hostile message ends in an error, not in the end of the process."""
    depth = sys.getrecursionlimit() * 20
    with pytest.raises(WireError):
        codec(JsonValue).decode(b"\x91" * depth + b"\xc0")


def test_C3_a_long_json_is_walked_once() -> None:
    """To find the member of a union at each level, nothing below it is looked at."""
    value: Any = None
    for _ in range(100):
        value = {"a": value, "b": [1]}
    for tp in (JsonValue, Deep):
        assert _calls(lambda tp=tp: codec(tp).encode(value)) < 20_000


def _calls(run: Any) -> int:
    count = 0

    def seen(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += event == "call"

    sys.setprofile(seen)
    try:
        run()
    finally:
        sys.setprofile(None)
    return count


def test_C3_json_beside_another_type_is_told_by_an_index() -> None:
    """An alias that names itself is one member, whatever it stands for."""
    both = codec(JsonValue | Decimal)
    assert msgspec.msgpack.decode(both.encode(Decimal(1))) == [0, "1"]
    assert both.decode(both.encode({"a": [1]})) == {"a": [1]}


@pytest.mark.parametrize("value", [None, [None], {"a": None}])
def test_C3_json_may_be_none_once(value: object) -> None:
    """`JsonValue | None` is `JsonValue`."""
    assert codec(JsonValue | None).encode(value) == msgspec.msgpack.encode(value)


def test_C3_aliases_may_name_each_other() -> None:
    """In quotes, too; and they can be keys."""
    value = ("a", (1, ("b",)))
    assert codec(LEFT).decode(codec(LEFT).encode(value)) == value
    assert _key(LEFT, value) == _key(LEFT, codec(LEFT).decode(codec(LEFT).encode(value)))


def test_G32_a_recursive_alias_of_tuples_is_a_key() -> None:
    """And one of lists is none."""
    value = ("a", ("b", ()))
    assert _key(Keys, value) == _key(Keys, codec(Keys).decode(codec(Keys).encode(value)))
    with pytest.raises(UnsupportedType, match="can change"):
        _keyer(Tree)


@pytest.mark.parametrize(("tp", "text"), [(Endless, "stands for itself"), (Missing, "Nowhere")])
def test_C3_an_alias_that_means_nothing_is_refused(tp: Any, text: str) -> None:
    """It names only itself, or what is not there."""
    with pytest.raises(UnsupportedType, match=text):
        codec(tp)


def test_C3_a_path_travels_with_slashes() -> None:
    """Whatever system reads it."""
    assert codec(PureWindowsPath).encode(PureWindowsPath(r"a\b")) == codec(str).encode("a/b")
    assert _read(PureWindowsPath, "a/b") == PureWindowsPath(r"a\b")


@pytest.mark.parametrize(
    ("tp", "given", "same"),
    [
        (PurePath, Path("a/b"), PurePosixPath("a/b")),
        (IPv4Address, IPv4Interface("10.0.0.1/8"), IPv4Address("10.0.0.1")),
        (ZoneInfo, ZoneInfo.no_cache("Europe/Berlin"), ZoneInfo("Europe/Berlin")),
        (AnyUrl, HttpUrl("http://a.b/c"), AnyUrl("http://a.b/c")),
        (Where, Where(Path("a"), ["b"]), Where(PurePosixPath("a"), ("b",))),
    ],
)
def test_G32_what_passes_for_a_text_names_the_same_result(
    tp: Any, given: object, same: object
) -> None:
    """An instance of a subclass, or one that does not equal the other, arrives as the same."""
    keyer = _keyer(tp)
    assert _key(tp, given) == _key(tp, same) == _key(tp, codec(tp).decode(codec(tp).encode(given)))
    assert type(keyer.normalize((given,))[0]) is type(keyer.normalize((same,))[0])


@pytest.mark.parametrize(
    ("tp", "wire"),
    [(IPv4Address, "10.0.0.256"), (ZoneInfo, "No/Where"), (ZoneInfo, "../etc"), (HttpUrl, "a b")],
)
def test_D21_a_text_that_is_none_is_refused(tp: Any, wire: str) -> None:
    """An error for the sender."""
    with pytest.raises(WireError):
        _read(tp, wire)


def test_C3_a_zone_without_a_name_does_not_travel() -> None:
    """Its rules are known to this process only."""
    zone = ZoneInfo.from_file(BytesIO(_UTC))
    with pytest.raises(ValueError, match="no name"):
        codec(ZoneInfo).encode(zone)
    with pytest.raises(ArgumentError, match="no name"):
        _key(ZoneInfo, zone)


_RULES = b"TZif2" + b"\0" * 34 + b"\1\0\0\0\4" + b"\0\0\0\0\0\0UTC\0"
_UTC = _RULES + _RULES + b"\nUTC0\n"


def test_C3_a_secret_is_not_masked() -> None:
    """And stays hidden in what is printed."""
    arrived = codec(SecretStr).decode(codec(SecretStr).encode(SecretStr("a")))
    assert arrived.get_secret_value() == "a" and "a" not in repr(arrived)


def test_D21_a_mail_address_is_validated() -> None:
    """On arrival, and as an argument."""
    assert _read(EmailStr, "a@example.org") == "a@example.org"
    with pytest.raises(WireError):
        _read(EmailStr, "nobody")
    with pytest.raises(ArgumentError):
        _key(EmailStr, "nobody")


@pytest.mark.parametrize(
    ("tp", "given", "arrives", "named"),
    [
        (Sequence[int], range(2), [0, 1], (0, 1)),
        (Sequence[int], deque([1]), [1], (1,)),
        (Sequence[float], UserList([1]), [1.0], (1.0,)),
        (Sequence[int] | str, deque([1]), [1], (1,)),
        (Collection[str], {"a": 1}.keys(), ["a"], ("a",)),
        (Collection[int], {1: 2}.values(), [2], (2,)),
        (Iterable[Path] | None, (Path("a"),), [Path("a")], (Path("a"),)),
        (AbstractSet[int], {2: 1}.keys(), {2}, frozenset({2})),
        (AbstractSet[int] | Sequence[int], frozenset({2}), {2}, frozenset({2})),
    ],
)
def test_C3_what_passes_for_a_container_travels(
    tp: Any, given: Any, arrives: object, named: object
) -> None:
    """Whatever a type checker takes; in a key it is a tuple or a frozenset."""
    arrived = codec(tp).decode(codec(tp).encode(given))
    assert (type(arrived), arrived) == (type(arrives), arrives)
    keyer = _keyer(tp)
    assert keyer.normalize((given,)) == keyer.normalize((arrived,)) == (named,)


@pytest.mark.parametrize("given", [MappingProxyType({"a": 1}), Counter("a")])
def test_C3_what_passes_for_a_mapping_travels(given: Any) -> None:
    """As a dict."""
    arrived = codec(Mapping[str, int]).decode(codec(Mapping[str, int]).encode(given))
    assert type(arrived) is dict and arrived == {"a": 1}


def test_C3_what_can_be_read_once_is_read_once() -> None:
    """On its way to the wire, and to a key; in a union with another type as well."""
    for tp in (Iterable[int], Iterable[int] | None, Iterable[int] | str):
        assert codec(tp).decode(codec(tp).encode(iter([1, 2]))) == [1, 2]
        assert _keyer(tp).normalize((iter([1, 2]),)) == ((1, 2),)


def test_G32_equal_sets_name_one_result_where_an_order_is_declared() -> None:
    """Python iterates equal sets in different orders."""
    one, other = {8, 0}, {0, 8}
    assert list(one) != list(other)
    assert _key(Collection[int], one) == _key(Collection[int], other) == (0, 8)


@pytest.mark.parametrize("tp", [Sequence[str], Iterable[str], Collection[str]])
def test_C3_a_text_is_no_sequence_of_texts(tp: Any) -> None:
    """It is refused as argument, and by the host."""
    with pytest.raises(ArgumentError):
        _key(tp, "abc")
    with pytest.raises(WireError):
        codec(tp).decode(codec(tp).encode("abc"))


@pytest.mark.parametrize("patch", [Patch(), Patch(size=None), Patch(name="a", size=1)])
def test_C3_what_is_unset_stays_unset(patch: Patch) -> None:
    """And is another argument than None."""
    arrived = codec(Patch).decode(codec(Patch).encode(patch))
    assert arrived == patch
    assert _key(Patch, patch) == _key(Patch, arrived)
    assert (_key(Patch, patch) == _key(Patch, Patch())) == (patch == Patch())


def test_C3_no_place_of_an_array_is_unset() -> None:
    """msgspec cannot leave it out."""
    with pytest.raises(UnsupportedType, match="array_like"):
        codec(Places)


def test_C3_json_text_travels_within_models_only() -> None:
    """Elsewhere pydantic would read JSON once more from what it read."""

    class Holder(BaseModel):
        numbers: Json[list[int]]

    held = Holder.model_validate({"numbers": "[1]"})
    assert codec(Holder).decode(codec(Holder).encode(held)) == held
    with pytest.raises(UnsupportedType, match="outside of a model"):
        codec(Json[list[int]])
