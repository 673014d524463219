"""Forms of types with a value of each, and how records of a field each are written."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["GENERICS", "RECORDS", "Form", "Style"]


@dataclass(frozen=True)
class Form:
    """A type as it is spelled, a value of it, and whether it can be an argument of a compute
    method. A name that the module of kinds defines stands between `§`: `tuple[§Cart§, ...]`.

    constant: a default of it that a signature can have, if there is one.
    hashed: it is hashable, though it may be no such argument.
    """

    spelled: str
    value: str
    key: bool = True
    constant: str | None = None
    hashed: bool = False

    @property
    def held(self) -> bool:
        """Whether it can be a member of a set or a key of a dict."""
        return self.key or self.hashed


@dataclass(frozen=True)
class Style:
    """How a record is written. head: its first lines. by: `positions`, `names` or `dict`: how a
    value is made. more: the default of one more field. hashed: instances are hashable, if their
    fields are."""

    head: str
    frozen: bool
    by: str
    more: str = " = 3"
    hashed: bool = False

    def made(self, callee: str, fields: list[tuple[str, Form]]) -> str:
        """A value, as an expression."""
        if self.by == "dict":
            return "{" + ", ".join(f'"{name}": {one.value}' for name, one in fields) + "}"
        named = self.by == "names"
        given = (f"{name}={one.value}" if named else one.value for name, one in fields)
        return f"{callee}({', '.join(given)})"


_LOOSE = "arbitrary_types_allowed=True"
_CHECKED = f"@pydantic.dataclasses.dataclass(frozen=True, config=pydantic.ConfigDict({_LOOSE}))"
RECORDS = (
    Style("@dataclass\nclass {}:", False, "positions", " = field(default=3, repr=False)"),
    Style(
        "@dataclass(frozen=True)\nclass {}:", True, "positions", " = 3\n    N: ClassVar[int] = 4"
    ),
    Style("@dataclass(frozen=True, slots=True, kw_only=True)\nclass {}:", True, "names"),
    Style("class {}(msgspec.Struct):", False, "positions"),
    Style("class {}(msgspec.Struct, frozen=True, kw_only=True):", True, "names"),
    Style('class {}(msgspec.Struct, frozen=True, rename="camel"):', True, "positions"),
    Style(
        f"class {{}}(pydantic.BaseModel, {_LOOSE}):",
        False,
        "names",
        " = pydantic.Field(default=3)",
    ),
    Style(f"class {{}}(pydantic.BaseModel, frozen=True, {_LOOSE}):", True, "names"),
    Style("@attrs.frozen\nclass {}:", True, "positions", " = attrs.field(default=3)"),
    Style("@attrs.define\nclass {}:", False, "positions"),
    Style("@dataclass(unsafe_hash=True)\nclass {}:", False, "positions", hashed=True),
    Style("@attrs.define(unsafe_hash=True)\nclass {}:", False, "positions", hashed=True),
    Style("class {}(TypedDict):", False, "dict", ""),
    Style("class {}(TypedDict, total=False):", False, "dict", ""),
    Style(f"{_CHECKED}\nclass {{}}:", True, "positions"),
)
GENERICS = (
    Style("@dataclass(frozen=True)\nclass {}({}):", True, "positions", " = ()"),
    Style("@dataclass\nclass {}({}):", False, "positions", " = ()"),
    Style("class {}(msgspec.Struct, {}, frozen=True):", True, "positions", " = ()"),
    Style(f"class {{}}(pydantic.BaseModel, {{}}, frozen=True, {_LOOSE}):", True, "names", " = ()"),
    Style("class {}(TypedDict, {}):", False, "dict", ""),
    Style("class {}(NamedTuple, {}):", True, "positions", " = ()"),
    Style("@attrs.frozen\nclass {}({}):", True, "positions", " = ()"),
)
