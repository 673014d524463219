"""Line breaking that formatters leave alone.

What does not fit is exploded, one item a line, with the trailing comma that keeps it so at every
width.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

__all__ = [
    "WIDTH",
    "Doc",
    "Group",
    "Joined",
    "Operators",
    "call_of",
    "flat",
    "lay_out",
    "tuple_of",
]

WIDTH = 88
"""The narrowest width that formatters use by default."""

_STEP = 4


@dataclass(frozen=True, slots=True)
class Group:
    """Items between brackets.

    comma: whether a trailing comma keeps the meaning: not so in a subscript with one item.
    single: whether one item keeps a comma even on one line: so in a tuple.
    """

    opening: str
    items: tuple[Doc, ...]
    closing: str
    comma: bool = True
    single: bool = False


@dataclass(frozen=True, slots=True)
class Joined:
    """Parts side by side: `name: `, a type, ` = 20`. The last group in it breaks."""

    parts: tuple[Doc, ...]


@dataclass(frozen=True, slots=True)
class Operators:
    """Operands with one operator between them; breaks before the operator."""

    operator: str
    operands: tuple[Doc, ...]


Doc = str | Group | Joined | Operators


def call_of(function: str, items: Iterable[Doc]) -> Doc:
    """A call with these arguments."""
    return Joined((function, Group("(", tuple(items), ")")))


def tuple_of(items: Iterable[Doc]) -> Doc:
    """A tuple of these items."""
    return Group("(", tuple(items), ")", single=True)


def flat(doc: Doc) -> str:
    """The text on one line."""
    match doc:
        case str():
            return doc
        case Group(opening, items, closing, single=single):
            comma = "," if single and len(items) == 1 else ""
            return f"{opening}{', '.join(map(flat, items))}{comma}{closing}"
        case Joined(parts):
            return "".join(map(flat, parts))
        case Operators(operator, operands):
            return f" {operator} ".join(map(flat, operands))


def lay_out(doc: Doc, indent: int, before: int = 0, after: int = 0) -> str:
    """The text, broken where a line would be longer than `WIDTH`.

    indent: the column at which broken-off items' closing bracket stands.
    before, after: what else stands on the first and on the last line, besides the indent.
    """
    text = flat(doc)
    if indent + before + len(text) + after <= WIDTH:
        return text
    match doc:
        case Group(opening, items, closing, comma) if items:
            inner = indent + _STEP
            lines = [lay_out(item, inner, after=1) for item in items]
            ending = "," if comma or len(items) > 1 else ""
            body = f",\n{' ' * inner}".join(lines)
            return f"{opening}\n{' ' * inner}{body}{ending}\n{' ' * indent}{closing}"
        case Joined(parts):
            return _joined(parts, indent, before, after)
        case Operators(operator, operands):
            last = len(operands) - 1
            sign = len(operator) + 1
            lines = [
                lay_out(each, indent, sign if index else before, after if index == last else 0)
                for index, each in enumerate(operands)
            ]
            return f"\n{' ' * indent}{operator} ".join(lines)
    return text


def _joined(parts: tuple[Doc, ...], indent: int, before: int, after: int) -> str:
    breaking = [index for index, part in enumerate(parts) if not isinstance(part, str)]
    if not breaking:
        return "".join(map(flat, parts))
    index = breaking[-1]
    head = "".join(map(flat, parts[:index]))
    tail = "".join(map(flat, parts[index + 1 :]))
    return head + lay_out(parts[index], indent, before + len(head), after + len(tail)) + tail
