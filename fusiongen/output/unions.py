"""Unions in the order in which their members travel.

A union of types that look alike travels as the index of the member, and the runtime numbers the
members by how each is spelled in its own process (`fusionrt.values.shapes.spell`), whatever they
are called where the union stands. What is spelled otherwise in the next version may have another
number there: the lock holds the order, so that a comparison need not guess it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from ..contract import Annotated, Dots, Expression, Kind, Literals, Named, Nothing, Ref, Type, Union
from ..reader.structures import Structures

__all__ = ["Unions"]

_Seen = frozenset[Ref]
_NONE: _Seen = frozenset()


class Unions:
    """Orders the members of unions."""

    def __init__(self, structures: Structures) -> None:
        self._structures = structures

    def members(self, union: Union) -> tuple[Type, ...]:
        """Each member once, those of aliases in their places; `None`, which has no number, last."""
        found: dict[tuple[str, str], Type] = {}
        for member in self._flat(union, _NONE):
            found.setdefault(self._order(member), member)
        none = found.pop(("None", "None"), None)
        return (*(found[key] for key in sorted(found)), *([none] if none is not None else ()))

    def _flat(self, type_: Type, seen: _Seen) -> Iterator[Type]:
        opened, seen = self._opened(type_, seen, newtypes=False)
        if isinstance(opened, Union):
            for member in opened.members:
                yield from self._flat(member, seen)
        else:
            yield type_

    def _opened(self, type_: Type, seen: _Seen, *, newtypes: bool) -> tuple[Type, _Seen]:
        """The type behind aliases, what is only said of it, and NewTypes if asked."""
        while True:
            match type_:
                case Annotated(base=base, metadata=metadata) if all(map(_is_text, metadata)):
                    type_ = base
                case Named(ref=ref, arguments=None):
                    structure = self._structures.of(ref)
                    kinds = (Kind.ALIAS, Kind.NEWTYPE) if newtypes else (Kind.ALIAS,)
                    if structure is None or structure.kind not in kinds or structure.ref in seen:
                        return type_, seen
                    if structure.target is None:
                        return type_, seen
                    seen |= {structure.ref}
                    type_ = structure.target
                case _:
                    return type_, seen

    def _order(self, member: Type) -> tuple[str, str]:
        opened, seen = self._opened(member, _NONE, newtypes=True)
        if isinstance(opened, Named) and str(self._structures.origin(opened.ref)) == "object":
            return "Any", "typing.Any"
        return self._spell(opened, seen, False), self._spell(opened, seen, True)

    def _spell(self, type_: Type, seen: _Seen, qualified: bool) -> str:
        if not (isinstance(type_, Named) and self._structures.keeps_its_name(type_.ref)):
            type_, seen = self._opened(type_, seen, newtypes=False)
        match type_:
            case Nothing() | Dots():
                return str(type_)
            case Union():
                flat = (self._spell(each, seen, qualified) for each in self._flat(type_, seen))
                return " | ".join(sorted(set(flat), key=lambda text: (text == "None", text)))
            case Literals(values=values):
                return f"Literal[{', '.join(sorted(map(self._value, values)))}]"
            case Annotated(base=base):
                return self._spell(base, seen, qualified)
            case Named(ref=ref, arguments=arguments):
                name = _name(self._structures.origin(ref), qualified)
                return (
                    name
                    if arguments is None
                    else f"{name}[{self._list(arguments, seen, qualified)}]"
                )
        raise AssertionError(type_)

    def _list(self, arguments: Sequence[Type], seen: _Seen, qualified: bool) -> str:
        return ", ".join(self._spell(each, seen, qualified) for each in arguments) or "()"

    def _value(self, value: Expression) -> str:
        """How Python shows one value of a Literal."""
        match value.parts:
            case (Ref() as ref,):
                found = self._structures.enum_member(ref)
                if found is not None:
                    owner, member = found
                    return f"<{owner.ref.name.rpartition('.')[2]}.{member.name}: {member.value}>"
        try:
            return repr(ast.literal_eval(str(value)))
        except (ValueError, SyntaxError):
            return str(value)


def _is_text(mark: Expression) -> bool:
    """Whether a piece of metadata is a literal, of which nobody takes notice."""
    try:
        ast.literal_eval(str(mark))
    except (ValueError, SyntaxError):
        return False
    return True


def _name(ref: Ref, qualified: bool) -> str:
    return f"{ref.module}.{ref.name}" if qualified else ref.name
