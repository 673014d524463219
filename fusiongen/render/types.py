"""Types and expressions as text, in the spelling of one scope."""

from __future__ import annotations

from ..contract import (
    Annotated,
    Dots,
    Expression,
    Literals,
    Named,
    Nothing,
    Parameter,
    Ref,
    Type,
    Union,
)
from .layout import Doc, Group, Joined, Operators, call_of
from .names import Names

__all__ = ["annotation_of", "expression_of", "parameter_of", "type_of"]


def type_of(type_: Type, names: Names) -> Doc:
    """The type as the codecs need it: metadata included."""
    match type_:
        case Annotated(base=base, metadata=metadata):
            items = (type_of(base, names), *(expression_of(each, names) for each in metadata))
            return _subscript(names.use(Ref(module="typing", name="Annotated")), items)
        case Named(ref=ref, quoted=True):
            alias = names.own("fusionrt.abi", "QuotedAlias")
            mark = call_of(alias, (f'"{ref.module}"', f'"{ref.name}"'))
            annotated = names.use(Ref(module="typing", name="Annotated"))
            return _subscript(annotated, (names.use(ref), mark))
        case Named(ref=ref, arguments=arguments) if arguments is not None:
            items = tuple(type_of(each, names) for each in arguments)
            return _subscript(names.use(ref), items or ("()",))
        case Named(ref=ref):
            return names.use(ref)
        case Union(members=members):
            return Operators("|", tuple(type_of(each, names) for each in members))
        case Literals(values=values):
            items = tuple(expression_of(each, names) for each in values)
            return _subscript(names.use(Ref(module="typing", name="Literal")), items)
        case Nothing():
            return "None"
        case Dots():
            return "..."


def annotation_of(type_: Type, names: Names) -> Doc:
    """The type as a signature shows it: without metadata."""
    return type_of(_bare(type_), names)


def parameter_of(parameter: Parameter, names: Names) -> Doc:
    """The type of a parameter as a signature shows it: of a stream, not only that of its items."""
    type_ = annotation_of(parameter.type, names)
    if parameter.streamed is None:
        return type_
    return _subscript(names.own("collections.abc", parameter.streamed.value), (type_,))


def expression_of(expression: Expression, names: Names, *, runtime: bool = False) -> str:
    """A default or a piece of metadata."""
    return "".join(
        names.use(part, runtime=runtime) if isinstance(part, Ref) else part
        for part in expression.parts
    )


def _subscript(name: str, items: tuple[Doc, ...]) -> Doc:
    return Joined((name, Group("[", items, "]", comma=len(items) > 1)))


def _bare(type_: Type) -> Type:
    match type_:
        case Annotated(base=base):
            return _bare(base)
        case Union(members=members):
            return Union(members=tuple(map(_bare, members)))
        case Named(ref=ref, arguments=arguments):
            inner = tuple(map(_bare, arguments)) if arguments else arguments
            return Named(ref=ref, arguments=inner)
    return type_
