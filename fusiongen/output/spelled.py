"""Types and expressions as the lock spells them: names as they are where they are defined, and
constants as their values."""

from __future__ import annotations

from ..contract import Annotated, Expression, Literals, Named, Ref, Type, Union, identity, remade
from ..reader.literals import normal
from ..reader.structures import Structures
from .unions import Unions

__all__ = ["Spelled"]


class Spelled:
    """Spells them.

    unions: of all that was spelled, those whose members travel in another order, in that order.
    """

    def __init__(self, structures: Structures) -> None:
        self._structures = structures
        self._order = Unions(structures)
        self.unions: dict[str, str] = {}

    def type(self, type_: Type) -> str:
        """A type."""
        return str(self._canonical(type_))

    def _canonical(self, type_: Type) -> Type:
        spelled = remade(type_, self._canonical)
        match spelled:
            case Named(ref=ref, arguments=arguments):
                origin = self._structures.origin(ref)
                return identity(origin) or Named(ref=origin, arguments=arguments)
            case Annotated(base=base, metadata=metadata):
                return Annotated(base=base, metadata=tuple(map(self._expression, metadata)))
            case Literals(values=values):
                return Literals(values=tuple(map(self._expression, values)))
            case Union() if isinstance(type_, Union):
                self._note(spelled, tuple(map(self._canonical, self._order.members(type_))))
        return spelled

    def _note(self, union: Union, members: tuple[Type, ...]) -> None:
        as_spelled, travelling = (
            normal(" | ".join(map(str, each))) for each in (union.members, members)
        )
        if as_spelled != travelling:
            self.unions[as_spelled] = travelling

    def _expression(self, expression: Expression) -> Expression:
        """The expression by what it comes down to; but the member of an enum by its name."""
        match expression.parts:
            case (Ref() as ref,) if (found := self._structures.enum_member(ref)) is not None:
                return Expression(parts=(f"{found[0].ref}.{found[1].name}",))
        named = self._named(expression)
        value = self._structures.values.of_expression(expression)
        return named if value == normal(str(named)) else Expression(parts=(value,))

    def _named(self, expression: Expression) -> Expression:
        return Expression(
            parts=tuple(
                self._structures.origin(part) if isinstance(part, Ref) else part
                for part in expression.parts
            )
        )

    def expression(self, expression: Expression) -> str:
        """An expression as it is written, not as what it comes down to."""
        return str(self._named(expression))
