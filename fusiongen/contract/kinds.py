"""What sort of type a definition makes."""

from __future__ import annotations

from enum import Enum

__all__ = ["FREEZABLE", "RECORDS", "Kind"]


class Kind(Enum):
    """What sort of type a definition makes."""

    DATACLASS = "dataclass"
    ATTRS = "attrs"
    STRUCT = "struct"
    MODEL = "model"
    NAMED_TUPLE = "named-tuple"
    TYPED_DICT = "typed-dict"
    ENUM = "enum"
    NEWTYPE = "newtype"
    ALIAS = "alias"
    EXCEPTION = "exception"
    PROTOCOL = "protocol"
    PLAIN = "plain"
    """A class of no known family: it has no wire form."""
    VARIABLE = "variable"
    """A type variable."""
    UNKNOWN = "unknown"
    """Its family is decided outside of the source roots, or in no way that text shows."""

    @property
    def noun(self) -> str:
        """What a sentence calls such a type."""
        return _NOUNS[self]

    def without_wire_form(self, name: str) -> str | None:
        """Why such a type cannot travel, or `None`."""
        match self:
            case Kind.PLAIN:
                return f"`{name}` is no dataclass, attrs class, model, Struct or enum"
            case Kind.EXCEPTION:
                return f"`{name}` is an exception; list it in `raises` of `@service`"
            case Kind.PROTOCOL:
                return f"`{name}` is a Protocol"
            case Kind.VARIABLE:
                return f"`{name}` is a type variable"
        return None


_NOUNS = {
    Kind.DATACLASS: "a dataclass",
    Kind.ATTRS: "an attrs class",
    Kind.STRUCT: "a Struct",
    Kind.MODEL: "a pydantic model",
    Kind.NAMED_TUPLE: "a NamedTuple",
    Kind.TYPED_DICT: "a TypedDict",
    Kind.ENUM: "an enum",
    Kind.NEWTYPE: "a NewType",
    Kind.ALIAS: "an alias",
    Kind.EXCEPTION: "an exception",
    Kind.PROTOCOL: "a Protocol",
    Kind.PLAIN: "a plain class",
    Kind.VARIABLE: "a type variable",
    Kind.UNKNOWN: "a type of no known sort",
}
FREEZABLE = frozenset((Kind.ATTRS, Kind.DATACLASS, Kind.MODEL, Kind.STRUCT))
"""Sorts of which a class says whether it is frozen."""
RECORDS = frozenset(
    (Kind.ATTRS, Kind.DATACLASS, Kind.NAMED_TUPLE, Kind.STRUCT, Kind.TYPED_DICT),
)
"""Sorts whose fields travel as themselves; those of a model travel as pydantic says."""
