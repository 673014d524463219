"""The bases of a class, and what it has from one that has type parameters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import libcst as cst

from ..contract import Kind, Named, Ref, Type, filled, parts
from ..errors import Violation
from .annotations import Annotations
from .modules import Module
from .parameters import declared_variables
from .shapes import Field, Structure
from .standard import standard

__all__ = ["Base", "bases_of"]


@dataclass(frozen=True, slots=True)
class Base:
    """One base. arguments: its type arguments, `None` without any."""

    ref: Ref
    arguments: tuple[Type, ...] | None = None

    def filled(self, structure: Structure | None) -> Structure | None:
        """The base as the class below has it: with its arguments for its type parameters."""
        if structure is None or not structure.parameters:
            return structure
        given = dict(zip(structure.parameters, self.arguments or (), strict=False))
        return replace(
            structure,
            fields=tuple(_filled(each, structure, given) for each in structure.fields),
            properties=tuple(_filled(each, structure, given) for each in structure.properties),
        )

    def flaw(self, structure: Structure | None) -> str | None:
        """Why nothing that derives from it can travel, or `None`."""
        if structure is None:
            return None
        if structure.kind is Kind.TYPED_DICT and structure.of_arguments and not self.arguments:
            return (
                f"derives from `{structure.ref.name}`, and what a base of that is of, Python 3.11 "
                "forgets: derive from that base, with its type arguments"
            )
        return structure.flaw


def _filled(field: Field, above: Structure, given: Mapping[str, Type]) -> Field:
    if field.type is None:
        return field
    named = (each.ref.name for each in parts(field.type) if isinstance(each, Named))
    names = {each.rpartition(".")[2] for each in named}
    if names.isdisjoint(above.parameters):
        return field
    type_, flaw = filled(field.type, given), field.flaw
    if not given.keys() >= names & set(above.parameters):
        flaw = f"`{above.ref.name}`, which has it, is a base that does not say of what"
    return replace(field, type=type_, text=str(type_), flaw=flaw)


def bases_of(module: Module, ref: Ref, node: cst.ClassDef) -> list[Base]:
    """The bases in full, through every alias, but for those that have no name."""
    annotations = Annotations(module, declared_variables(module, ref, node))
    return [
        base
        for argument in node.bases
        if not argument.star
        for base in _base(module, annotations, argument.value)
    ]


def _base(module: Module, annotations: Annotations, node: cst.BaseExpression) -> Iterator[Base]:
    try:
        type_ = annotations.without_alias(annotations.type(node))
    except Violation:
        type_ = None
    if isinstance(type_, Named):
        yield Base(standard(module.modules.meaning(type_.ref)), type_.arguments)
        return
    origin = module.meaning(node.value if isinstance(node, cst.Subscript) else node)
    if origin is not None:
        yield Base(origin)
