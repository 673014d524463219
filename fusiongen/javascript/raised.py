"""The errors that contracts declare, as classes of JavaScript."""

from __future__ import annotations

from dataclasses import dataclass

from ..show.description import TypeDescription
from .names import property_name
from .types import Types

__all__ = ["Raised", "raised_by"]


@dataclass(frozen=True, slots=True)
class Raised:
    """One error. fields: name, codec and TypeScript of each that has a type."""

    name: str
    doc: str | None
    fields: tuple[tuple[str, str, str], ...]


def raised_by(name: str, known: TypeDescription | None, types: Types) -> Raised:
    """An error; one that the project does not define has no fields with types.

    Raises:
        Unsupported: a field has no form in JavaScript.
    """
    fields = []
    for each in known.fields if known is not None else ():
        if each.type and not each.attribute:
            shown = types.of(each.type)
            fields.append((property_name(each.name), shown.codec, shown.script))
    return Raised(name, None if known is None else known.doc, tuple(fields))
